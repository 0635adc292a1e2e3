//! Enforcement documents (执法文书): drawn up under a number, approved, served; or voided with the number kept.
//!
//! Source: R61; dossier section 5. Numbers are `(area)prefix〔year〕serial号`; the serial begins anew each year for each body and prefix
//! and has no gaps: a voided document keeps its number, so every gap on paper has its explanation here. What a document says is a personal
//! part of the journal, since it names people; the hash of its content, its number and its day are not. Which document must exist before
//! which is in [`kinds`]. What was printed and signed on paper comes with the console.

mod change;
pub mod kinds;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    clock::Date, event::Digest, four_eyes::Acts, industry::IndustryCode, personal::Personal, refusals, serial::Serial, states,
};

pub use change::counter_of;
pub use kinds::{DocumentKind, DocumentType};
pub(crate) use rules::must_be_witnessed;
pub use rules::{Drawing, Place, Service, canonical, draw_up};

/// Witnesses of a refusal to sign: two officers write it down.
pub const LEAST_WITNESSES: usize = 2;

states! {
    Drawn "drawn" "drawn up (待审批)";
    Approved "approved" "approved (已审批)";
    Served "served" "served (已送达)";
    Voided "voided" "void (作废)";
}

impl State {
    /// Whether it holds: approved by the head, whether or not it was served yet.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::Approved | Self::Served)
    }
}

/// What documents belong together: order rules look at the others of the same subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Documents of an inspection.
    Inspection(Serial),
    /// Documents of a major hazard.
    Dossier(Serial),
}

impl Subject {
    /// As in the journal and in a row: inspection and dossier, one of which is absent.
    #[must_use]
    pub const fn parts(self) -> (Option<Serial>, Option<Serial>) {
        match self {
            Self::Inspection(serial) => (Some(serial), None),
            Self::Dossier(serial) => (None, Some(serial)),
        }
    }

    /// Back from those.
    #[must_use]
    pub const fn from_parts(inspection: Option<Serial>, dossier: Option<Serial>) -> Option<Self> {
        match (inspection, dossier) {
            (Some(serial), None) => Some(Self::Inspection(serial)),
            (None, Some(serial)) => Some(Self::Dossier(serial)),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    /// Name within the region.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Inspection(serial) => format!("inspections/{serial}"),
            Self::Dossier(serial) => format!("dossiers/{serial}"),
        }
    }
}

/// What serials are counted by: each body, prefix and year has a row of its own.
pub type CounterKey = (String, String, i16);

/// How it reached who it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// 直接送达
    Direct,
    /// 留置送达
    Left,
    /// 邮寄送达
    Posted,
    /// 公告送达
    Announced,
}

impl Manner {
    /// Every manner.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Left, Self::Posted, Self::Announced];

    /// Number in the journal and on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Direct => 1,
            Self::Left => 2,
            Self::Posted => 3,
            Self::Announced => 4,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|manner| manner.number() == number)
    }
}

/// That it reached who it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Day.
    pub on: Date,
    /// How.
    pub manner: Manner,
    /// Who received it.
    pub receiver: Personal,
    /// Who received it would not sign.
    pub refused: bool,
    /// Why not, as told.
    pub reason: String,
    /// Who wrote the refusal down, by certificate.
    pub witnesses: Vec<String>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Permanent serial.
    pub serial: Serial,
    /// Which of the twenty-eight.
    pub kind: DocumentKind,
    /// What it belongs to.
    pub subject: Subject,
    /// Enterprise that it concerns.
    pub enterprise: Serial,
    /// Industry category of the enterprise.
    pub industry: IndustryCode,
    /// Where it stands.
    pub state: State,
    /// Body that issues it.
    pub body: String,
    /// Area as in the number.
    pub area: String,
    /// Year of the number.
    pub year: i16,
    /// Serial within body, prefix and year.
    pub ordinal: u32,
    /// Day.
    pub on: Date,
    /// The document that it rests on, if its kind needs one.
    pub rests_on: Option<Serial>,
    /// What it says.
    pub text: Personal,
    /// SHA-256 of the canonical content.
    pub content_hash: Digest,
    /// Code by which anybody can check it.
    pub code: String,
    /// A step of the inspection rests on it: it cannot be voided any more.
    pub in_use: bool,
    /// SHA-256 of the scan of the signed paper.
    pub scan: Option<Digest>,
    /// That it was served.
    pub receipt: Option<Receipt>,
    /// Why it is void; empty if it is not.
    pub void_reason: String,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "DOCUMENT_NOT_FOUND"
        "there is no document `{name}` here", "没有该文书:{name}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "DOCUMENT_WRONG_STATE"
        "the document is {state}; this needs one that is {wanted}", "文书当前状态为{state},该操作要求状态为{wanted}";
    /// What must come before it is not there.
    PredecessorMissing { kind: String, wanted: String } FailedPrecondition "DOCUMENT_PREDECESSOR_MISSING"
        "{kind} rests on {wanted}; draw that up and have it approved first", "出具{kind}前须先有经审批的{wanted}";
    /// Another document or step rests on it.
    InUse { number: String } FailedPrecondition "DOCUMENT_IN_USE"
        "{number} cannot be voided: a step of the inspection or another document rests on it", "{number}已被后续环节或文书引用,不能作废";
    /// It has nobody to be served on.
    Internal { kind: String } FailedPrecondition "DOCUMENT_INTERNAL"
        "{kind} is internal; nobody is served with it", "{kind}为内部文书,不对外送达";
    /// A refusal to sign is told in full.
    RefusalIncomplete { least: usize } InvalidArgument "DOCUMENT_REFUSAL_INCOMPLETE"
        "a refusal to sign needs its reason and {least} different officers who write it down", "拒签须注明原因,并由{least}名执法人员签名见证";
    /// It cannot be served before it was drawn up, nor tomorrow.
    DayOutside { on: Date, first: Date, last: Date } InvalidArgument "DOCUMENT_DAY_OUTSIDE"
        "{on} must lie from {first} to {last}", "日期{on}应在{first}至{last}之间";
    /// The kind belongs to another kind of record.
    OtherSubject { kind: String } InvalidArgument "DOCUMENT_OTHER_SUBJECT"
        "{kind} does not belong to this kind of record: S01 to S04 belong to a dossier, all others to an inspection",
        "{kind}不适用于该类事项:S01至S04用于重大隐患档案,其余用于检查";
}

impl Document {
    /// Number as printed, such as `(腾)安监责改〔2015〕3号`.
    #[must_use]
    pub fn number(&self) -> String {
        kinds::number(&self.area, self.kind.of().prefix(), self.year, self.ordinal)
    }
}
