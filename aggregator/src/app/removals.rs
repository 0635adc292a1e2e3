//! The city's word on letting an enterprise out of a county's catalogue (移出, AD12).

use changxiao_domain::{
    actor::Actor, directive::Order, refusal::Refusal as Refused, refusals, region::RegionId, serial::Serial, stamp::Moment,
};
use changxiao_proto::oversight::v1::Removal;
use changxiao_tier::writer::{Command, Decision};
use prost::Message as _;

use super::issuer::{Issuer, subject};
use crate::{
    book::{Known, Ledger, Needs},
    store::shown::REMOVAL,
};

refusals! {
    /// Nobody asks.
    NotFound { origin: RegionId, enterprise: Serial } NotFound "REMOVAL_NOT_FOUND"
        "{origin} does not ask for the removal of enterprise {enterprise}", "{origin}没有申请移出企业{enterprise}";
    /// Decided already; the decision is on its way.
    AlreadyDecided { origin: RegionId, enterprise: Serial, directive: String } FailedPrecondition "REMOVAL_ALREADY_DECIDED"
        "the request of {origin} to remove enterprise {enterprise} is already decided by directive {directive}",
        "{origin}关于移出企业{enterprise}的申请已由指令{directive}作出决定";
}

/// Consents to one removal or refuses it.
pub struct DecideRemoval {
    /// This region.
    pub issuer: Issuer,
    /// County that asks.
    pub origin: RegionId,
    /// Enterprise there.
    pub enterprise: Serial,
    /// Consent, or refuse.
    pub consent: bool,
    /// Reasons of a refusal.
    pub reason: String,
}

impl DecideRemoval {
    fn shown(&self) -> (RegionId, &'static str, String) {
        (self.origin.clone(), REMOVAL, self.enterprise.to_string())
    }
}

impl Command<Ledger> for DecideRemoval {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.facts.insert(self.shown());
        needs.decisions.insert((self.origin.clone(), self.enterprise));
    }

    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let (origin, enterprise) = (self.origin.clone(), self.enterprise);
        let absent = || Refusal::NotFound { origin: origin.clone(), enterprise };
        let (version, body) = known.facts.get(&self.shown()).ok_or_else(absent)?;
        let request = Removal::decode(body).map_err(|_| absent())?;
        if !request.enterprise.as_ref().is_none_or(|enterprise| actor.scope().sees_industry(&enterprise.industry)) {
            return Err(absent().into());
        }
        let applicant = (origin.clone(), enterprise);
        if let Some(directive) = known.decisions.of(&applicant, version) {
            return Err(Refusal::AlreadyDecided { origin, enterprise, directive: directive.to_owned() }.into());
        }
        self.issuer.reach(&origin, moment.now)?;
        let order = Order::Removal { enterprise, consented: self.consent, reason: self.reason };
        let issued = self.issuer.issue(moment.next, origin, moment.now, order);
        let id = self.issuer.id(moment.next);
        let subject = subject(&id);
        // One row for each enterprise holds for all that is asked of it: a later request has a later position in the county's journal.
        let outside = move |known: &mut Known, _: &_| known.decisions.decided(applicant, version, id);
        Ok(Decision { events: vec![issued.into()], subject, outside: Some(Box::new(outside)) })
    }
}
