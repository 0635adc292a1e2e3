//! What flows down: an order signed by its issuer, carried unopened, taking effect exactly once, owned by one side at any moment.
//!
//! ```text
//! issuer or carrier (Sent)                       addressee or carrier (arrival)
//! Pending ── Deliver ──▶                         signature, issuer above, addressee, expiry
//!    ▲        ◀── receipt (epoch, position) ──   first time: receipt and effect in one group; again: the first receipt
//! Received ── position in a witnessed tree ──▶ Witnessed ── Deliver again: same receipt ──▶ Delivered
//!    │└─ the receiver was admitted in a new epoch ─▶ Witnessed; another receipt ─▶ Received
//!    └── a later tree does not reach so far ──▶ Doubtful ── Deliver again ──▶ Received
//! ```
//!
//! A position alone does not say what stands there: a receiver that lost its unwitnessed tail may have grown past it with other
//! entries. So the directive is handed over once more after its position was witnessed. A receiver that still has the receipt
//! repeats it; one that lost it takes the directive anew. A receiver that lost its tail and then stood still never grows to the
//! position of its receipt: that is what doubt is for.

use std::collections::BTreeMap;

use bytes::Bytes;
use changxiao_domain::{clock::Instant, region::RegionId};

use super::held::Witness;
use super::judge::Authority;
use crate::journal::checkpoint::{JournalKey, PublicKey};

/// Tag of the signed statement.
use changxiao_proto::convert::directive::DIRECTIVE_TAG as TAG;

/// A directive as it travels. Nobody re-encodes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedDirective {
    /// Serialized `federation.v1.Directive`.
    pub directive: Bytes,
    /// Ed25519 by the issuer's journal key, a statement tagged `directive/v1`.
    pub signature: Bytes,
}

/// The outside of a directive: all that a carrier reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Unique id, such as `bs/1-17`.
    pub id: String,
    /// Region that issued it.
    pub issuer: RegionId,
    /// Region that is to carry it out.
    pub addressee: RegionId,
    /// Business time of issue.
    pub issued_at: Instant,
    /// Business time from which on it may no longer take effect, if any.
    pub expires_at: Option<Instant>,
}

/// The first fields of `federation.v1.Directive`; the order itself stays unread.
#[derive(Clone, PartialEq, prost::Message)]
struct Outside {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    issuer: String,
    #[prost(string, tag = "3")]
    addressee: String,
    #[prost(int64, tag = "4")]
    issued_at_ms: i64,
    #[prost(int64, tag = "5")]
    expires_at_ms: i64,
}

/// Why a directive is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error("the directive cannot be read: {detail}")]
    Malformed {
        /// What was found.
        detail: String,
    },
    /// Its issuer is not above this region.
    #[error("`{issuer}` does not stand above `{region}`")]
    IssuerNotAbove {
        /// Issuer.
        issuer: String,
        /// This region.
        region: String,
    },
    /// The register knows no journal key of the issuer.
    #[error("the register holds no journal key of `{issuer}`")]
    KeyUnknown {
        /// Issuer.
        issuer: String,
    },
    /// The signature is not the issuer's.
    #[error("the signature is not that of `{issuer}`")]
    SignatureInvalid {
        /// Issuer.
        issuer: String,
    },
    /// It is meant for a region that is neither this one nor below it.
    #[error("`{addressee}` is not reached through `{region}`")]
    NotAddressed {
        /// Addressee.
        addressee: String,
        /// This region.
        region: String,
    },
    /// The same id came earlier with other content.
    #[error("directive `{id}` came before with other content")]
    IdReused {
        /// Id.
        id: String,
    },
    /// It may no longer take effect.
    #[error("directive `{id}` expired")]
    Expired {
        /// Id.
        id: String,
    },
}

impl Refusal {
    /// Stable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::Malformed { .. } => "DIRECTIVE_MALFORMED",
            Refusal::IssuerNotAbove { .. } => "DIRECTIVE_ISSUER_NOT_ABOVE",
            Refusal::KeyUnknown { .. } => "JOURNAL_KEY_UNKNOWN",
            Refusal::SignatureInvalid { .. } => "DIRECTIVE_SIGNATURE_INVALID",
            Refusal::NotAddressed { .. } => "DIRECTIVE_NOT_ADDRESSED",
            Refusal::IdReused { .. } => "DIRECTIVE_ID_REUSED",
            Refusal::Expired { .. } => "DIRECTIVE_EXPIRED",
        }
    }

    /// True if sending it again may end differently: the register may not have arrived yet.
    pub fn may_pass(&self) -> bool {
        matches!(self, Refusal::KeyUnknown { .. } | Refusal::NotAddressed { .. } | Refusal::IssuerNotAbove { .. })
    }
}

impl SignedDirective {
    /// Signs serialized directive bytes with the issuer's journal key.
    pub fn sign(directive: Bytes, key: &JournalKey) -> SignedDirective {
        let signature = Bytes::from(key.sign_statement(TAG, &directive).to_vec());
        SignedDirective { directive, signature }
    }

