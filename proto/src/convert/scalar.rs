//! One value at a time: how a domain value is written into an entry body or a fact, and read back.

use bytes::Bytes;
use changxiao_domain::{
    actor::{AccountId, Proof, Role},
    checklist::{ChecklistId, Item},
    clock::{Date, Instant},
    credit_code::UnifiedSocialCreditCode,
    document::{DocumentKind, Manner},
    dossier::FilingBody,
    enrolment::Way,
    enterprise::{Cause, Field, Ground, Reminder},
    event::{Digest, InspectionRound, LinkState},
    hazard_category::HazardCategory,
    industry::IndustryCode,
    inspection::{self, Found, OrderKind, Party, draw::Draw},
    officer,
    period::Month,
    personal::Personal,
    region::RegionId,
    self_inspection::{InspectionId, ItemResult, Verdict},
    serial::Serial,
};

use crate::{journal::v1 as pb, types::v1 as types};

/// Stored bytes that do not say what they should. It names the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored value of `{field}` is malformed: {why}")]
pub struct Malformed {
    /// Field.
    pub field: &'static str,
    /// What is wrong.
    pub why: String,
}

/// Personal parts of one event: collected while writing, looked up while reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(pub Vec<Option<Vec<u8>>>);

/// A domain value and its wire form `W`.
pub trait Wire<W>: Sized {
    /// Writes it, moving personal data into `parts`.
    fn put(&self, parts: &mut Parts) -> W;
    /// Reads it back.
    ///
    /// # Errors
    /// Says what is wrong; the caller adds the field's name.
    fn take(wire: W, parts: &Parts) -> Result<Self, String>;
}

macro_rules! copied {
    ($($type:ty),*) => {$(
        impl Wire<$type> for $type {
            fn put(&self, _: &mut Parts) -> $type { self.clone() }
            fn take(wire: $type, _: &Parts) -> Result<Self, String> { Ok(wire) }
        }
    )*};
}
copied!(String, bool, u32, u64, i64, Option<u64>);

macro_rules! texts {
    ($($type:ty),*) => {$(
        impl Wire<String> for $type {
            fn put(&self, _: &mut Parts) -> String { self.to_string() }
            fn take(wire: String, _: &Parts) -> Result<Self, String> { wire.parse().map_err(|e| format!("{e}")) }
        }
    )*};
}
texts!(RegionId, AccountId, IndustryCode, HazardCategory, DocumentKind, ChecklistId, InspectionId);

impl Wire<String> for Role {
    fn put(&self, _: &mut Parts) -> String {
        self.id().to_owned()
    }
    fn take(wire: String, _: &Parts) -> Result<Self, String> {
        wire.parse().map_err(|e| format!("{e}"))
    }
}

impl Wire<String> for Option<InspectionId> {
    fn put(&self, _: &mut Parts) -> String {
        self.as_ref().map_or_else(String::new, ToString::to_string)
    }
    fn take(wire: String, parts: &Parts) -> Result<Self, String> {
        if wire.is_empty() { Ok(None) } else { InspectionId::take(wire, parts).map(Some) }
    }
}

impl Wire<u32> for Verdict {
    fn put(&self, _: &mut Parts) -> u32 {
        u32::from(self.number())
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        u8::try_from(wire).ok().and_then(Self::from_number).ok_or_else(|| format!("{wire} is not a verdict"))
    }
}

impl Wire<String> for Option<IndustryCode> {
    fn put(&self, parts: &mut Parts) -> String {
        self.map_or_else(String::new, |code| code.put(parts))
    }
    fn take(wire: String, parts: &Parts) -> Result<Self, String> {
        if wire.is_empty() { Ok(None) } else { IndustryCode::take(wire, parts).map(Some) }
    }
}

impl Wire<String> for Option<UnifiedSocialCreditCode> {
    fn put(&self, _: &mut Parts) -> String {
        self.as_ref().map_or_else(String::new, ToString::to_string)
    }
    fn take(wire: String, _: &Parts) -> Result<Self, String> {
        if wire.is_empty() { Ok(None) } else { wire.parse().map(Some).map_err(|e| format!("{e}")) }
    }
}

impl Wire<u64> for Serial {
    fn put(&self, _: &mut Parts) -> u64 {
        self.raw()
    }
    fn take(wire: u64, _: &Parts) -> Result<Self, String> {
        Self::from_raw(wire).ok_or_else(|| format!("{wire} is not a serial"))
    }
}

impl Wire<u64> for Option<Serial> {
    fn put(&self, _: &mut Parts) -> u64 {
        self.map_or(0, Serial::raw)
    }
    fn take(wire: u64, parts: &Parts) -> Result<Self, String> {
        if wire == 0 { Ok(None) } else { Serial::take(wire, parts).map(Some) }
    }
}

