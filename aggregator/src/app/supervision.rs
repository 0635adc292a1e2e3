//! Orders to see to a major hazard (督办).

use changxiao_domain::{
    actor::Actor,
    clock::{Date, Instant},
    directive::Order,
    refusal::Refusal as Refused,
    refusals,
    region::RegionId,
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::county::v1::Dossier;
use changxiao_tier::writer::{Command, Decision};
use prost::Message as _;

use super::issuer::{Issuer, subject};
use crate::{
    book::{Known, Ledger, Needs},
    store::shown::DOSSIER,
};

refusals! {
    /// This tier was not shown it.
    NotFound { origin: RegionId, dossier: Serial } NotFound "DOSSIER_NOT_FOUND"
        "{origin} shows no dossier {dossier} to this tier", "{origin}没有向本级报送档案{dossier}";
    /// Nobody can answer in time.
    AnswerDatePast { answer_by: Date } InvalidArgument "ANSWER_DATE_PAST"
        "the answer is wanted by {answer_by}, which is over", "要求回复的日期{answer_by}已过";
}

/// Orders a county to see to one of its major hazards.
pub struct IssueSupervisionOrder {
    /// This region.
    pub issuer: Issuer,
    /// County that owns the dossier.
    pub origin: RegionId,
    /// Dossier there.
    pub dossier: Serial,
    /// What is demanded.
    pub demand: String,
    /// Last day for the answer.
    pub answer_by: Date,
}

impl IssueSupervisionOrder {
    fn shown(&self) -> (RegionId, &'static str, String) {
        (self.origin.clone(), DOSSIER, self.dossier.to_string())
    }
}

impl Command<Ledger> for IssueSupervisionOrder {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.facts.insert(self.shown());
    }

    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let shown = known.facts.get(&self.shown()).and_then(|(_, body)| Dossier::decode(body).ok());
        if !shown.is_some_and(|dossier| actor.scope().sees_industry(&dossier.industry)) {
            return Err(Refusal::NotFound { origin: self.origin, dossier: self.dossier }.into());
        }
        let answer_by = Instant::end_of(self.answer_by);
        if answer_by <= moment.now {
            return Err(Refusal::AnswerDatePast { answer_by: self.answer_by }.into());
        }
        self.issuer.reach(&self.origin, moment.now)?;
        let order = Order::Supervision { dossier: self.dossier, demand: self.demand, answer_by };
        let issued = self.issuer.issue(moment.next, self.origin, moment.now, order);
        Ok(Decision::one(issued.into(), subject(&self.issuer.id(moment.next))))
    }
}
