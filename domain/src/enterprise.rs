//! Enterprises (生产经营单位) and their admission into the catalogue (纳入监管).
//!
//! Source: notice 保安监管〔2015〕27号, R41–R44; dossier AD1, AD6, AD8, AD9. Between candidate and city approval this slice
//! knows no further steps; scoring, invitation and removal come with the full catalogue.

use crate::{
    clock::{Date, Instant},
    credit_code::{OrganisationCode, RegistrationNumber, UnifiedSocialCreditCode},
    event::{AdmissionDecided, AdmissionRequested, EnterpriseProposed, Event},
    industry::IndustryCode,
    period::Month,
    personal::Personal,
    refusals,
    serial::Serial,
    stamp::{Moment, Stamp},
};

/// What is known of an enterprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnterpriseData {
    /// Registered name.
    pub title: String,
    /// Address.
    pub address: String,
    /// Nine-digit township code, empty if unknown.
    pub township: String,
    /// Main industry category; it decides the row of every table.
    pub industry: IndustryCode,
    /// What identifies it in law.
    pub identity: Identity,
    /// 法定代表人.
    pub legal_representative: Personal,
    /// Whether the data are invented.
    pub synthetic: bool,
}

/// Legal identifiers. The unified code began on 1 October 2015; older enterprises have a registration number and an
/// organisation code; some have nothing but a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// 统一社会信用代码.
    Unified(UnifiedSocialCreditCode),
    /// 工商注册号 and 组织机构代码.
    Registered(RegistrationNumber, OrganisationCode),
    /// Why there is none.
    None(String),
}

impl Identity {
    /// Kind and value under which nobody else in the region may stand.
    #[must_use]
    pub fn claim(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Unified(code) => Some(("credit_code", code.to_string())),
            Self::Registered(number, _) => Some(("registration_number", number.to_string())),
            Self::None(_) => None,
        }
    }
}

/// Where an enterprise stands in its admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// 候选
    Candidate,
    /// 待市审
    Checked,
    /// 在管
    Approved,
}

/// One supervised object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enterprise {
    /// Permanent serial.
    pub serial: Serial,
    /// What is known of it.
    pub data: EnterpriseData,
    /// Where it stands.
    pub state: State,
    /// When the county asked the city last.
    pub requested_at: Option<Instant>,
    /// When the city's approval took effect in the county.
    pub approved_at: Option<Instant>,
    /// Reasons of the last return, empty if none.
    pub returned_reason: String,
    /// General hazards open.
    pub general_open: u32,
    /// Major hazards open.
    pub major_open: u32,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "ENTERPRISE_NOT_FOUND"
        "there is no enterprise `{name}` here", "没有该企业:{name}";
    /// Its identifier belongs to another one.
    IdentifierTaken { value: String, by: Serial } AlreadyExists "ENTERPRISE_IDENTIFIER_TAKEN"
        "identifier {value} already belongs to enterprise {by}", "证照号码{value}已登记在企业{by}名下";
    /// Only a candidate can be handed to the city.
    NotCandidate { state: &'static str } FailedPrecondition "ENTERPRISE_NOT_CANDIDATE"
        "the enterprise is {state}; only a candidate can be submitted to the city", "企业当前状态为{state},只有候选企业可以报市审核";
    /// Only a submitted one can be decided.
    NotChecked { state: &'static str } FailedPrecondition "ENTERPRISE_NOT_CHECKED"
        "the enterprise is {state}; it does not wait for the city's decision", "企业当前状态为{state},不在待市审状态";
    /// Its records are not kept yet.
    NotApproved { state: &'static str } FailedPrecondition "ENTERPRISE_NOT_APPROVED"
        "the enterprise is {state}; records are kept once the city has approved it", "企业当前状态为{state},市级审核通过后才能填报";
}

impl State {
    /// Identifier in messages.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Candidate => "a candidate (候选)",
            Self::Checked => "waiting for the city (待市审)",
            Self::Approved => "approved (在管)",
        }
    }
}

/// Enters an enterprise into the catalogue. `taken` is who holds its identifier already.
///
/// # Errors
/// [`Refusal::IdentifierTaken`].
pub fn propose(data: EnterpriseData, taken: Option<Serial>, moment: Moment) -> Result<Event, Refusal> {
    match (data.identity.claim(), taken) {
        (Some((_, value)), Some(by)) => Err(Refusal::IdentifierTaken { value, by }),
        _ => Ok(EnterpriseProposed { enterprise: moment.next, data }.into()),
    }
}

impl Enterprise {
    /// As the first event makes it.
    #[must_use]
    pub fn proposed(event: &EnterpriseProposed, stamp: &Stamp) -> Self {
        Self {
            serial: event.enterprise,
            data: event.data.clone(),
            state: State::Candidate,
            requested_at: None,
            approved_at: None,
            returned_reason: String::new(),
            general_open: 0,
            major_open: 0,
            version: stamp.position,
        }
    }

    /// Hands the enterprise to the city.
    ///
    /// # Errors
    /// [`Refusal::NotCandidate`].
    pub fn request_admission(&self) -> Result<Event, Refusal> {
        match self.state {
            State::Candidate => Ok(AdmissionRequested { enterprise: self.serial }.into()),
            State::Checked | State::Approved => Err(Refusal::NotCandidate { state: self.state.id() }),
        }
    }

    /// Lets the city's decision take effect.
    ///
    /// # Errors
    /// [`Refusal::NotChecked`].
    pub fn decide_admission(&self, directive: &str, approved: bool, reason: &str) -> Result<Event, Refusal> {
        match self.state {
            State::Checked => Ok(AdmissionDecided {
                enterprise: self.serial,
                directive: directive.to_owned(),
                approved,
                reason: reason.to_owned(),
            }
            .into()),
            State::Candidate | State::Approved => Err(Refusal::NotChecked { state: self.state.id() }),
        }
    }

    /// Whether records of it may be kept.
    ///
    /// # Errors
    /// [`Refusal::NotApproved`].
    pub fn must_be_approved(&self) -> Result<(), Refusal> {
        match self.state {
            State::Approved => Ok(()),
            State::Candidate | State::Checked => Err(Refusal::NotApproved { state: self.state.id() }),
        }
    }

    /// Whether it owes the declaration of a month: approved before the month's end, and its industry is rolled out by then
    /// (R31, R32; dossier §3 point 6).
    #[must_use]
    pub fn owes(&self, month: Month, rollout: Date) -> bool {
        let end = Instant::end_of(month.last_day());
        self.approved_at.is_some_and(|at| at < end) && rollout <= month.last_day()
    }

    /// Whether a window that opens then asks it to inspect itself: in the catalogue and producing, its industry rolled out.
    #[must_use]
    pub fn inspects(&self, opens: Instant, rollout: Date) -> bool {
        self.state == State::Approved && self.approved_at.is_some_and(|at| at <= opens) && rollout <= opens.date()
    }

    /// The city was asked.
    pub fn apply_requested(&mut self, stamp: &Stamp) {
        self.state = State::Checked;
        self.requested_at = Some(stamp.at);
        self.version = stamp.position;
    }

    /// The city decided.
    pub fn apply_decided(&mut self, event: &AdmissionDecided, stamp: &Stamp) {
        if event.approved {
            self.state = State::Approved;
            self.approved_at = Some(stamp.at);
            self.returned_reason.clear();
        } else {
            self.state = State::Candidate;
            self.returned_reason.clone_from(&event.reason);
        }
        self.version = stamp.position;
    }
}
