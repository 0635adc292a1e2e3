//! Reads the heads of HTTP/2 frames as they pass by, and weighs them. It judges nothing else: whether a frame is right is the
//! HTTP/2 library's affair.
//!
//! Source: RFC 9113 §3.4 (the client's preface), §4.1 (frame format), §6 (types and flags).

/// Bytes of the preface that a client sends before its first frame.
const PREFACE: usize = 24;
/// Bytes of a frame's head: length (3), type, flags, stream (4).
const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 0x4;

/// A data frame of this size pays for itself: its sender spends as much as we do.
const FULL_DATA: usize = 1_024;

/// What some bytes brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Weight of the frames that began in them.
    pub weight: i64,
    /// A call began.
    pub call: bool,
    /// Something was completed: a frame, or a whole list of headers.
    pub completed: bool,
}

/// Follows one direction of a connection.
#[derive(Debug)]
pub struct Frames {
    preface: usize,
    head: [u8; HEAD],
    held: usize,
    left: usize,
    headers_open: bool,
}

impl Frames {
    /// What a client sends, from the first byte on.
    #[must_use]
    pub const fn of_client() -> Self {
        Self { preface: PREFACE, head: [0; HEAD], held: 0, left: 0, headers_open: false }
    }

    /// What a server sends, from the first byte on.
    #[must_use]
    pub const fn of_server() -> Self {
        Self { preface: 0, ..Self::of_client() }
    }

    /// Whether the last frame, or the last list of headers, has not ended yet.
    #[must_use]
    pub const fn unfinished(&self) -> bool {
        self.held > 0 || self.left > 0 || self.headers_open || (self.preface > 0 && self.preface < PREFACE)
    }

    /// Takes the next bytes.
    pub fn read(&mut self, mut bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        let skipped = self.preface.min(bytes.len());
        self.preface -= skipped;
        bytes = &bytes[skipped..];
        while !bytes.is_empty() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                self.left -= skipped;
                bytes = &bytes[skipped..];
            } else {
                let taken = (HEAD - self.held).min(bytes.len());
                self.head[self.held..self.held + taken].copy_from_slice(&bytes[..taken]);
                self.held += taken;
                bytes = &bytes[taken..];
                if self.held < HEAD {
                    break;
                }
                self.held = 0;
                self.begin(&mut seen);
            }
            if self.left == 0 && !self.headers_open {
                seen.completed = true;
            }
        }
        seen
    }

    fn begin(&mut self, seen: &mut Seen) {
        let [a, b, c, kind, flags, ..] = self.head;
        self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        match kind {
            HEADERS | PUSH_PROMISE | CONTINUATION => {
                self.headers_open = flags & END_HEADERS == 0;
                seen.call |= kind == HEADERS;
            }
            _ => {}
        }
        // Control frames are paid for by their length as well: a frame of 16 KiB costs more to read than an empty one.
        seen.weight += match kind {
            DATA if self.left >= FULL_DATA => 0,
            DATA => 1,
            _ => 1 + i64::try_from(self.left / 1_024).unwrap_or(i64::MAX),
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let size = u32::try_from(length).unwrap().to_be_bytes();
        let mut frame = vec![size[1], size[2], size[3], kind, flags, 0, 0, 0, 1];
        frame.resize(HEAD + length, 7);
        frame
    }

    fn conversation(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend(frames.concat());
        bytes
    }

    #[test]
    fn frames_are_weighed_by_kind_and_size() {
        for (what, kind, length, weight) in [
            ("a small piece of data", DATA, 10, 1),
            ("an empty piece of data", DATA, 0, 1),
            ("a full piece of data", DATA, 16_384, 0),
            ("a ping", 6, 8, 1),
            ("settings", 4, 0, 1),
            ("headers of 3 KiB", HEADERS, 3_072, 4),
            ("an unknown kind", 0xfa, 2_048, 3),
        ] {
            let mut frames = Frames::of_client();
            let seen = frames.read(&conversation(&[frame(kind, END_HEADERS, length)]));
            assert_eq!((seen.weight, seen.call, frames.unfinished()), (weight, kind == HEADERS, false), "{what}");
        }
    }

    #[test]
    fn a_list_of_headers_without_its_end_is_unfinished() {
        let mut frames = Frames::of_client();
        let seen = frames.read(&conversation(&[frame(HEADERS, 0, 5), frame(CONTINUATION, 0, 5)]));
        assert!(frames.unfinished() && !seen.completed);
        assert!(frames.read(&frame(CONTINUATION, END_HEADERS, 1)).completed);
        assert!(!frames.unfinished());
    }

    proptest! {
        /// Pieces of any size tell the same as the whole.
        #[test]
        fn the_cut_into_pieces_is_irrelevant(
            kinds in proptest::collection::vec((0_u8..12, 0_u8..8, 0_usize..40), 0..20),
            sizes in proptest::collection::vec(1_usize..30, 1..50),
        ) {
            let frames: Vec<Vec<u8>> = kinds.iter().map(|(kind, flags, length)| frame(*kind, *flags, *length)).collect();
            let bytes = conversation(&frames);
            let (mut whole, mut pieces) = (Frames::of_client(), Frames::of_client());
            let expected = whole.read(&bytes);
            let (mut weight, mut call, mut rest) = (0, false, bytes.as_slice());
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*size).min(rest.len()));
                let seen = pieces.read(piece);
                weight += seen.weight;
                call |= seen.call;
                rest = after;
            }
            prop_assert_eq!((weight, call), (expected.weight, expected.call));
            prop_assert_eq!(pieces.unfinished(), whole.unfinished());
        }
    }
}
