//! What is needed to issue: the authority on disk, whose certificates are believed, and what an answer carries along.

use std::{path::PathBuf, sync::Arc};

use changxiao_domain::{
    clock::{Clock, Instant},
    enrolment::{Enrolment, Refusal},
    event::Digest,
    region::RegionId,
};
use changxiao_proto::{
    convert::enrolment::{Answer, Request, SERVICE_PREFIX},
    enrolment::v1 as pb,
};
use changxiao_tier::{
    channel::FederationTls,
    desk::Host,
    enrolment::{answer, code::Pin},
    fault::Fault,
    identity::{
        SpiffeId, TrustDomain,
        ca::{Authority, CaError, pem},
        csr,
        files::certificates,
        scope::role_of,
    },
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{app::enrolments::Issued, book::Ledger, store::registers};

/// Shared by the services of enrolment.
#[derive(Clone)]
pub struct Issuing {
    /// Directory of the authority, if this process issues. It is opened anew each time, so that it can be replaced while we serve.
    pub authority: Option<PathBuf>,
    /// Life of what is issued.
    pub life_ms: i64,
    /// Trust domain.
    pub trust_domain: TrustDomain,
    /// Judges certificates that are shown.
    pub tls: FederationTls,
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// Signed register to hand out while none was adopted.
    pub register_file: PathBuf,
    /// Region that signs registers.
    pub publisher: String,
    /// Certificate of the service listener, PEM; read anew each time, as it may be replaced.
    pub service_certificate: PathBuf,
}

impl Issuing {
    /// The authority, open.
    ///
    /// # Errors
    /// None is configured, or it cannot issue; the log says why.
    pub fn open(&self, region: &RegionId) -> Result<Authority, Fault> {
        let directory = self.authority.as_ref().ok_or_else(|| refused(Refusal::NotOffered { region: region.clone() }))?;
        Authority::open(directory, self.clock.now()).map_err(|fault| fails(region, &fault))
    }

    /// The root to which the authority leads, as a code names it.
    ///
    /// # Errors
    /// The same, or its bundle does not hold its root.
    pub fn pin(&self, region: &RegionId) -> Result<Pin, Fault> {
        let authority = self.open(region)?;
        let own = authority.own();
        let root = authority.bundle().iter().find(|der| {
            authority.certificate() == Some(*der)
                || changxiao_tier::identity::Leaf::read(der).is_ok_and(|root| root.own_key == own.authority_key)
        });
        let root = root.or_else(|| authority.bundle().first());
        root.map(Pin::of).ok_or_else(|| refused(Refusal::AuthorityFails { region: region.clone() }))
    }

    /// The identity of a region below.
    ///
    /// # Errors
    /// The register knows no such region, or its name cannot stand in a certificate.
    pub fn id(&self, host: &Host<Ledger>, region: &RegionId) -> Result<SpiffeId, Fault> {
        let register = host.place.registers.current();
        let unknown = || refused(Refusal::RegionUnknown { region: region.clone() });
        let kind = register.region(region).ok_or_else(unknown)?.kind;
        SpiffeId::new(self.trust_domain.clone(), region.clone(), role_of(kind)).map_err(|_| unknown())
    }

    /// Refuses a region that somebody above, or this region itself, denies.
    ///
    /// # Errors
    /// [`Refusal::Denied`].
    pub fn not_denied(&self, host: &Host<Ledger>, region: &RegionId) -> Result<(), Fault> {
        let (register, today) = (host.place.registers.current(), host.place.clock.now().date());
        for list in host.place.revocations.current().values() {
            if list.issuer != *region && register.contains(&list.issuer, region, today) && list.denied(region).is_some() {
                return Err(refused(Refusal::Denied { region: region.clone(), issuer: list.issuer.clone() }));
            }
        }
        Ok(())
    }

    /// Makes a certificate around the key of a request. Nobody has it before it is journaled.
    ///
    /// # Errors
    /// The request asks for something else, or the authority cannot issue.
    pub fn issue(&self, host: &Host<Ledger>, region: &RegionId, csr: &[u8]) -> Result<Issued, Fault> {
        let id = self.id(host, region)?;
        let key = csr::read(csr, &id).map_err(refused)?;
        let authority = self.open(&host.place.region)?;
        let (chain, leaf) = authority
            .issue_around(&key, &id, self.clock.now(), self.life_ms)
            .map_err(|fault| fails(&host.place.region, &fault))?;
        Ok(Issued { leaf, chain: chain.iter().map(pem).collect() })
    }

    /// The answer to a request that was approved.
    ///
    /// # Errors
    /// The authority cannot sign, or the register cannot be read.
    pub async fn answer(&self, host: &Host<Ledger>, enrolment: &Enrolment) -> Result<pb::SignedAnswer, Fault> {
        let signed_register = match registers::newest(&host.read).await? {
            Some(row) => row.signed,
            None => std::fs::read(&self.register_file)
                .map_err(|error| Fault::Internal(format!("{}: {error}", self.register_file.display())))?,
        };
        self.sealed(host, &enrolment.region, enrolment.digest, &enrolment.chain, signed_register)
    }

    /// The answer with these certificates.
    ///
    /// # Errors
    /// The authority cannot sign.
    pub fn sealed(
        &self,
        host: &Host<Ledger>,
        region: &RegionId,
        request_digest: Digest,
        chain: &str,
        signed_register: Vec<u8>,
    ) -> Result<pb::SignedAnswer, Fault> {
        let here = &host.place.region;
        let chain =
            CertificateDer::pem_slice_iter(chain.as_bytes()).map(|der| der.map(|der| der.to_vec())).collect::<Result<_, _>>();
        let chain = chain.map_err(|error| Fault::Internal(format!("a stored certificate cannot be read: {error:?}")))?;
        let internal = |why: String| Fault::Internal(format!("the answer to {region}: {why}"));
        let publisher: RegionId = self.publisher.parse().map_err(|fault| internal(format!("{fault}")))?;
        let register = host.place.registers.current();
        let publisher_key = register.journal_key(&publisher).copied();
        let answer = Answer {
            request_digest,
            region: region.clone(),
            parent: here.clone(),
            trust_domain: self.trust_domain.to_string(),
            chain,
            bundle: self.bundle(),
            signed_register,
            publisher_key: publisher_key.ok_or_else(|| internal("the register holds no key of its publisher".to_owned()))?,
            publisher,
            issued_at: self.now(),
        };
        answer::seal(&answer, &self.open(here)?).map_err(|fault| fails(here, &fault))
    }

    /// Authorities that are trusted here.
    #[must_use]
    pub fn bundle(&self) -> Vec<Vec<u8>> {
        self.tls.identity().bundle.authorities().iter().map(|der| der.to_vec()).collect()
    }

    /// Who issues here, and the authority's word that the service listener is this region's.
    ///
    /// # Errors
    /// The authority cannot sign, or the listener's certificate cannot be read.
    pub fn about(&self, region: &RegionId) -> Result<pb::DescribeAuthorityResponse, Fault> {
        let authority = self.open(region)?;
        let shown = certificates(&self.service_certificate).map_err(|fault| Fault::Internal(fault.to_string()))?;
        let shown = shown.first().map(|der| der.to_vec()).unwrap_or_default();
        let signature = authority.sign_words(&[SERVICE_PREFIX, &shown].concat()).map_err(|fault| fails(region, &fault))?;
        Ok(pb::DescribeAuthorityResponse {
            trust_domain: self.trust_domain.to_string(),
            bundle: self.bundle().into_iter().map(Into::into).collect(),
            now_ms: self.now().ms(),
            service_certificate: shown.into(),
            signature: signature.into(),
            authority: authority.certificate().map(|der| der.to_vec()).unwrap_or_default().into(),
        })
    }

    /// Real time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}

/// Reads what a request asks for and checks its own signature and certificate request.
///
/// # Errors
/// Unreadable, forged, denied, or the certificate request asks for something else.
pub fn checked(issuing: &Issuing, host: &Host<Ledger>, sealed: &pb::SignedEnrolmentRequest) -> Result<Request, Fault> {
    let request = changxiao_tier::enrolment::request::open(sealed).map_err(refused)?;
    issuing.not_denied(host, &request.region)?;
    csr::read(&request.csr, &issuing.id(host, &request.region)?).map_err(refused)?;
    Ok(request)
}

/// A rule's no.
pub fn refused(refusal: Refusal) -> Fault {
    Fault::Refused(refusal.into())
}

fn fails(region: &RegionId, fault: &CaError) -> Fault {
    tracing::error!(region = %region, reason = fault.reason(), "the authority cannot issue: {fault}");
    refused(Refusal::AuthorityFails { region: region.clone() })
}
