//! Directives (督办、审核、通报…): what an upper tier orders. How they travel is `tier`'s concern.

use crate::{
    clock::{Date, Instant},
    region::RegionId,
    rule_table::TableKind,
    serial::Serial,
};

/// What a county is to do in a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The new county answers.
    Offer,
    /// The old county keeps the enterprise.
    End,
    /// The old county hands over.
    HandOver,
    /// The new county takes over.
    TakeOver,
    /// The old county learns the new name.
    Close,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 5] = [Self::Offer, Self::End, Self::HandOver, Self::TakeOver, Self::Close];

    /// Number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Offer => 1,
            Self::End => 2,
            Self::HandOver => 3,
            Self::TakeOver => 4,
            Self::Close => 5,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }
}

/// An entry that travels: its body and its personal parts, as a journal holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Body.
    pub body: Vec<u8>,
    /// Personal parts in order; an erased one is empty.
    pub parts: Vec<Vec<u8>>,
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// 审核认可: the city's word on one enterprise.
    Admission {
        /// Enterprise in the addressee's region.
        enterprise: Serial,
        /// Approved, or returned.
        approved: bool,
        /// Reasons of a return.
        reason: String,
    },
    /// 移出审核: the city's word on letting one enterprise out of the catalogue.
    Removal {
        /// Enterprise in the addressee's region.
        enterprise: Serial,
        /// Consented, or refused.
        consented: bool,
        /// Reasons of a refusal.
        reason: String,
    },
    /// 迁移: the next step of a transfer between two counties (AD13).
    Transfer {
        /// What the addressee is to do.
        step: Step,
        /// Transfer: id of the directive that carried the offer; empty in that one itself.
        offer: String,
        /// County from which the enterprise moves.
        from: RegionId,
        /// Enterprise there.
        enterprise: Serial,
        /// Reasons of an end, name of the enterprise at its new place; empty else.
        text: String,
        /// Last day for the answer to an offer.
        answer_by: Option<Date>,
        /// What travels: entries as the new county will write them.
        package: Vec<Packed>,
    },
    /// 督办: see to a major hazard.
    Supervision {
        /// Dossier in the addressee's region.
        dossier: Serial,
        /// What is demanded.
        demand: String,
        /// Exclusive end of the last day for the answer.
        answer_by: Instant,
    },
    /// A new version of the register; its only answer is the receipt.
    Register {
        /// Rising number.
        version: u32,
        /// The signed register.
        signed: Vec<u8>,
    },
    /// A version of a reference table; its only answer is the receipt.
    RuleTable {
        /// Which.
        table: TableKind,
        /// First day of force; the day on which it arrives, if that is later.
        valid_from: Date,
        /// Document on which it rests.
        source: String,
        /// The whole table.
        text: String,
    },
    /// A new version of the issuer's revocation list; its only answer is the receipt.
    Revocations {
        /// Rising number.
        version: u32,
        /// The signed list.
        signed: Vec<u8>,
    },
}

impl Order {
    /// Identifier of the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Admission { .. } => "admission",
            Self::Removal { .. } => "removal",
            Self::Transfer { .. } => "transfer",
            Self::Supervision { .. } => "supervision",
            Self::Register { .. } => "register",
            Self::RuleTable { .. } => "rule_table",
            Self::Revocations { .. } => "revocations",
        }
    }
}

/// One directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Unique id: issuer, slash, serial of the entry that issued it.
    pub id: String,
    /// Region that issued it.
    pub issuer: RegionId,
    /// Region that is to carry it out.
    pub addressee: RegionId,
    /// When it was issued.
    pub issued_at: Instant,
    /// After this it may no longer take effect.
    pub expires_at: Option<Instant>,
    /// What is ordered.
    pub order: Order,
}
