//! Permanent numbers of things made by a journal entry.

use std::fmt;
use std::str::FromStr;

/// Bits that hold the position.
const POSITION_BITS: u32 = 40;
/// First position that no longer fits.
const POSITION_END: u64 = 1 << POSITION_BITS;
/// First epoch that no longer fits; 23 bits keep the whole number inside a database's signed 64-bit integer.
const EPOCH_END: u32 = 1 << 23;

/// The permanent number of something made by a journal entry: the journal's epoch and the entry's position in it.
///
/// It is unique within a region and never reused, because a position is written once. The number is
/// `epoch × 2^40 + position`, with an epoch of 1 to 2^23 − 1 and a position below 2^40, so it fits a signed 64-bit
/// integer and is never 0 (an unset field is not an id). Written `1-204`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(u64);

/// Why a text or a number is not a [`Serial`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SerialFault {
    #[error("`{text}` is not a serial; write epoch and position like 1-204")]
    NotASerial { text: String },
    #[error("epoch {epoch} or position {position} is out of range")]
    OutOfRange { epoch: u64, position: u64 },
}

impl SerialFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotASerial { .. } => "SERIAL_MALFORMED",
            Self::OutOfRange { .. } => "SERIAL_OUT_OF_RANGE",
        }
    }
}

impl Serial {
    /// The serial of the entry at `position` in `epoch`; `None` if either is out of range.
    pub const fn new(epoch: u32, position: u64) -> Option<Self> {
        if epoch == 0 || epoch >= EPOCH_END || position >= POSITION_END {
            return None;
        }
        Some(Self(((epoch as u64) << POSITION_BITS) | position))
    }

    /// The journal's epoch, from 1.
    pub const fn epoch(self) -> u32 {
        (self.0 >> POSITION_BITS) as u32
    }

    /// The position of the entry within its epoch.
    pub const fn position(self) -> u64 {
        self.0 & (POSITION_END - 1)
    }

    /// The number as stored and sent; below 2^63.
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The serial stored as `raw`; `None` if no serial has that number.
    pub const fn from_raw(raw: u64) -> Option<Self> {
        if raw >> 63 != 0 {
            return None;
        }
        Self::new((raw >> POSITION_BITS) as u32, raw & (POSITION_END - 1))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch(), self.position())
    }
}

impl FromStr for Serial {
    type Err = SerialFault;

    /// Reads only what [`Display`](fmt::Display) writes: no sign, no blanks, no leading zeros.
    fn from_str(text: &str) -> Result<Self, SerialFault> {
        let malformed = || SerialFault::NotASerial { text: text.to_owned() };
        let (epoch, position) = text.split_once('-').ok_or_else(malformed)?;
        let epoch = plain_number(epoch).ok_or_else(malformed)?;
        let position = plain_number(position).ok_or_else(malformed)?;
        u32::try_from(epoch).ok().and_then(|epoch| Self::new(epoch, position)).ok_or(SerialFault::OutOfRange { epoch, position })
    }
}

/// A decimal number in its only spelling.
fn plain_number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_serial_is_epoch_and_position() {
        let serial = Serial::new(1, 204).unwrap();
        assert_eq!(serial.to_string(), "1-204");
        assert_eq!(serial.raw(), 1_099_511_627_980);
        assert_eq!((serial.epoch(), serial.position()), (1, 204));
        let last = Serial::new(EPOCH_END - 1, POSITION_END - 1).unwrap();
        assert_eq!(last.raw(), i64::MAX as u64);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Serial::new(0, 1), None);
        assert_eq!(Serial::new(EPOCH_END, 0), None);
        assert_eq!(Serial::new(u32::MAX, 0), None);
        assert_eq!(Serial::new(1, POSITION_END), None);
        for raw in [0, 204, POSITION_END - 1, 1 << 63, u64::MAX] {
            assert_eq!(Serial::from_raw(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_serial_is_read_strictly() {
        for text in ["", "-", "1", "1-", "-1", "1-2-3", "01-2", "1-02", "+1-2", "1 -2", "1-2 ", "一-2", "1-18446744073709551616"]
        {
            assert_eq!(text.parse::<Serial>().unwrap_err().reason(), "SERIAL_MALFORMED", "{text}");
        }
        for text in ["0-1", "8388608-1", "4294967296-1", "1-1099511627776"] {
            assert_eq!(text.parse::<Serial>().unwrap_err().reason(), "SERIAL_OUT_OF_RANGE", "{text}");
        }
        assert_eq!("1-0".parse(), Ok(Serial::new(1, 0).unwrap()));
    }

    proptest! {
        #[test]
        fn a_serial_reads_back(epoch in 1..EPOCH_END, position in 0..POSITION_END) {
            let serial = Serial::new(epoch, position).unwrap();
            prop_assert_eq!(serial.to_string().parse(), Ok(serial));
            prop_assert_eq!(Serial::from_raw(serial.raw()), Some(serial));
            prop_assert_eq!((serial.epoch(), serial.position()), (epoch, position));
        }

        #[test]
        fn serials_are_ordered_by_epoch_then_position(one in (1..9u32, 0..9u64), other in (1..9u32, 0..9u64)) {
            let serial = |(epoch, position)| Serial::new(epoch, position).unwrap();
            prop_assert_eq!(serial(one).cmp(&serial(other)), one.cmp(&other));
        }

        #[test]
        fn any_number_is_a_serial_or_refused(raw: u64) {
            prop_assert!(Serial::from_raw(raw).is_none_or(|serial| serial.raw() == raw && raw <= i64::MAX as u64));
        }
    }
}