impl Wire<i64> for Instant {
    fn put(&self, _: &mut Parts) -> i64 {
        self.ms()
    }
    fn take(wire: i64, _: &Parts) -> Result<Self, String> {
        Ok(Self::from_ms(wire))
    }
}

impl Wire<u32> for u8 {
    fn put(&self, _: &mut Parts) -> u32 {
        u32::from(*self)
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        Self::try_from(wire).map_err(|_| format!("{wire} is above 255"))
    }
}

impl Wire<u32> for LinkState {
    fn put(&self, _: &mut Parts) -> u32 {
        self.number()
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        Self::from_number(wire).ok_or_else(|| format!("{wire} is not a link state"))
    }
}

impl Wire<u32> for Proof {
    fn put(&self, _: &mut Parts) -> u32 {
        self.number()
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        Self::from_number(wire).ok_or_else(|| format!("{wire} is not a kind of proof"))
    }
}

impl Wire<u32> for Way {
    fn put(&self, _: &mut Parts) -> u32 {
        u32::from(self.number())
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        u8::try_from(wire).ok().and_then(Self::from_number).ok_or_else(|| format!("{wire} is not a way of enrolling"))
    }
}

impl Wire<u32> for FilingBody {
    fn put(&self, _: &mut Parts) -> u32 {
        u32::from(self.number())
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        Self::from_number(wire).ok_or_else(|| format!("{wire} is not a filing body"))
    }
}

impl Wire<u32> for Personal {
    fn put(&self, parts: &mut Parts) -> u32 {
        parts.0.push(match self {
            Self::Known(name) => Some(name.clone().into_bytes()),
            Self::Erased => None,
        });
        u32::try_from(parts.0.len()).unwrap_or(u32::MAX)
    }
    fn take(wire: u32, parts: &Parts) -> Result<Self, String> {
        let index = usize::try_from(wire).ok().and_then(|n| n.checked_sub(1)).ok_or("there is no personal part 0")?;
        match parts.0.get(index) {
            Some(Some(bytes)) => {
                String::from_utf8(bytes.clone()).map(Self::Known).map_err(|_| "the part is not UTF-8".to_owned())
            }
            Some(None) => Ok(Self::Erased),
            None => Err(format!("there is no personal part {wire}")),
        }
    }
}

macro_rules! numbered {
    ($($type:ty, $what:literal;)*) => {$(
        impl Wire<u32> for $type {
            fn put(&self, _: &mut Parts) -> u32 { self.number() }
            fn take(wire: u32, _: &Parts) -> Result<Self, String> {
                Self::from_number(wire).ok_or_else(|| format!("{wire} is not {}", $what))
            }
        }
    )*};
}
numbered! {
    Cause, "a cause of removal";
    Ground, "a ground of supervision";
    Reminder, "a kind of reminder";
}

impl Wire<String> for Field {
    fn put(&self, _: &mut Parts) -> String {
        self.id().to_owned()
    }
    fn take(wire: String, _: &Parts) -> Result<Self, String> {
        Self::from_id(&wire).ok_or_else(|| format!("`{wire}` is not a field"))
    }
}

impl Wire<u32> for Option<Personal> {
    fn put(&self, parts: &mut Parts) -> u32 {
        self.as_ref().map_or(0, |person| person.put(parts))
    }
    fn take(wire: u32, parts: &Parts) -> Result<Self, String> {
        if wire == 0 { Ok(None) } else { Personal::take(wire, parts).map(Some) }
    }
}

impl Wire<Bytes> for Digest {
    fn put(&self, _: &mut Parts) -> Bytes {
        Bytes::copy_from_slice(self)
    }
    fn take(wire: Bytes, _: &Parts) -> Result<Self, String> {
        Self::try_from(wire.as_ref()).map_err(|_| format!("{} bytes where 32 belong", wire.len()))
    }
}

impl Wire<Bytes> for Vec<u8> {
    fn put(&self, _: &mut Parts) -> Bytes {
        Bytes::copy_from_slice(self)
    }
    fn take(wire: Bytes, _: &Parts) -> Result<Self, String> {
        Ok(wire.to_vec())
    }
}

impl Wire<Option<types::Date>> for Date {
    fn put(&self, _: &mut Parts) -> Option<types::Date> {
        Some(types::Date { year: i32::from(self.year()), month: i32::from(self.month()), day: i32::from(self.day()) })
    }
    fn take(wire: Option<types::Date>, _: &Parts) -> Result<Self, String> {
        let date = wire.ok_or("no date")?;
        let wrong = || format!("{}-{}-{} is not a date", date.year, date.month, date.day);
        let number = |n: i32| i8::try_from(n).map_err(|_| wrong());
        Self::new(i16::try_from(date.year).map_err(|_| wrong())?, number(date.month)?, number(date.day)?).map_err(|_| wrong())
    }
}

