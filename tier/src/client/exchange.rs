//! One unary call over an open channel.

use std::{fs, time::Duration};

use http::uri::PathAndQuery;
use prost_reflect::DynamicMessage;
use tonic::{
    Request, Status,
    client::Grpc,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

use super::{codec::DynamicCodec, fault::Fault, settings::Settings, surface::Method, words::Language};

/// An answer is read up to this size. A page has at most 1,000 rows.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// Who calls, and how long they wait.
pub struct Caller {
    bearer: Option<MetadataValue<Ascii>>,
    language: Language,
    timeout: Duration,
}

impl Caller {
    /// Reads the token file, whose first line is the token; where none is named, the file in which `signin` keeps the session.
    ///
    /// # Errors
    /// [`Fault::File`] if it cannot be read or holds no token.
    pub fn new(settings: &Settings, with_session: bool) -> Result<Self, Fault> {
        let session = settings.session_file.as_deref().filter(|_| with_session);
        let bearer = settings.token_file.as_deref().or(session).map(bearer).transpose()?;
        Ok(Self { bearer, language: settings.language, timeout: settings.timeout })
    }

    /// A message with deadline, language and token.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        request.metadata_mut().insert("accept-language", MetadataValue::from_static(self.language.tag()));
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        request
    }
}

fn bearer(path: &str) -> Result<MetadataValue<Ascii>, Fault> {
    let unusable = |why: String| Fault::File { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|why| unusable(why.to_string()))?;
    let token = text.lines().next().unwrap_or_default().trim();
    if token.is_empty() {
        return Err(unusable("its first line should be a token".to_owned()));
    }
    let mut value: MetadataValue<Ascii> =
        format!("Bearer {token}").parse().map_err(|_| unusable("its first line has characters that no token has".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sends the request and waits for the answer.
pub async fn call(channel: Channel, caller: &Caller, method: &Method, message: DynamicMessage) -> Result<DynamicMessage, Fault> {
    let service = method.descriptor.parent_service();
    let path = format!("/{}/{}", service.full_name(), method.descriptor.name());
    let path = PathAndQuery::try_from(path).map_err(|why| Fault::of_status(Status::internal(why.to_string())))?;
    let request = caller.request(message);
    let mut grpc = Grpc::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
    grpc.ready().await.map_err(|why| Fault::of_status(Status::from_error(Box::new(why))))?;
    let codec = DynamicCodec { answer: method.descriptor.output() };
    let answer = grpc.unary(request, path, codec).await.map_err(Fault::of_status)?;
    Ok(answer.into_inner())
}
