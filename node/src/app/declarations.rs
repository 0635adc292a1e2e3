//! Monthly declarations: signed by the legal representative over the content shown, then filed.

use changxiao_domain::{
    actor::Actor,
    calendar::StatutoryCalendar,
    declaration::{EnterpriseMonth, Figures, Terms},
    enterprise::Enterprise,
    event::Digest,
    period::Month,
    refusal::Refusal,
    serial::Serial,
    stamp::Moment,
};
use changxiao_tier::{
    accounts::proofs::Signer,
    journal::merkle::Hash,
    writer::{Command, Decision},
};

use super::{CountyCommand, Plain, enterprises::seen};
use crate::book::{CountyBook, Known, Needs};

/// Hash of the content that a signature covers.
#[must_use]
pub fn content_hash(figures: &Figures, enterprise: Serial, month: Month) -> Digest {
    Hash::of(&[&figures.canonical(enterprise, month)]).0
}

/// The declaration as the records have it.
#[must_use]
pub fn present(held: Option<&EnterpriseMonth>, enterprise: &Enterprise, month: Month) -> (EnterpriseMonth, Figures, Digest) {
    let value = held.cloned().unwrap_or_else(|| EnterpriseMonth::empty(enterprise.serial, month));
    let figures = value.figures(enterprise);
    let hash = content_hash(&figures, enterprise.serial, month);
    (value, figures, hash)
}

fn needs(enterprise: Serial, month: Month) -> impl Fn(&mut Needs) + Send + Sync {
    move |needs: &mut Needs| {
        needs.enterprises.insert(enterprise);
        needs.enterprise_months.insert((enterprise, month));
        needs.county_months.insert(month);
    }
}

fn subject(enterprise: Serial, month: Month) -> String {
    format!("enterprises/{enterprise}/declarations/{month}")
}

/// The legal representative signs the content shown, and shows how it is them.
struct Sign {
    enterprise: Serial,
    month: Month,
    shown: Digest,
    signer: Signer,
}

impl Command<CountyBook> for Sign {
    fn needs(&self, actor: &Actor, wanted: &mut Needs) {
        needs(self.enterprise, self.month)(wanted);
        if let Actor::Account { id, .. } = actor {
            wanted.common.accounts.insert(id.clone());
        }
    }

    fn decide(self: Box<Self>, actor: &Actor, _: Moment, known: &Known) -> Result<Decision<CountyBook>, Refusal> {
        let Self { enterprise, month, shown, signer } = *self;
        let owner = seen(known, actor, enterprise)?;
        let (value, _, current) = present(known.enterprise_months.get(&(enterprise, month)), owner, month);
        value.signable(known.county_months.get(&month).is_some(), shown, current)?;
        let account = match actor {
            Actor::Account { id, .. } => known.common.accounts.get(id),
            Actor::Time | Actor::Region(_) | Actor::Operator | Actor::Door => None,
        };
        // Last, so that a proof is not used up by a signature that another rule refuses.
        let event = value.sign(current, signer.proof(account, current)?);
        Ok(Decision::one(event, subject(enterprise, month)))
    }
}

/// The legal representative signs the content shown.
#[must_use]
pub fn sign(enterprise: Serial, month: Month, shown: Digest, signer: Signer) -> CountyCommand {
    Box::new(Sign { enterprise, month, shown, signer })
}

/// Files what was signed.
#[must_use]
pub fn file(enterprise: Serial, month: Month, shown: Digest, zero_statement: String) -> CountyCommand {
    Box::new(Plain {
        needs: needs(enterprise, month),
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            let (value, figures, current) = present(known.enterprise_months.get(&(enterprise, month)), owner, month);
            let terms = Terms {
                frozen: known.county_months.get(&month).is_some(),
                figures,
                current,
                shown,
                zero_statement,
                now: moment.now,
                due: StatutoryCalendar::default().due_at(month),
            };
            Ok((value.file(&terms)?, subject(enterprise, month)))
        },
    })
}