impl Wire<Option<types::Date>> for Option<Date> {
    fn put(&self, parts: &mut Parts) -> Option<types::Date> {
        self.and_then(|date| date.put(parts))
    }
    fn take(wire: Option<types::Date>, parts: &Parts) -> Result<Self, String> {
        wire.map(|date| Date::take(Some(date), parts)).transpose()
    }
}

impl Wire<Option<types::Month>> for Month {
    fn put(&self, _: &mut Parts) -> Option<types::Month> {
        Some(types::Month { year: i32::from(self.year()), month: i32::from(self.month()) })
    }
    fn take(wire: Option<types::Month>, _: &Parts) -> Result<Self, String> {
        let month = wire.ok_or("no month")?;
        let wrong = || format!("{}-{} is not a month", month.year, month.month);
        Self::new(i16::try_from(month.year).map_err(|_| wrong())?, u8::try_from(month.month).map_err(|_| wrong())?)
            .map_err(|fault| fault.to_string())
    }
}

macro_rules! lists {
    ($($type:ty => $wire:ty),*) => {$(
        impl Wire<Vec<$wire>> for Vec<$type> {
            fn put(&self, parts: &mut Parts) -> Vec<$wire> { self.iter().map(|item| item.put(parts)).collect() }
            fn take(wire: Vec<$wire>, parts: &Parts) -> Result<Self, String> {
                wire.into_iter().map(|item| <$type>::take(item, parts)).collect()
            }
        }
    )*};
}
lists!(
    InspectionRound => crate::journal::v1::InspectionRound,
    ItemResult => crate::journal::v1::ItemResult,
    Item => crate::journal::v1::ChecklistItem,
    Serial => u64,
    Role => String,
    String => String,
    IndustryCode => String,
    Personal => u32,
    u32 => u32,
    Digest => Bytes,
    Found => pb::Finding,
    changxiao_domain::enterprise::Identifier => crate::journal::v1::Identifier,
    changxiao_domain::enterprise::Regulator => crate::journal::v1::Regulator,
    changxiao_domain::enterprise::FieldReason => crate::journal::v1::FieldReason,
    changxiao_domain::event::AudienceDigest => crate::journal::v1::AudienceDigest
);

impl Wire<u32> for i16 {
    fn put(&self, _: &mut Parts) -> u32 {
        u32::try_from(*self).unwrap_or_default()
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        Self::try_from(wire).map_err(|_| format!("{wire} is not a year"))
    }
}

impl Wire<String> for Option<HazardCategory> {
    fn put(&self, _: &mut Parts) -> String {
        self.map_or_else(String::new, |category| category.to_string())
    }
    fn take(wire: String, parts: &Parts) -> Result<Self, String> {
        if wire.is_empty() { Ok(None) } else { HazardCategory::take(wire, parts).map(Some) }
    }
}

impl Wire<String> for Option<AccountId> {
    fn put(&self, _: &mut Parts) -> String {
        self.as_ref().map_or_else(String::new, ToString::to_string)
    }
    fn take(wire: String, parts: &Parts) -> Result<Self, String> {
        if wire.is_empty() { Ok(None) } else { AccountId::take(wire, parts).map(Some) }
    }
}

/// Whether a finding passed the last re-inspection: 0 not looked at again, 1 passed, 2 failed.
impl Wire<u32> for Option<bool> {
    fn put(&self, _: &mut Parts) -> u32 {
        match self {
            None => 0,
            Some(true) => 1,
            Some(false) => 2,
        }
    }
    fn take(wire: u32, _: &Parts) -> Result<Self, String> {
        match wire {
            0 => Ok(None),
            1 => Ok(Some(true)),
            2 => Ok(Some(false)),
            other => Err(format!("{other} is not an outcome")),
        }
    }
}

impl Wire<Option<pb::Draw>> for Option<Draw> {
    fn put(&self, parts: &mut Parts) -> Option<pb::Draw> {
        self.as_ref().map(|draw| draw.put(parts))
    }
    fn take(wire: Option<pb::Draw>, parts: &Parts) -> Result<Self, String> {
        wire.map(|draw| Draw::take(draw, parts)).transpose()
    }
}

macro_rules! numbered {
    ($($type:ty => $what:literal),*) => {$(
        impl Wire<u32> for $type {
            fn put(&self, _: &mut Parts) -> u32 {
                self.number()
            }
            fn take(wire: u32, _: &Parts) -> Result<Self, String> {
                Self::from_number(wire).ok_or_else(|| format!(concat!("{} is not ", $what), wire))
            }
        }
    )*};
}
numbered!(
    officer::Kind => "a kind of officer", inspection::Kind => "a kind of inspection", OrderKind => "a kind of order",
    Party => "a party", inspection::Reminder => "a reminder", Manner => "a manner of service"
);
