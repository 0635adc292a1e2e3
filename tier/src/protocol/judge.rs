//! The judgement over what a child sent: pure, total, and the only way anything received becomes held.
//!
//! [`Judge::pull`] judges a whole answer: first the head of the child's own journal ([`Judge::head`], the witness rule), then
//! each delivery ([`Judge::delivery`]). An adapter opens the digest buckets that the delivered facts touch, calls it, and
//! writes what comes back in one transaction; it decides nothing.

mod accept;
mod witness;

#[cfg(test)]
mod tests;

use changxiao_domain::{clock::Instant, region::RegionId};

use super::delivery::{Ask, Head, Pull, Through};
use super::held::{HeldLink, HeldOrigin, Quarantine, Witness};
use super::refused::{Fault, Refused, Remedy};
use crate::journal::checkpoint::PublicKey;

pub use accept::{Accepted, Link};

/// What the receiver's own register says. The sender's opinion about regions is never asked.
pub trait Authority {
    /// True if `origin` is `child` or lies below it.
    fn in_subtree(&self, child: &RegionId, origin: &RegionId) -> bool;
    /// The journal key of a region.
    fn key(&self, region: &RegionId) -> Option<PublicKey>;
}

/// Checks that a test switches off to see that their absence is noticed. Production can only build the value in which all are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    skip_proof: bool,
    skip_digest: bool,
}

#[cfg(any(test, feature = "testing"))]
impl Controls {
    /// Believes every head and every inclusion without proof.
    pub const SKIP_PROOF: Controls = Controls { skip_proof: true, skip_digest: false };
    /// Never compares the digest of the facts with the published one.
    pub const SKIP_DIGEST: Controls = Controls { skip_proof: false, skip_digest: true };
}

/// Judges what one child sends, by one register.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a, A> {
    authority: &'a A,
    controls: Controls,
}

/// What is to be written in one transaction, and said afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The link as it is from now on.
    pub link: HeldLink,
    /// The child's head to cosign once the transaction is durable.
    pub cosign: Witness,
    /// Deliveries to apply, in the order they came.
    pub accepted: Vec<Accepted>,
    /// Deliveries not applied, with their origins.
    pub refused: Vec<(RegionId, Refused)>,
}

impl<'a, A: Authority> Judge<'a, A> {
    /// A judge by this register.
    pub fn new(authority: &'a A) -> Judge<'a, A> {
        Judge { authority, controls: Controls::default() }
    }

    /// A judge with checks switched off.
    #[cfg(any(test, feature = "testing"))]
    pub fn with_controls(authority: &'a A, controls: Controls) -> Judge<'a, A> {
        Judge { authority, controls }
    }

    /// Judges the answer `pull` to the question `ask`. `held` gives what is held of an origin.
    ///
    /// One origin's failure neither hides nor stops its siblings: the others are accepted. A failure that a full delivery can
    /// mend leaves the cursor where it was and asks for everything next time.
    ///
    /// # Errors
    /// [`Refused`] if nothing of the answer may be used. The adapter then records a quarantine with [`quarantined`].
    pub fn pull<'h>(
        &self,
        link: &HeldLink,
        ask: &Ask,
        pull: &Pull,
        held: impl Fn(&RegionId) -> Option<&'h HeldOrigin>,
    ) -> Result<Judgement, Refused> {
        if *ask != link.ask() {
            return Err(Refused::new(Remedy::Ignore, Fault::AnswerOutdated));
        }
        if link.quarantine.is_some() {
            return Err(Refused::new(Remedy::Ignore, Fault::Quarantined { region: link.child.to_string() }));
        }
        let witness = self.head(link, &pull.head)?;
        check_cursor(link, ask, &pull.head, &witness)?;
        let nothing = HeldOrigin::default();
        let (mut accepted, mut refused) = (Vec::new(), Vec::new());
        for delivery in &pull.deliveries {
            let direct = delivery.origin == link.child;
            let over = if direct { Link::Direct { head: &witness } } else { Link::Relayed { relay: &link.child } };
            let held = held(&delivery.origin).unwrap_or(&nothing);
            match self.delivery(held, delivery, over, pull.head.full) {
                Ok(taken) => accepted.push(taken),
                // A child whose own facts are wrong is not believed about others either.
                Err(refusal) if direct && refusal.remedy == Remedy::Quarantine => {
                    return Err(refusal);
                }
                Err(refusal) => refused.push((delivery.origin.clone(), refusal)),
            }
        }
        let link = advanced(link, &pull.head, &witness, &refused);
        Ok(Judgement { link, cosign: witness, accepted, refused })
    }

    fn key(&self, region: &RegionId) -> Result<PublicKey, Refused> {
        let unknown = || Refused::new(Remedy::Retry, Fault::KeyUnknown { region: region.to_string() });
        self.authority.key(region).ok_or_else(unknown)
    }
}

/// Judges what a child says of an origin below it against what is held: a life that ended cannot be verified later than the one that
/// followed it. `held_epoch` is the epoch of the held facts, `known_at` when the child last verified them, by its own clock.
///
/// A relayed delivery of an earlier epoch alone is only late, and is ignored. But a relay that verified the earlier life *after* it had
/// vouched for the later one shows that the origin went back to it, and that the relay lost what it knew: without this the origin's
/// facts would stay as they are for ever, neither renewed nor marked.
#[must_use]
pub fn went_back(held_epoch: u32, known_at: Option<Instant>, said: &Through) -> Option<Refused> {
    let back = said.quarantine.is_none() && said.epoch < held_epoch && known_at.is_some_and(|known| said.verified_at > known);
    back.then(|| Refused::quarantine(Fault::EpochWentBack { admitted: held_epoch, offered: said.epoch }))
}

/// The link after a refusal that quarantines it; an earlier quarantine keeps its reason and its time.
#[must_use]
pub fn quarantined(link: &HeldLink, refused: &Refused, now: Instant) -> HeldLink {
    let mut link = link.clone();
    link.quarantine.get_or_insert(Quarantine { reason: refused.reason(), since: now });
    link
}

/// A head's cursor must lie in its journal and continue the question.
fn check_cursor(link: &HeldLink, ask: &Ask, head: &Head, witness: &Witness) -> Result<(), Refused> {
    let malformed = |detail| Err(Refused::new(Remedy::Retry, Fault::HeadMalformed { detail }));
    if head.cursor >= witness.size || (!head.full && head.cursor < ask.cursor) {
        return malformed("the cursor lies outside the journal");
    }
    if !head.full && (link.epoch != witness.epoch || link.take_full) {
        return malformed("everything was due");
    }
    Ok(())
}

/// The link after a judged pull: the head is witnessed in any case, the cursor moves only if nothing is to be asked again.
fn advanced(link: &HeldLink, head: &Head, witness: &Witness, refused: &[(RegionId, Refused)]) -> HeldLink {
    let asked_again = |remedy| refused.iter().any(|(_, refusal)| refusal.remedy == remedy);
    let mut link = link.clone();
    if asked_again(Remedy::TakeFull) {
        link.take_full = true;
    } else if !asked_again(Remedy::Retry) {
        link.epoch = witness.epoch;
        link.cursor = head.cursor;
        link.take_full = false;
    }
    link.witnessed = Some(witness.clone());
    link
}
