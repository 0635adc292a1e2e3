//! The few shapes a header is written in: big-endian integers, short texts, hashes.

use crate::journal::merkle::Hash;

/// Bytes that are not a header, or a header that has no bytes because a field breaks its bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes do not begin like an entry header.
    #[error("this is not a journal entry header")]
    Magic,
    /// Written by a later release.
    #[error("entry format {format} is not known here")]
    Format { format: u8 },
    /// The bytes end inside a field.
    #[error("the header ends inside {field}")]
    Short { field: &'static str },
    /// Bytes follow the last field.
    #[error("{extra} bytes follow the header")]
    Trailing { extra: usize },
    /// A length or a count is zero where something is required, or above its bound.
    #[error("{field} has length {length}, allowed are {min} to {max}")]
    Length { field: &'static str, length: usize, min: usize, max: usize },
    /// Not UTF-8, a control character, or a character that the field does not allow.
    #[error("{field} is not well-formed text")]
    Text { field: &'static str },
    /// A number outside its range.
    #[error("{field} cannot be {value}")]
    Number { field: &'static str, value: u64 },
}

impl Malformed {
    /// The stable name of this fault.
    pub fn reason(&self) -> &'static str {
        match self {
            Malformed::Format { .. } => "JOURNAL_FORMAT_UNKNOWN",
            Malformed::Magic
            | Malformed::Short { .. }
            | Malformed::Trailing { .. }
            | Malformed::Length { .. }
            | Malformed::Text { .. }
            | Malformed::Number { .. } => "JOURNAL_ENTRY_MALFORMED",
        }
    }
}

/// A field by name, with the least and the greatest length in bytes (texts) or in items (lists).
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub field: &'static str,
    pub min: usize,
    pub max: usize,
}

impl Bound {
    /// The length as it is written, if it lies within the bound.
    pub fn length(&self, length: usize) -> Result<u16, Malformed> {
        let Bound { field, min, max } = *self;
        match u16::try_from(length) {
            Ok(written) if (min..=max).contains(&length) => Ok(written),
            _ => Err(Malformed::Length { field, length, min, max }),
        }
    }

    /// Whether a text may be written; the same rule holds when it is read.
    pub fn text(&self, text: &str) -> Result<u16, Malformed> {
        if text.chars().any(char::is_control) {
            return Err(Malformed::Text { field: self.field });
        }
        self.length(text.len())
    }
}

/// Appends a text as two bytes of length and its UTF-8 bytes.
pub(super) fn put_text(to: &mut Vec<u8>, bound: Bound, text: &str) -> Result<(), Malformed> {
    to.extend(bound.text(text)?.to_be_bytes());
    to.extend(text.as_bytes());
    Ok(())
}

/// Appends a text that may be absent. Absent is a length of zero; a present text is never empty.
pub(super) fn put_optional(to: &mut Vec<u8>, bound: Bound, text: Option<&str>) -> Result<(), Malformed> {
    match text {
        Some(text) => put_text(to, bound, text),
        None => {
            to.extend(0u16.to_be_bytes());
            Ok(())
        }
    }
}

/// Reads a header from front to back.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed::Short { field })?;
        self.rest = rest;
        Ok(*array)
    }

    pub fn hash(&mut self, field: &'static str) -> Result<Hash, Malformed> {
        self.array(field).map(Hash)
    }

    /// A length or a count, within its bound.
    pub fn length(&mut self, bound: Bound) -> Result<usize, Malformed> {
        let length = u16::from_be_bytes(self.array(bound.field)?);
        bound.length(length.into()).map(usize::from)
    }

    pub fn text(&mut self, bound: Bound) -> Result<String, Malformed> {
        let length = self.length(bound)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Short { field: bound.field })?;
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed::Text { field: bound.field })?;
        bound.text(text)?;
        self.rest = rest;
        Ok(text.to_owned())
    }

    pub fn optional(&mut self, bound: Bound) -> Result<Option<String>, Malformed> {
        if let Some(rest) = self.rest.strip_prefix(&[0, 0]) {
            self.rest = rest;
            return Ok(None);
        }
        self.text(bound).map(Some)
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Malformed> {
        match self.rest.len() {
            0 => Ok(()),
            extra => Err(Malformed::Trailing { extra }),
        }
    }
}
