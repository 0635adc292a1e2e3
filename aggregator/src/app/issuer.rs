//! Issuing directives: an id, the issuer's signature, and a road by which the addressee can be reached.

use std::sync::Arc;

use changxiao_domain::{
    clock::Instant,
    directive::{Directive, Order},
    event::DirectiveIssued,
    refusals,
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::convert::directive::{DIRECTIVE_TAG, encode, seal};
use changxiao_tier::{
    journal::checkpoint::JournalKey,
    place::{Place, Registers},
};

refusals! {
    /// The addressee is not reached from here.
    NotBelow { addressee: RegionId, issuer: RegionId } NotFound "REGION_NOT_BELOW"
        "{addressee} does not lie below {issuer} in the register in force", "按现行行政区划登记,{addressee}不属于{issuer}";
}

/// A region that issues directives.
#[derive(Clone)]
pub struct Issuer {
    /// Region.
    pub region: RegionId,
    /// The register in force.
    pub registers: Registers,
    /// Its journal key.
    pub key: Arc<JournalKey>,
}

impl Issuer {
    /// The region of a place.
    #[must_use]
    pub fn new(place: &Place, key: Arc<JournalKey>) -> Self {
        Self { region: place.region.clone(), registers: place.registers.clone(), key }
    }

    /// Id of the directive that the entry with this serial issues.
    #[must_use]
    pub fn id(&self, serial: Serial) -> String {
        format!("{}/{serial}", self.region)
    }

    /// Refuses an addressee that does not lie below.
    ///
    /// # Errors
    /// [`Refusal::NotBelow`].
    pub fn reach(&self, addressee: &RegionId, now: Instant) -> Result<(), Refusal> {
        if *addressee != self.region && self.registers.current().contains(&self.region, addressee, now.date()) {
            Ok(())
        } else {
            Err(Refusal::NotBelow { addressee: addressee.clone(), issuer: self.region.clone() })
        }
    }

    /// Signs a directive without an expiry.
    #[must_use]
    pub fn issue(&self, serial: Serial, addressee: RegionId, issued_at: Instant, order: Order) -> DirectiveIssued {
        let (id, issuer) = (self.id(serial), self.region.clone());
        let bytes = encode(&Directive { id, issuer, addressee, issued_at, expires_at: None, order });
        let signature = self.key.sign_statement(DIRECTIVE_TAG, &bytes);
        DirectiveIssued { signed: seal(bytes, &signature) }
    }
}

/// Resource path of a directive within the region that holds it: ids hold a slash, names must not.
#[must_use]
pub fn subject(id: &str) -> String {
    format!("directives/{}", id.replace('/', "~"))
}
