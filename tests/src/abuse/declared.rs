//! D5: messages that are, or claim to be, too large, sent to every method that is served. They are refused before room is made for
//! them.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    frames::{PREFACE, call, flag, frame, kind, message},
    target::Target,
};

/// Sizes that are claimed: one byte too many for a delivery, the library's own limit, and nonsense.
pub const CLAIMED: [u32; 3] = [1_024 * 1_024 + 1, 4 * 1_024 * 1_024, 512 * 1_024 * 1_024];
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How one method took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It ended the call with this gRPC status before the message was there; a stream may end with 0.
    Status(u32),
    /// The connection was closed.
    Closed,
    /// It waits for the message.
    Waits,
}

/// Answers counted.
pub type Answers = BTreeMap<String, usize>;

/// Claims a size towards one method and sends a little of it.
///
/// # Errors
/// There is no connection.
pub async fn claim(target: &Target, path: &str, token: Option<&str>, claimed: u32) -> anyhow::Result<Answer> {
    let stream = target.connect().await?;
    let (mut read, mut write) = tokio::io::split(stream);
    let bearer = token.map(|token| format!("Bearer {token}"));
    let more: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    let sent = [
        PREFACE,
        &frame(kind::SETTINGS, 0, 0, &[]),
        &frame(kind::HEADERS, flag::END_HEADERS, 1, &call(path, &more)),
        &message(1, claimed, &[0; 1_024], 0),
    ]
    .concat();
    write.write_all(&sent).await?;
    write.flush().await?;
    let status = async {
        let mut bytes = Vec::new();
        let mut piece = [0; 4_096];
        loop {
            match read.read(&mut piece).await {
                Ok(0) | Err(_) => return Answer::Closed,
                Ok(n) => bytes.extend_from_slice(&piece[..n]),
            }
            if let Some(code) = status_in(&bytes) {
                return Answer::Status(code);
            }
        }
    };
    Ok(timeout(PATIENCE, status).await.unwrap_or(Answer::Waits))
}

/// The gRPC status in the header frames of stream 1. The server's encoder is free to compress; the name is sent once per
/// connection and may be Huffman coded, so both forms are looked for.
fn status_in(mut bytes: &[u8]) -> Option<u32> {
    while bytes.len() >= 9 {
        let length = usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
        let (kind, whole) = (bytes[3], 9 + length);
        let payload = bytes.get(9..whole)?;
        if kind == kind::HEADERS
            && let Some(code) = code_of(payload)
        {
            return Some(code);
        }
        bytes = &bytes[whole..];
    }
    None
}

/// `grpc-status` as the HPACK Huffman code writes it (RFC 7541, appendix B).
const HUFFMAN_NAME: [u8; 8] = [0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f];

fn code_of(block: &[u8]) -> Option<u32> {
    let plain = block.windows(11).position(|window| window == b"grpc-status").map(|at| at + 11);
    let coded = block.windows(HUFFMAN_NAME.len()).position(|window| window == HUFFMAN_NAME).map(|at| at + HUFFMAN_NAME.len());
    let value = block.get(plain.or(coded)?..)?;
    let (&length, value) = value.split_first()?;
    let huffman = length & 0x80 != 0;
    let value = value.get(..usize::from(length & 0x7f))?;
    if !huffman {
        return std::str::from_utf8(value).ok()?.parse().ok();
    }
    // Digits 0, 1, 2 have five bits (0, 1, 2), the others six (25 + digit − 3).
    let bits: String = value.iter().map(|byte| format!("{byte:08b}")).collect();
    let (mut at, mut code) = (0, String::new());
    while bits.len() - at >= 5 {
        let five = u8::from_str_radix(&bits[at..at + 5], 2).ok()?;
        if five <= 2 {
            code.push(char::from(b'0' + five));
            at += 5;
            continue;
        }
        let six = bits.get(at..at + 6).and_then(|bits| u8::from_str_radix(bits, 2).ok()).unwrap_or(63);
        if !(25..=31).contains(&six) {
            break;
        }
        code.push(char::from(b'3' + six - 25));
        at += 6;
    }
    code.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_both_forms() {
        let plain = [&[0, 11][..], b"grpc-status", &[2], b"16"].concat();
        assert_eq!(code_of(&plain), Some(16));
        // 1 = 00001, 6 = 011100, padded with ones.
        let coded = [&[0x40, 0x88][..], &HUFFMAN_NAME, &[0x82, 0b0000_1011, 0b1001_1111]].concat();
        assert_eq!(code_of(&coded), Some(16));
        // 8 = 011110.
        let coded = [&[0x40, 0x88][..], &HUFFMAN_NAME, &[0x81, 0b0111_1011]].concat();
        assert_eq!(code_of(&coded), Some(8));
        assert_eq!(code_of(&[0x88]), None);
    }
}
