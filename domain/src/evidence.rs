//! Evidence (佐证材料): files that show a hazard before and after its rectification, or prove anything else said here.
//!
//! An event says which bytes, of which kind, belong to which record, and who attached them; the bytes lie outside the journal
//! under their SHA-256. What a picture says of itself (place, time) is kept as a *claim* of its maker, apart and erasable.
//! Source: R28, R29 (who did what, shown); GH6 (整改前后).

use crate::{
    clock::Instant,
    enterprise::Enterprise,
    event::{Digest, Event, EvidenceAttached},
    industry::IndustryCode,
    media::Media,
    personal::Personal,
    refusals,
    serial::Serial,
    stamp::Moment,
};

/// Which side of a rectification a file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// 整改前
    Before,
    /// 整改后
    After,
    /// 其他
    Other,
}

impl Phase {
    /// Every side.
    pub const ALL: [Self; 3] = [Self::Before, Self::After, Self::Other];

    /// Number in the journal.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Before => 1,
            Self::After => 2,
            Self::Other => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.number() == number)
    }
}

/// A file attached to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Permanent serial.
    pub serial: Serial,
    /// Record within the region, such as `hazards/1-204`.
    pub subject: String,
    /// Whose record it is.
    pub enterprise: Serial,
    /// Industry of the enterprise when it was attached.
    pub industry: IndustryCode,
    /// Side shown.
    pub phase: Phase,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// Kind, by content.
    pub media: String,
    /// Name that the file had; may hold a person's name.
    pub title: Personal,
    /// Where and when the picture says that it was taken, such as `time=…;latitude=…;longitude=…`. Nothing proves it.
    pub claims: Personal,
    /// What it shows.
    pub note: String,
    /// Account that attached it.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// What is to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Record.
    pub subject: String,
    /// Side shown.
    pub phase: Phase,
    /// SHA-256.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// Kind, by content.
    pub media: Media,
    /// Name of the file.
    pub title: String,
    /// What a picture claims.
    pub claims: String,
    /// What it shows.
    pub note: String,
}

impl Attachment {
    /// What no second attachment may hold.
    #[must_use]
    pub fn claim(&self) -> (String, String) {
        claim(&self.subject, self.phase, &self.digest)
    }
}

/// One file is attached to one record on one side once.
#[must_use]
pub fn claim(subject: &str, phase: Phase, digest: &Digest) -> (String, String) {
    ("evidence".to_owned(), format!("{subject}/{}/{}", phase.number(), hex(digest)))
}

/// A digest as 64 hexadecimal digits.
#[must_use]
pub fn hex(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

refusals! {
    /// There is no such record, or not for this caller.
    NotFound { name: String } NotFound "EVIDENCE_NOT_FOUND"
        "there is no evidence or record `{name}` here", "没有该佐证材料或所属记录:{name}";
    /// Attached before.
    Repeated { earlier: Serial } AlreadyExists "EVIDENCE_REPEATED"
        "the same file is attached to this record already, as evidence/{earlier}", "同一文件已关联到该记录,编号evidence/{earlier}";
}

/// Attaches a file to a record of an enterprise.
///
/// # Errors
/// [`Refusal::Repeated`].
pub fn attach(owner: &Enterprise, what: Attachment, taken: Option<Serial>, moment: Moment) -> Result<Event, Refusal> {
    if let Some(earlier) = taken {
        return Err(Refusal::Repeated { earlier });
    }
    Ok(EvidenceAttached {
        evidence: moment.next,
        subject: what.subject,
        enterprise: owner.serial,
        phase: what.phase.number(),
        digest: what.digest,
        size: what.size,
        media: what.media.id().to_owned(),
        title: Personal::Known(what.title),
        claims: Personal::Known(what.claims),
        note: what.note,
    }
    .into())
}
