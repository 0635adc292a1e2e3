//! A region that wants an identity: what it asks, and what it does with the answer.

use std::sync::Arc;

use changxiao_domain::{clock::Clock, event::Digest};
use changxiao_proto::{
    convert::enrolment::{Answer, Request},
    enrolment::v1 as pb,
};
use ring::rand::SecureRandom;
use rustls::pki_types::CertificateDer;

use super::{
    Fault,
    answer::{self, Believed, Expected},
    files, request,
};
use changxiao_domain::region::RegionId;

use crate::{
    identity::{
        SpiffeId, csr,
        files::{Credentials, Paths},
    },
    journal::checkpoint::JournalKey,
};

/// The region with its keys and files.
#[derive(Clone)]
pub struct Child {
    /// The identity it wants.
    pub id: SpiffeId,
    /// Region above.
    pub parent: RegionId,
    /// Signs requests.
    pub key: Arc<JournalKey>,
    /// Where the identity lies.
    pub paths: Paths,
    /// Where its federation listener is reached.
    pub address: String,
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
}

impl Child {
    /// Makes a key and a request, and keeps both until an answer comes.
    ///
    /// # Errors
    /// A file, the library or randomness fails.
    pub fn ask(&self) -> Result<pb::SignedEnrolmentRequest, Fault> {
        let fresh = csr::make(&self.id)?;
        let mut nonce = [0; 16];
        let none = |_| Fault::Configuration("this machine gives no randomness".to_owned());
        self.random.fill(&mut nonce).map_err(none)?;
        let asked = Request {
            region: self.id.region().clone(),
            parent: self.parent.clone(),
            journal_key: self.key.public().0,
            csr: fresh.csr,
            federation_address: self.address.clone(),
            made_at: self.clock.now(),
        };
        let sealed = request::seal(&asked, &nonce, &self.key);
        files::keep_key(&self.paths, &fresh.key)?;
        files::keep_request(&self.paths, &sealed)?;
        Ok(sealed)
    }

    /// Checks an answer to a request and takes its certificates into use.
    ///
    /// # Errors
    /// It is not the answer to this request by whom it must be; then no file was touched.
    pub fn take(&self, sealed: &pb::SignedAnswer, digest: Digest, believed: Believed) -> Result<Answer, Fault> {
        let expected = Expected { id: self.id.clone(), parent: self.parent.clone(), digest, believed };
        let answer = answer::open(sealed, &expected, self.clock.now())?;
        let der = |all: &[Vec<u8>]| all.iter().cloned().map(CertificateDer::from).collect::<Vec<_>>();
        files::install(&self.paths, &der(&answer.chain), &der(&answer.bundle))?;
        Ok(answer)
    }

    /// A renewal of the identity in use around a fresh key, which waits beside it.
    ///
    /// # Errors
    /// A file or the library fails.
    pub fn renewal(&self, held: &Credentials) -> Result<pb::SignedRenewal, Fault> {
        let fresh = csr::make(&self.id)?;
        let (region, parent) = (self.id.region().clone(), self.parent.clone());
        let sealed = request::renewal(region, parent, fresh.csr, self.clock.now(), held, &self.key);
        let sealed = sealed.map_err(|why| Fault::Configuration(format!("the key in use cannot sign a renewal: {why}")))?;
        files::forget(&self.paths)?;
        files::keep_key(&self.paths, &fresh.key)?;
        Ok(sealed)
    }
}
