//! HTTP/2 frames and header blocks written by hand, right or wrong.
//!
//! Source: RFC 9113 §4.1 and §6, RFC 7541 §5 and §6.

/// What every client says first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames.
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Flags.
pub mod flag {
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
}

/// Method that anyone may call.
pub const CHECK: &str = "/grpc.health.v1.Health/Check";
/// A stream that anyone may open and that never ends by itself.
pub const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// One frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![size[1], size[2], size[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// One setting.
pub fn setting(id: u16, value: u32) -> Vec<u8> {
    frame(kind::SETTINGS, 0, 0, &[&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

/// More credit for a stream, or with 0 for the connection.
pub fn window(stream: u32, credit: u32) -> Vec<u8> {
    frame(kind::WINDOW_UPDATE, 0, stream, &credit.to_be_bytes())
}

/// A string of a header block, not compressed.
fn text(text: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    if text.len() < 127 {
        block.push(u8::try_from(text.len()).unwrap());
    } else {
        block.push(127);
        let mut rest = text.len() - 127;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        block.push(u8::try_from(rest).unwrap());
    }
    block.extend(text);
    block
}

/// A header with a name of its own that no table remembers.
pub fn header(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0][..], &text(name.as_bytes()), &text(value)].concat()
}

/// A header that both sides remember; it is number 62 until the next one.
pub fn remembered(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0x40][..], &text(name.as_bytes()), &text(value)].concat()
}

/// The header block of a gRPC call.
pub fn call(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x83, 0x87, 0x04];
    block.extend(text(path.as_bytes()));
    block.push(0x01);
    block.extend(text(b"localhost"));
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")].iter().chain(more) {
        block.extend(header(name, value.as_bytes()));
    }
    block
}

/// The frame that begins a call.
pub fn begin(stream: u32, path: &str, flags: u8) -> Vec<u8> {
    frame(kind::HEADERS, flag::END_HEADERS | flags, stream, &call(path, &[]))
}

/// A gRPC message with the length that it claims, in one frame.
pub fn message(stream: u32, claimed: u32, bytes: &[u8], flags: u8) -> Vec<u8> {
    frame(kind::DATA, flags, stream, &[&[0][..], &claimed.to_be_bytes(), bytes].concat())
}
