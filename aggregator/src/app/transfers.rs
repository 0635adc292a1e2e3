//! The city carries a transfer between two counties (AD13): offer, hand-over, take-over and close follow by themselves from what the counties
//! say; what the new county refuses or does not answer in time is decided by people. Silence decides nothing.

use changxiao_domain::{
    actor::Actor,
    directive::{Order, Step},
    refusal::Refusal as Refused,
    refusals,
    region::RegionId,
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::{convert::directive::unpack, oversight::v1::TransferStage};
use changxiao_tier::writer::{Command, Decision};

use super::issuer::{Issuer, subject};
use crate::{
    book::{Known, Ledger, Needs},
    store::transfers::Standing,
};

refusals! {
    /// Nobody offers it.
    NotFound { origin: RegionId, enterprise: Serial } NotFound "TRANSFER_NOT_FOUND"
        "{origin} does not offer enterprise {enterprise} to another county", "{origin}没有申请迁出企业{enterprise}";
    /// The new county still has time.
    AwaitsAnswer { to: RegionId } FailedPrecondition "TRANSFER_AWAITS_ANSWER"
        "{to} has not answered and still may; this tier decides after a refusal, or when ten working days are over",
        "{to}尚未答复且未到期限,拒绝接收或逾期未答复后方可裁定";
    /// Decided, or on its way by itself.
    AlreadyDecided {} FailedPrecondition "TRANSFER_ALREADY_DECIDED"
        "the transfer is accepted or decided already; the directive is on its way", "该迁移已同意或已裁定,指令正在下达";
}

/// Issues one step of a transfer.
pub struct OrderStep {
    /// This region.
    pub issuer: Issuer,
    /// County that is to carry it out.
    pub addressee: RegionId,
    /// The step.
    pub order: Order,
}

impl Command<Ledger> for OrderStep {
    fn needs(&self, _: &Actor, _: &mut Needs) {}

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, _: &Known) -> Result<Decision<Ledger>, Refused> {
        self.issuer.reach(&self.addressee, moment.now)?;
        let issued = self.issuer.issue(moment.next, self.addressee, moment.now, self.order);
        Ok(Decision::one(issued.into(), subject(&self.issuer.id(moment.next))))
    }
}

fn order(standing: &Standing, step: Step, text: String, with_package: bool) -> Order {
    let offer = if step == Step::Offer { standing.reference.clone() } else { standing.id().to_owned() };
    Order::Transfer {
        step,
        offer,
        from: standing.from.clone(),
        enterprise: standing.enterprise,
        text,
        answer_by: standing.answer_by().filter(|_| step == Step::Offer),
        package: if with_package { unpack(standing.told.package.clone()) } else { Vec::new() },
    }
}

/// The step that follows by itself from what both counties say, and who is to carry it out.
#[must_use]
pub fn next(standing: &Standing) -> Option<(RegionId, Order)> {
    let told = &standing.told;
    let (step, addressee, text, with_package) = match told.stage() {
        TransferStage::Offered if standing.offer.is_none() => (Step::Offer, &standing.to, told.reason.clone(), true),
        TransferStage::Accepted => (Step::HandOver, &standing.from, String::new(), false),
        TransferStage::HandedOver => (Step::TakeOver, &standing.to, String::new(), true),
        TransferStage::Taken => (Step::Close, &standing.from, told.taken_as.clone(), false),
        TransferStage::Offered | TransferStage::Refused | TransferStage::Unspecified => return None,
    };
    let done = standing.ordered.contains(&step) || (step == Step::HandOver && standing.ordered.contains(&Step::End));
    (!done).then(|| (addressee.clone(), order(standing, step, text, with_package)))
}

/// Decides what the new county refused or did not answer.
pub struct DecideTransfer {
    /// This region.
    pub issuer: Issuer,
    /// County from which the enterprise moves.
    pub origin: RegionId,
    /// Enterprise there.
    pub enterprise: Serial,
    /// Where the transfer stands; nothing if there is none.
    pub standing: Option<Standing>,
    /// It moves, or stays.
    pub approve: bool,
    /// Why it stays.
    pub reason: String,
}

impl Command<Ledger> for DecideTransfer {
    fn needs(&self, _: &Actor, _: &mut Needs) {}

    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, _: &Known) -> Result<Decision<Ledger>, Refused> {
        let absent = || Refusal::NotFound { origin: self.origin.clone(), enterprise: self.enterprise };
        let standing = self.standing.as_ref().ok_or_else(absent)?;
        let industry = standing.told.enterprise.as_ref().map_or("", |enterprise| enterprise.industry.as_str());
        if !actor.scope().sees_industry(industry) {
            return Err(absent().into());
        }
        if !standing.is_undecided(moment.now) {
            let waits = standing.told.stage() == TransferStage::Offered && !standing.is_overdue(moment.now);
            return Err(if waits {
                Refusal::AwaitsAnswer { to: standing.to.clone() }.into()
            } else {
                Refusal::AlreadyDecided {}.into()
            });
        }
        self.issuer.reach(&standing.from, moment.now)?;
        let step = if self.approve { Step::HandOver } else { Step::End };
        if self.approve {
            self.issuer.reach(&standing.to, moment.now)?;
        }
        let order = order(standing, step, self.reason.clone(), false);
        let issued = self.issuer.issue(moment.next, standing.from.clone(), moment.now, order);
        Ok(Decision::one(issued.into(), subject(&self.issuer.id(moment.next))))
    }
}
