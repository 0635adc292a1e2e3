//! Personal data inside an event or a row, which may be erased while its history stays provable.

/// A person's name. The journal keeps it apart from the event body, so that it can be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Personal {
    /// As given.
    Known(String),
    /// Erased; the proof of the entry still holds.
    Erased,
}

impl Personal {
    /// The name, or an empty text if it was erased.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Known(name) => name,
            Self::Erased => "",
        }
    }
}
