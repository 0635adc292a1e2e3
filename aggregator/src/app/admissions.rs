//! The city's word on an enterprise that a county wants to admit (审核认可, R43).

use changxiao_domain::{
    actor::Actor, directive::Order, refusal::Refusal as Refused, refusals, region::RegionId, serial::Serial, stamp::Moment,
};
use changxiao_proto::oversight::v1::Admission;
use changxiao_tier::writer::{Command, Decision};
use prost::Message as _;

use super::issuer::{Issuer, subject};
use crate::{
    book::{Known, Ledger, Needs},
    store::shown::ADMISSION,
};

refusals! {
    /// Nobody asks.
    NotFound { origin: RegionId, enterprise: Serial } NotFound "ADMISSION_NOT_FOUND"
        "{origin} does not ask for the admission of enterprise {enterprise}", "{origin}没有申报企业{enterprise}";
    /// Decided already; the decision is on its way or has taken effect.
    AlreadyDecided { origin: RegionId, enterprise: Serial, directive: String } FailedPrecondition "ADMISSION_ALREADY_DECIDED"
        "the request of {origin} for enterprise {enterprise} is already decided by directive {directive}",
        "{origin}申报的企业{enterprise}已由指令{directive}作出决定";
}

/// Approves or returns one request.
pub struct DecideAdmission {
    /// This region.
    pub issuer: Issuer,
    /// County that asks.
    pub origin: RegionId,
    /// Enterprise there.
    pub enterprise: Serial,
    /// Approve, or return.
    pub approve: bool,
    /// Reasons of a return.
    pub reason: String,
}

impl DecideAdmission {
    fn shown(&self) -> (RegionId, &'static str, String) {
        (self.origin.clone(), ADMISSION, self.enterprise.to_string())
    }
}

impl Command<Ledger> for DecideAdmission {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.facts.insert(self.shown());
        needs.decisions.insert((self.origin.clone(), self.enterprise));
    }

    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let (origin, enterprise) = (self.origin.clone(), self.enterprise);
        let applicant = (origin.clone(), enterprise);
        // Once the county has carried a decision out it withdraws its request.
        let absent = || match known.decisions.last(&applicant) {
            Some(directive) => Refusal::AlreadyDecided { origin: origin.clone(), enterprise, directive: directive.to_owned() },
            None => Refusal::NotFound { origin: origin.clone(), enterprise },
        };
        let (version, body) = known.facts.get(&self.shown()).ok_or_else(absent)?;
        let request = Admission::decode(body).map_err(|_| Refusal::NotFound { origin: origin.clone(), enterprise })?;
        if !request.enterprise.as_ref().is_none_or(|enterprise| actor.scope().sees_industry(&enterprise.industry)) {
            return Err(Refusal::NotFound { origin, enterprise }.into());
        }
        if let Some(directive) = known.decisions.of(&applicant, version) {
            return Err(Refusal::AlreadyDecided { origin, enterprise, directive: directive.to_owned() }.into());
        }
        self.issuer.reach(&origin, moment.now)?;
        let order = Order::Admission { enterprise, approved: self.approve, reason: self.reason };
        let issued = self.issuer.issue(moment.next, origin, moment.now, order);
        let id = self.issuer.id(moment.next);
        let subject = subject(&id);
        let outside = move |known: &mut Known, _: &_| known.decisions.decided(applicant, version, id);
        Ok(Decision { events: vec![issued.into()], subject, outside: Some(Box::new(outside)) })
    }
}
