//! The first of the two GOAWAYs with which a connection ends.
//!
//! The HTTP/2 library says both by itself, but takes the answer to one ping as proof that no call is on its way any more. It is not:
//! clients, those over the same library among them, answer pings before they send calls that wait. Such a call would get neither an
//! answer nor an error that its library repeats. So the first GOAWAY is written here, ahead of the library's, and the
//! library's own follow when the connection has been quiet. Source: RFC 9113 §6.8.

use super::frames::Frames;

/// "Begin nothing new here": the highest stream there can be, no error.
const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Follows what a server sends and finds the place for the word between two frames.
#[derive(Debug)]
pub struct Farewell {
    sent: Frames,
    begun: bool,
    said: usize,
}

impl Farewell {
    /// For a new connection.
    #[must_use]
    pub const fn new() -> Self {
        Self { sent: Frames::of_server(), begun: false, said: 0 }
    }

    /// What is to be written now, ahead of everything else. Nothing before the server's settings, and nothing within a frame.
    #[must_use]
    pub fn due(&self) -> Option<&'static [u8]> {
        let between = self.begun && !self.sent.unfinished();
        GOAWAY.get(self.said..).filter(|rest| !rest.is_empty() && (self.said > 0 || between))
    }

    /// So many bytes of it were written.
    pub fn said(&mut self, bytes: usize) {
        self.said += bytes;
    }

    /// The library's own bytes went out.
    pub fn sent(&mut self, bytes: &[u8]) {
        self.begun |= !bytes.is_empty();
        let _ = self.sent.read(bytes);
    }
}

impl Default for Farewell {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_said_between_frames_once_and_after_the_settings() {
        let mut farewell = Farewell::new();
        assert_eq!(farewell.due(), None, "before the settings");
        farewell.sent(&[0, 0, 0, 4, 0, 0]);
        assert_eq!(farewell.due(), None, "within a frame's head");
        farewell.sent(&[0, 0, 0]);
        assert_eq!(farewell.due(), Some(&GOAWAY[..]));
        farewell.sent(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x88]);
        assert_eq!(farewell.due(), None, "within a list of headers");
        farewell.sent(&[0, 0, 0, 9, 4, 0, 0, 0, 1]);
        farewell.said(5);
        assert_eq!(farewell.due(), Some(&GOAWAY[5..]), "once begun it is finished");
        farewell.said(12);
        assert_eq!(farewell.due(), None);
    }
}
