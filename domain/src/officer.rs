//! The register of enforcement officers and experts (执法人员、专家): who may inspect, under which certificate, until when.
//!
//! Source: R19–R21; dossier IN1, IN2 (persons, certificate numbers valid). An officer is not an account: the account that a person signs in
//! with may be named, so that an assignment is also the right to carry the inspection out.

use crate::{
    actor::AccountId,
    clock::{Date, Instant},
    event::{Event, OfficerRegistered, OfficerRenewed, OfficerWithdrawn},
    industry::IndustryCode,
    personal::Personal,
    refusals,
    serial::Serial,
    stamp::{Moment, Stamp},
};

/// What kind of person inspects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 执法人员: holds an enforcement certificate and may order.
    Officer,
    /// 专家: advises, and orders nothing.
    Expert,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Officer, Self::Expert];

    /// Number in the journal and on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Officer => 1,
            Self::Expert => 2,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// What is entered of an officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Officer or expert.
    pub kind: Kind,
    /// Number of the certificate.
    pub certificate: String,
    /// Name.
    pub name: String,
    /// Body that the person belongs to.
    pub body: String,
    /// The only industry category that the person inspects, if it is one.
    pub industry: Option<IndustryCode>,
    /// Account of the person, if there is one.
    pub account: Option<AccountId>,
    /// First day of the certificate.
    pub valid_from: Date,
    /// Last day of the certificate.
    pub valid_until: Date,
}

/// One officer or expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Permanent serial.
    pub serial: Serial,
    /// Officer or expert.
    pub kind: Kind,
    /// Number of the certificate.
    pub certificate: String,
    /// Name.
    pub name: Personal,
    /// Body that the person belongs to.
    pub body: String,
    /// The only industry category that the person inspects, if it is one.
    pub industry: Option<IndustryCode>,
    /// Account of the person, if there is one.
    pub account: Option<AccountId>,
    /// First day of the certificate.
    pub valid_from: Date,
    /// Last day of the certificate.
    pub valid_until: Date,
    /// Why the person no longer inspects; empty while they do.
    pub withdrawn: String,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown.
    NotFound { name: String } NotFound "OFFICER_NOT_FOUND"
        "there is no officer `{name}` here", "没有该执法人员(专家):{name}";
    /// The certificate belongs to somebody else.
    CertificateTaken { certificate: String, by: Serial } AlreadyExists "OFFICER_CERTIFICATE_TAKEN"
        "certificate {certificate} already belongs to officer {by}", "证件号{certificate}已登记在{by}名下";
    /// The days are in the wrong order.
    ValidityReversed { from: Date, until: Date } InvalidArgument "OFFICER_VALIDITY_REVERSED"
        "the certificate would end on {until}, before it begins on {from}", "证件有效期止{until}早于有效期起{from}";
    /// The person no longer inspects.
    Withdrawn { certificate: String } FailedPrecondition "OFFICER_WITHDRAWN"
        "officer {certificate} was withdrawn from the register", "执法人员(专家){certificate}已撤销登记";
    /// The certificate does not hold on the day.
    NotValid { certificate: String, on: Date, from: Date, until: Date } FailedPrecondition "OFFICER_NOT_VALID"
        "certificate {certificate} holds from {from} to {until}, not on {on}; renew it or assign somebody else",
        "证件{certificate}有效期为{from}至{until},{on}无效,请换证或改派";
}

/// Registers an officer. `taken` is who holds the certificate already.
///
/// # Errors
/// The certificate is taken, or ends before it begins.
pub fn register(entry: Registration, taken: Option<Serial>, moment: Moment) -> Result<Event, Refusal> {
    if let Some(by) = taken {
        return Err(Refusal::CertificateTaken { certificate: entry.certificate, by });
    }
    in_order(entry.valid_from, entry.valid_until)?;
    Ok(OfficerRegistered {
        officer: moment.next,
        kind: entry.kind,
        certificate: entry.certificate,
        name: Personal::Known(entry.name),
        body: entry.body,
        industry: entry.industry,
        account: entry.account,
        valid_from: entry.valid_from,
        valid_until: entry.valid_until,
    }
    .into())
}

fn in_order(from: Date, until: Date) -> Result<(), Refusal> {
    if until < from { Err(Refusal::ValidityReversed { from, until }) } else { Ok(()) }
}

impl Officer {
    /// As the first event makes it.
    #[must_use]
    pub fn registered(event: &OfficerRegistered, stamp: &Stamp) -> Self {
        Self {
            serial: event.officer,
            kind: event.kind,
            certificate: event.certificate.clone(),
            name: event.name.clone(),
            body: event.body.clone(),
            industry: event.industry,
            account: event.account.clone(),
            valid_from: event.valid_from,
            valid_until: event.valid_until,
            withdrawn: String::new(),
            version: stamp.position,
        }
    }