    /// Reads the outside, believing nothing.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn envelope(&self) -> Result<Envelope, Refusal> {
        let malformed = |detail: String| Refusal::Malformed { detail };
        let outside = <Outside as prost::Message>::decode(&self.directive[..]).map_err(|error| malformed(error.to_string()))?;
        let region = |text: &str| text.parse::<RegionId>().map_err(|error| malformed(error.to_string()));
        if outside.id.is_empty() {
            return Err(malformed("the id is empty".into()));
        }
        Ok(Envelope {
            issuer: region(&outside.issuer)?,
            addressee: region(&outside.addressee)?,
            id: outside.id,
            issued_at: Instant::from_ms(outside.issued_at_ms),
            expires_at: (outside.expires_at_ms != 0).then(|| Instant::from_ms(outside.expires_at_ms)),
        })
    }

    fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify_statement(TAG, &self.directive, &self.signature)
    }
}

/// Where a directive was entered into the receiver's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Region whose journal holds it.
    pub region: RegionId,
    /// Epoch of that journal.
    pub epoch: u32,
    /// Position in it.
    pub position: u64,
}

/// A directive that came earlier, as the receiver remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The directive as it came.
    pub signed: SignedDirective,
    /// Its receipt.
    pub receipt: Receipt,
}

/// What the receiver does with a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Journal it and let it take effect, in one group.
    CarryOut(Envelope),
    /// Journal it and send it on, unopened.
    CarryOn(Envelope),
    /// It came before: answer with the first receipt and change nothing.
    Repeated(Receipt),
}

/// Judges a directive that arrived at `me` at `now` (business time). `known` finds what came earlier under an id.
///
/// What came before is answered before anything else is asked: an expired order whose receipt was lost did take effect.
///
/// # Errors
/// [`Refusal`]; nothing is then journaled.
pub fn arrive<'k>(
    signed: &SignedDirective,
    me: &RegionId,
    now: Instant,
    authority: &impl Authority,
    known: impl Fn(&str) -> Option<&'k Known>,
) -> Result<Arrival, Refusal> {
    let envelope = signed.envelope()?;
    if let Some(known) = known(&envelope.id) {
        return if known.signed.directive == signed.directive {
            Ok(Arrival::Repeated(known.receipt.clone()))
        } else {
            Err(Refusal::IdReused { id: envelope.id })
        };
    }
    let issuer = || envelope.issuer.to_string();
    if envelope.issuer == *me || !authority.in_subtree(&envelope.issuer, me) {
        return Err(Refusal::IssuerNotAbove { issuer: issuer(), region: me.to_string() });
    }
    let key = authority.key(&envelope.issuer).ok_or_else(|| Refusal::KeyUnknown { issuer: issuer() })?;
    if !signed.is_signed_by(&key) {
        return Err(Refusal::SignatureInvalid { issuer: issuer() });
    }
    if !authority.in_subtree(me, &envelope.addressee) {
        return Err(Refusal::NotAddressed { addressee: envelope.addressee.to_string(), region: me.to_string() });
    }
    if envelope.addressee != *me {
        return Ok(Arrival::CarryOn(envelope));
    }
    // Only the addressee knows whether it took effect in time: a carrier that lost its copy must not declare it expired.
    if envelope.expires_at.is_some_and(|expires| now >= expires) {
        return Err(Refusal::Expired { id: envelope.id });
    }
    Ok(Arrival::CarryOut(envelope))
}

/// Who owns the next step of a directive that this tier sent or carries on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// This tier: hand it over.
    Pending,
    /// This tier: see its receipt in a witnessed tree.
    Received(Receipt),
    /// This tier: hand it over once more, to see the same receipt again.
    Witnessed(Receipt),
    /// This tier: hand it over once more, because a tree that should hold the receipt does not reach so far.
    Doubtful(Receipt),
    /// The receiver: its receipt can no longer be denied.
    Delivered(Receipt),
    /// Nobody: it was refused for good.
    Refused {
        /// Stable reason.
        reason: String,
    },
}

/// One directive on its way to a direct child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Direct child that carries it out or carries it on.
    pub child: RegionId,
    /// The directive.
    pub signed: SignedDirective,
    /// Where it stands.
    pub sent: Sent,
}

/// The directives that a tier issued or carries, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    outgoing: BTreeMap<String, Outgoing>,
}

impl Outbox {
    /// Puts a directive on its way. Repeating an id changes nothing.
    pub fn put(&mut self, id: impl Into<String>, child: RegionId, signed: SignedDirective) {
        self.outgoing.entry(id.into()).or_insert(Outgoing { child, signed, sent: Sent::Pending });
    }

    /// Restores a stored row.
    pub fn restore(&mut self, id: impl Into<String>, outgoing: Outgoing) {
        self.outgoing.insert(id.into(), outgoing);
    }

