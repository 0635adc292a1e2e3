//! Enrolment of regions below: codes, requests, decisions, certificates. Signatures and certificates are checked and made before;
//! here it is decided whether they may be, once, in the region's order of things.

use changxiao_domain::{
    actor::Actor,
    clock::{DAY_MS, Instant},
    enrolment::{Refusal, Way, about_now, below, key_fits},
    event::{AuthorityReplaced, CertificateIssued, Digest, EnrolmentCodeIssued, EnrolmentRequested, Event},
    period::Month,
    refusal::Refusal as Refused,
    region::RegionId,
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::convert::enrolment::Request;
use changxiao_tier::{
    identity::Leaf,
    journal::checkpoint::PublicKey,
    writer::{Command, Decision},
};

use super::{
    issuer::Issuer,
    nodes::{Node, enter},
};
use crate::book::{Known, Ledger, Needs};

/// A request that is carried in a file may be so old.
const CARRIED_MS_MAX: i64 = 30 * DAY_MS;

/// Resource path of an enrolment.
#[must_use]
pub fn subject(serial: Serial) -> String {
    format!("enrolments/{serial}")
}

/// Issues a code for a region directly below.
pub struct IssueCode {
    /// This region.
    pub issuer: Issuer,
    /// Region that may use it.
    pub region: RegionId,
    /// What is kept of it.
    pub code_hash: Digest,
    /// Until when it counts, real time.
    pub expires: Instant,
}

impl Command<Ledger> for IssueCode {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.enrolments.insert(self.region.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, _: &Known) -> Result<Decision<Ledger>, Refused> {
        below(&self.issuer.registers.current(), &self.issuer.region, &self.region, moment.now.date())?;
        let subject = format!("enrolment-codes/{}", self.region);
        let event = EnrolmentCodeIssued { region: self.region, code_hash: self.code_hash, expires: self.expires };
        Ok(Decision::one(event.into(), subject))
    }
}

/// Takes a request whose signatures were checked.
pub struct RequestEnrolment {
    /// This region.
    pub issuer: Issuer,
    /// What is asked.
    pub request: Request,
    /// As it came.
    pub sealed: Vec<u8>,
    /// Its digest.
    pub digest: Digest,
    /// How it may ask.
    pub way: Way,
    /// Hash of the code shown, zero for none.
    pub code_hash: Digest,
    /// Real time.
    pub now: Instant,
}

impl RequestEnrolment {
    fn check(&self, moment: Moment, known: &Known) -> Result<(), Refusal> {
        let (register, region) = (self.issuer.registers.current(), &self.request.region);
        if self.request.parent != self.issuer.region {
            return Err(Refusal::OtherParent { parent: self.request.parent.clone(), here: self.issuer.region.clone() });
        }
        below(&register, &self.issuer.region, region, moment.now.date())?;
        match self.way {
            // Of a region that has no code the caller learns no more than of one with another code.
            Way::Code => {
                let code = known.enrolments.code(region).ok_or_else(|| Refusal::CodeUnknown { region: region.clone() })?;
                code.admits(&self.code_hash, self.now)?;
                about_now(self.request.made_at, self.now)?;
            }
            Way::OldKey => about_now(self.request.made_at, self.now)?,
            Way::File => {
                if self.now.ms_since(self.request.made_at) > CARRIED_MS_MAX || self.request.made_at > self.now {
                    about_now(self.request.made_at, self.now)?;
                }
            }
        }
        key_fits(&register, region, &self.request.journal_key, self.way)
    }
}

impl Command<Ledger> for RequestEnrolment {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.enrolments.insert(self.request.region.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        // The same bytes once more are the same request: whoever lost the answer asks again.
        if let Some(held) = known.enrolments.with_digest(&self.digest) {
            return Ok(Decision { events: Vec::new(), subject: subject(held.serial), outside: None });
        }
        self.check(moment, known)?;
        let event = EnrolmentRequested {
            enrolment: moment.next,
            region: self.request.region,
            way: self.way,
            digest: self.digest,
            request: self.sealed,
            journal_key: self.request.journal_key,
            address: self.request.federation_address,
            code_hash: self.code_hash,
        };
        Ok(Decision::one(event.into(), subject(moment.next)))
    }
}

/// A certificate that was made and not given out yet.
#[derive(Clone, Debug)]
pub struct Issued {
    /// What it says.
    pub leaf: Leaf,
    /// PEM, with those between it and the root.
    pub chain: String,
}

impl Issued {
    fn event(self, region: RegionId, enrolment: Option<Serial>, digest: Digest) -> Event {
        CertificateIssued {
            region,
            enrolment,
            digest,
            authority_key: self.leaf.authority_key,
            serial: self.leaf.serial,
            not_after: self.leaf.not_after,
            chain: self.chain,
        }
        .into()
    }
}

/// What somebody says about a request.
pub enum Word {
    /// Yes, with the fingerprint as it was told, and the certificate.
    Approve {
        /// As typed.
        fingerprint: String,
        /// Made before, given out only if this is decided.
        issued: Box<Issued>,
    },
    /// No.
    Refuse {
        /// Why.
        reason: String,
    },
}

/// Approves or refuses a request.
pub struct DecideEnrolment {
    /// This region.
    pub issuer: Issuer,
    /// Request.
    pub enrolment: Serial,
    /// Region that asks.
    pub region: RegionId,
    /// Yes or no.
    pub word: Word,
}

impl Command<Ledger> for DecideEnrolment {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.enrolments.insert(self.region.clone());
        needs.registers = true;
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let name = || Refusal::NotFound { enrolment: self.enrolment.to_string() };
        let held = known.enrolments.get(self.enrolment).ok_or_else(name)?;
        let subject = subject(self.enrolment);
        let register = self.issuer.registers.current();
        let (fingerprint, issued) = match self.word {
            Word::Refuse { reason } => return Ok(Decision::one(held.refuse(reason)?.into(), subject)),
            Word::Approve { fingerprint, issued } => (fingerprint, issued),
        };
        let decided = held.approve(&fingerprint, &PublicKey(held.journal_key).fingerprint(), &register)?;
        // The register may name another key by now.
        key_fits(&register, &held.region, &held.journal_key, Way::File)?;
        let proposes = decided.proposes;
        let mut events: Vec<Event> = vec![decided.into(), issued.event(held.region.clone(), Some(held.serial), held.digest)];
        // Where nobody lies above, the one who approves is the one who keeps the register.
        if proposes && register.parent(&self.issuer.region, moment.now.date()).is_none() {
            let (key, address) = (held.journal_key, held.address.clone());
            let joined = Month::of(moment.now.date());
            let node = Node { region: held.region.clone(), key, address, joined };
            events.extend(enter(&self.issuer, node, moment, 2, known)?);
        }
        Ok(Decision { events, subject, outside: None })
    }
}

/// Notes a certificate that was made for a renewal.
pub struct RecordRenewal {
    /// Region.
    pub region: RegionId,
    /// Digest of the renewal.
    pub digest: Digest,
    /// The certificate.
    pub issued: Issued,
}

impl Command<Ledger> for RecordRenewal {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.enrolments.insert(self.region.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, _: &Known) -> Result<Decision<Ledger>, Refused> {
        let subject = format!("certificates/{}", self.region);
        Ok(Decision::one(self.issued.event(self.region, None, self.digest), subject))
    }
}

/// Notes that another authority issues from now on.
pub struct NoteAuthority {
    /// Key identifier of the old one; empty for none.
    pub old_key: String,
    /// Key identifier of the new one.
    pub new_key: String,
}

impl Command<Ledger> for NoteAuthority {
    fn needs(&self, _: &Actor, _: &mut Needs) {}

    fn decide(self: Box<Self>, _: &Actor, _: Moment, _: &Known) -> Result<Decision<Ledger>, Refused> {
        let Self { old_key, new_key } = *self;
        Ok(Decision::one(AuthorityReplaced { old_key, new_key }.into(), "authority".to_owned()))
    }
}
