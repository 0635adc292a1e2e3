//! Why a note was not believed.

/// Why a note or a cosignature was not believed, or not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// Longer, or with more signature lines, than any note of ours.
    #[error("the note is too large")]
    TooLarge,
    /// The bytes are not a checkpoint in its one spelling.
    #[error("the checkpoint is malformed: {what}")]
    Malformed { what: &'static str },
    /// The checkpoint speaks for another region.
    #[error("the checkpoint is of region {found}, expected was {expected}")]
    Region { expected: String, found: String },
    /// No line is signed by the expected key. The key may have been rotated.
    #[error("the note carries no signature by the expected key of {name}")]
    Unsigned { name: String },
    /// A line claims the expected key, but the signature is wrong.
    #[error("the signature does not match the note")]
    Signature,
}

impl NoteFault {
    /// The stable name of this fault.
    pub fn reason(&self) -> &'static str {
        match self {
            NoteFault::TooLarge | NoteFault::Malformed { .. } => "CHECKPOINT_MALFORMED",
            NoteFault::Region { .. } => "CHECKPOINT_OF_OTHER_REGION",
            NoteFault::Unsigned { .. } => "CHECKPOINT_UNSIGNED",
            NoteFault::Signature => "CHECKPOINT_SIGNATURE_INVALID",
        }
    }

    pub(super) fn malformed(what: &'static str) -> Self {
        NoteFault::Malformed { what }
    }
}