    /// The same person under a certificate with other days.
    ///
    /// # Errors
    /// Withdrawn, or the certificate ends before it begins.
    pub fn renew(&self, from: Date, until: Date) -> Result<Event, Refusal> {
        self.must_be_registered()?;
        in_order(from, until)?;
        Ok(OfficerRenewed { officer: self.serial, valid_from: from, valid_until: until }.into())
    }

    /// The person no longer inspects.
    ///
    /// # Errors
    /// Withdrawn already.
    pub fn withdraw(&self, reason: String) -> Result<Event, Refusal> {
        self.must_be_registered()?;
        Ok(OfficerWithdrawn { officer: self.serial, reason }.into())
    }

    /// Whether the person still inspects.
    ///
    /// # Errors
    /// [`Refusal::Withdrawn`].
    pub fn must_be_registered(&self) -> Result<(), Refusal> {
        if self.withdrawn.is_empty() { Ok(()) } else { Err(Refusal::Withdrawn { certificate: self.certificate.clone() }) }
    }

    /// Whether the certificate holds on a day.
    #[must_use]
    pub fn is_valid(&self, on: Date) -> bool {
        self.withdrawn.is_empty() && self.valid_from <= on && on <= self.valid_until
    }

    /// Whether the person may inspect on a day.
    ///
    /// # Errors
    /// Withdrawn, or the certificate does not hold.
    pub fn must_be_valid(&self, on: Date) -> Result<(), Refusal> {
        self.must_be_registered()?;
        if self.is_valid(on) {
            return Ok(());
        }
        let (certificate, from, until) = (self.certificate.clone(), self.valid_from, self.valid_until);
        Err(Refusal::NotValid { certificate, on, from, until })
    }

    /// Lets an event of this officer take effect.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::OfficerRenewed(event) => {
                self.valid_from = event.valid_from;
                self.valid_until = event.valid_until;
            }
            Event::OfficerWithdrawn(event) => self.withdrawn.clone_from(&event.reason),
            _ => return,
        }
        self.version = stamp.position;
    }

    /// Whether the certificate ends within so many days from an instant, or has ended.
    #[must_use]
    pub fn ends_soon(&self, now: Instant, days: i64) -> bool {
        Instant::end_of(self.valid_until) <= now.plus_days(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refuse as _;

    fn day(number: i64) -> Date {
        Instant::start_of(Date::constant(2015, 9, 1)).plus_days(number).date()
    }

    fn moment() -> Moment {
        Moment { now: Instant::start_of(day(0)), next: Serial::new(1, 7).unwrap() }
    }

    fn stamp() -> Stamp {
        Stamp { actor: "regulator".to_owned(), at: moment().now, received: moment().now, epoch: 1, position: 7 }
    }

    fn entry() -> Registration {
        Registration {
            kind: Kind::Officer,
            certificate: "测试-001".to_owned(),
            name: "合成人".to_owned(),
            body: "合成局".to_owned(),
            industry: None,
            account: None,
            valid_from: day(0),
            valid_until: day(10),
        }
    }

    fn officer() -> Officer {
        let Event::OfficerRegistered(event) = register(entry(), None, moment()).unwrap() else { panic!() };
        Officer::registered(&event, &stamp())
    }

    #[test]
    fn a_certificate_holds_on_both_its_last_days_and_not_beyond() {
        let officer = officer();
        for (on, held) in [(-1, false), (0, true), (10, true), (11, false)] {
            assert_eq!(officer.is_valid(day(on)), held, "{on}");
            let refused = officer.must_be_valid(day(on)).map_err(|refusal| refusal.reason());
            assert_eq!(refused, if held { Ok(()) } else { Err("OFFICER_NOT_VALID") }, "{on}");
        }
        assert!(officer.ends_soon(Instant::start_of(day(1)), 30) && !officer.ends_soon(Instant::start_of(day(0)), 5));
    }

    #[test]
    fn certificates_are_unique_and_end_after_they_begin() {
        let taken = register(entry(), Serial::new(1, 3), moment()).unwrap_err();
        assert_eq!(taken.reason(), "OFFICER_CERTIFICATE_TAKEN");
        let reversed = register(Registration { valid_until: day(-1), ..entry() }, None, moment()).unwrap_err();
        assert_eq!(reversed.reason(), "OFFICER_VALIDITY_REVERSED");
        assert_eq!(officer().renew(day(5), day(4)).unwrap_err().reason(), "OFFICER_VALIDITY_REVERSED");
    }

    #[test]
    fn who_was_withdrawn_neither_inspects_nor_is_renewed() {
        let mut officer = officer();
        let renewed = officer.renew(day(11), day(30)).unwrap();
        officer.apply(&renewed, &stamp());
        assert!(officer.is_valid(day(30)) && !officer.is_valid(day(10)));
        let withdrawn = officer.withdraw("调离".to_owned()).unwrap();
        officer.apply(&withdrawn, &stamp());
        for refused in
            [officer.must_be_valid(day(20)), officer.renew(day(1), day(2)).map(drop), officer.withdraw(String::new()).map(drop)]
        {
            assert_eq!(refused.unwrap_err().reason(), "OFFICER_WITHDRAWN");
        }
    }
}
