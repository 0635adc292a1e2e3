//! Calls whose message is a handful of bytes, whatever the method wants.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use changxiao_tests::client::Door;
use tonic::{
    Request, Response, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};

/// Sends bytes as the message of a method such as `/changxiao.county.v1.Hazards/RegisterHazard`.
pub async fn send(door: &Door, method: &str, authorization: Option<&str>, message: impl Into<Bytes>) -> Result<Bytes, Status> {
    let mut request = Request::new(message.into());
    if let Some(authorization) = authorization {
        request.metadata_mut().insert("authorization", authorization.parse().unwrap());
    }
    request.set_timeout(Duration::from_secs(30));
    let mut client = Grpc::new(door.channel());
    client.ready().await.map_err(|fault| Status::unavailable(fault.to_string()))?;
    client.unary(request, method.parse::<PathAndQuery>().unwrap(), Raw).await.map(Response::into_inner)
}

/// Bytes as they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Raw
    }

    fn decoder(&mut self) -> Self {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
