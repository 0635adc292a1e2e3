//! Enterprises that move between counties (AD13): offered here, answered here, handed over and taken over by the city's directives.

use changxiao_domain::{
    actor::Actor,
    directive::{Packed, Step},
    enterprise::{Enterprise, incoming},
    etag,
    event::{Event, TransferReceived},
    refusal::Refusal as Refused,
    region::RegionId,
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::convert::event::unpacked;

use super::{CountyCommand, Plain, Target, enterprises::seen};
use crate::book::{Known, Needs};

/// Offers an enterprise to another county.
#[must_use]
pub fn offer(target: Target, here: RegionId, to: RegionId, reason: String) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(target.serial);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| -> Result<(Event, String), Refused> {
            let enterprise = seen(known, actor, target.serial)?;
            etag::check(target.seen, enterprise.version)?;
            Ok((enterprise.offer_transfer(&here, to, reason, moment.now)?, format!("enterprises/{}", target.serial)))
        },
    })
}

/// Accepts an offer of another county, or refuses it. `claims` are the identifiers of the offer as it was shown.
#[must_use]
pub fn answer(
    offer: String,
    version_seen: Option<u64>,
    claims: Vec<(String, String)>,
    accepted: bool,
    reason: String,
) -> CountyCommand {
    let wanted = offer.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.transfers.insert(wanted.clone());
            needs.claims.extend(claims.iter().cloned());
        },
        decide: move |actor: &Actor, _: Moment, known: &Known| -> Result<(Event, String), Refused> {
            let name = format!("transfers/{}", offer.replace('/', "~"));
            let held = known.transfers.get(&offer).filter(|held| actor.scope().sees_industry(held.industry.as_str()));
            let held = held.ok_or_else(|| incoming::Refusal::NotFound { name: name.clone() })?;
            etag::check(version_seen, held.version)?;
            let taken = held.claims.iter().find_map(|claim| Some((claim.1.clone(), *known.claims.get(claim)?)));
            Ok((held.answer(accepted, reason, taken)?, name))
        },
    })
}

/// A step of a transfer that the city orders.
pub(super) struct Ordered<'a> {
    /// This county.
    pub here: &'a RegionId,
    /// Directive that orders it.
    pub directive: &'a str,
    /// What is to be done.
    pub step: Step,
    /// Transfer; empty in the offer itself.
    pub offer: &'a str,
    /// County from which the enterprise moves.
    pub from: &'a RegionId,
    /// Enterprise there.
    pub enterprise: Serial,
    /// Reason or name.
    pub text: &'a str,
    /// Last day for an answer.
    pub answer_by: Option<changxiao_domain::clock::Date>,
    /// What travels.
    pub package: &'a [Packed],
}

impl Ordered<'_> {
    /// What it needs beside the directive.
    pub fn needs(&self, needs: &mut Needs) {
        match self.step {
            Step::HandOver => drop(needs.holdings.insert(self.enterprise)),
            Step::End | Step::Close => drop(needs.enterprises.insert(self.enterprise)),
            Step::TakeOver => drop(needs.transfers.insert(self.offer.to_owned())),
            Step::Offer => {}
        }
    }

    /// What it changes; nothing if the record does not stand where the step begins. `first` is the serial of the next entry.
    pub fn effect(&self, known: &Known, first: Serial) -> Option<Vec<Event>> {
        let enterprise = || known.enterprises.get(&self.enterprise).filter(|_| self.from == self.here);
        match self.step {
            Step::Offer => self.received().map(|event| vec![event]),
            Step::End => Some(vec![enterprise()?.end_transfer(self.directive, self.text).ok()?]),
            Step::HandOver => Some(vec![self.hand_over(enterprise()?, known)?]),
            Step::Close => Some(vec![enterprise()?.close_transfer(self.text).ok()?]),
            Step::TakeOver => {
                let package = self.package.iter().map(unpacked).collect::<Result<Vec<_>, _>>().ok()?;
                Some(known.transfers.get(&self.offer.to_owned())?.take_over(package, first))
            }
        }
    }

    fn received(&self) -> Option<Event> {
        let Ok(Event::EnterpriseMovedIn(shown)) = unpacked(self.package.first()?) else { return None };
        let event = TransferReceived {
            offer: self.directive.to_owned(),
            from: self.from.clone(),
            there: self.enterprise,
            data: shown.data,
            reason: self.text.to_owned(),
            answer_by: self.answer_by?,
        };
        Some(event.into())
    }

    fn hand_over(&self, enterprise: &Enterprise, known: &Known) -> Option<Event> {
        let serial = enterprise.serial;
        let hazards = known.hazards.iter().map(|(_, hazard)| hazard);
        let hazards: Vec<_> = hazards.filter(|hazard| hazard.enterprise == serial && hazard.state.is_open()).collect();
        let dossiers = known.dossiers.iter().map(|(_, dossier)| dossier);
        let dossiers: Vec<_> = dossiers.filter(|dossier| dossier.enterprise == serial && dossier.state.is_open()).collect();
        enterprise.hand_over(self.here, self.offer, &hazards, &dossiers).ok()
    }
}