    /// Everything in it, ascending by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Outgoing)> {
        self.outgoing.iter().map(|(id, outgoing)| (id.as_str(), outgoing))
    }

    /// Where a directive stands.
    pub fn sent(&self, id: &str) -> Option<&Sent> {
        self.outgoing.get(id).map(|outgoing| &outgoing.sent)
    }

    /// What is to be handed to a child, ascending by id. Handing it over twice is harmless.
    pub fn due<'a>(&'a self, child: &'a RegionId) -> impl Iterator<Item = (&'a str, &'a SignedDirective)> {
        let due = move |outgoing: &Outgoing| {
            outgoing.child == *child && matches!(outgoing.sent, Sent::Pending | Sent::Witnessed(_) | Sent::Doubtful(_))
        };
        self.outgoing.iter().filter(move |(_, outgoing)| due(outgoing)).map(|(id, outgoing)| (id.as_str(), &outgoing.signed))
    }

    /// Receipts of a child that no witnessed tree holds yet, with their ids.
    pub fn unwitnessed<'a>(&'a self, child: &'a RegionId) -> impl Iterator<Item = (&'a str, &'a Receipt)> {
        self.outgoing.iter().filter_map(move |(id, outgoing)| match &outgoing.sent {
            Sent::Received(receipt) if outgoing.child == *child => Some((id.as_str(), receipt)),
            _ => None,
        })
    }

    /// The child answered with a receipt. Only the child's own journal counts; a late answer changes nothing.
    pub fn received(&mut self, id: &str, receipt: Receipt) {
        if let Some(outgoing) = self.outgoing.get_mut(id)
            && matches!(outgoing.sent, Sent::Pending | Sent::Doubtful(_))
            && outgoing.child == receipt.region
        {
            outgoing.sent = Sent::Received(receipt);
        }
    }

    /// The child answered when the directive was handed over once more. Only an answer to that second hand-over may come here: a
    /// late copy of the first one proves nothing.
    pub fn confirmed(&mut self, id: &str, receipt: Receipt) {
        if let Some(outgoing) = self.outgoing.get_mut(id)
            && outgoing.child == receipt.region
            && let Sent::Witnessed(first) = &outgoing.sent
        {
            outgoing.sent = if *first == receipt { Sent::Delivered(receipt) } else { Sent::Received(receipt) };
        }
    }

    /// The child refused for good.
    pub fn refused(&mut self, id: &str, reason: &str) {
        if let Some(outgoing) = self.outgoing.get_mut(id)
            && matches!(outgoing.sent, Sent::Pending | Sent::Witnessed(_) | Sent::Doubtful(_))
        {
            outgoing.sent = Sent::Refused { reason: reason.to_owned() };
        }
    }

    /// The child's tree was witnessed: what stands below its size stands for ever. Returns the ids to hand over once more.
    ///
    /// A receipt of another epoch than the witnessed one is asked for at once: the child may have lost that whole life.
    pub fn witnessed(&mut self, child: &RegionId, witness: &Witness) -> Vec<String> {
        let mut again = Vec::new();
        for (id, outgoing) in &mut self.outgoing {
            if let Sent::Received(receipt) | Sent::Doubtful(receipt) = &outgoing.sent
                && receipt.region == *child
                && (receipt.epoch != witness.epoch || receipt.position < witness.size)
            {
                outgoing.sent = Sent::Witnessed(receipt.clone());
                again.push(id.clone());
            }
        }
        again
    }

    /// A head that the child signed after it gave this receipt does not reach so far: it lost its tail and stood still since.
    pub fn doubted(&mut self, id: &str) {
        if let Some(outgoing) = self.outgoing.get_mut(id)
            && let Sent::Received(receipt) = &outgoing.sent
        {
            outgoing.sent = Sent::Doubtful(receipt.clone());
        }
    }

    /// The child was admitted in a new epoch: which of its earlier receipts survived is not for positions to say, since an older copy
    /// may carry other entries there. All of them go out once more; a child that kept one repeats it, a child that lost it takes the
    /// directive anew. What was refused goes out once more as well. Returns their ids.
    pub fn readmitted(&mut self, child: &RegionId, epoch: u32) -> Vec<String> {
        let mut again = Vec::new();
        for (id, outgoing) in &mut self.outgoing {
            if let Sent::Received(receipt) | Sent::Witnessed(receipt) | Sent::Doubtful(receipt) | Sent::Delivered(receipt) =
                &outgoing.sent
                && receipt.region == *child
                && receipt.epoch < epoch
            {
                outgoing.sent = Sent::Witnessed(receipt.clone());
                again.push(id.clone());
            } else if outgoing.child == *child && matches!(outgoing.sent, Sent::Refused { .. }) {
                // The copy that was put back may be one in which it had taken effect before it was refused.
                outgoing.sent = Sent::Pending;
                again.push(id.clone());
            }
        }
        again
    }
}

#[cfg(test)]
mod tests;
