//! Judging the certificate at the other end: a path to a trusted authority, then our own rules about the leaf.
//!
//! Our own rules are needed because path validation cannot confine an authority by URI names: exactly one URI SAN, a SPIFFE id of our
//! trust domain, the right extended key usage, an issuing authority whose own region covers the leaf's.

use std::sync::Arc;

use changxiao_domain::clock::Instant;
use changxiao_domain::enrolment::span_in_words;
use changxiao_domain::region::RegionId;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage};

use crate::identity::leaf::{Leaf, LeafError};
use crate::identity::revocation::{Insistence, Revocations};
use crate::identity::scope::Scope;
use crate::identity::spiffe::{SpiffeId, TrustDomain};
use crate::identity::words::{date_in_words, excerpt};

/// Longest life of an identity that is believed, milliseconds: 92 days. Anything longer was made by mistake, such as a library's
/// default of two thousand years, and would outlive every promise about revocation.
pub const IDENTITY_LIFE_MS_MAX: i64 = 92 * 86_400_000;

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// No path to an authority of the bundle.
    #[error("the certificate was issued by no authority trusted here")]
    UnknownIssuer,
    /// It ran out.
    #[error("the certificate expired on {}, and this machine says it is {}, {} later; have it renewed, or correct the clock that is wrong",
        date_in_words(*not_after), date_in_words(*now), span_in_words(now.ms_since(*not_after)))]
    Expired {
        /// Last instant of validity.
        not_after: Instant,
        /// What this machine took for now.
        now: Instant,
    },
    /// It is not valid yet.
    #[error("the certificate is valid only from {}, and this machine says it is {}, {} earlier; this clock is behind, or the one of whoever issued it is ahead: set the wrong one",
        date_in_words(*not_before), date_in_words(*now), span_in_words(not_before.ms_since(*now)))]
    NotYetValid {
        /// First instant of validity.
        not_before: Instant,
        /// What this machine took for now.
        now: Instant,
    },
    /// Unreadable, or not exactly one SPIFFE id.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// A SPIFFE id of somebody else's federation.
    #[error("the certificate belongs to trust domain {theirs}, not to {ours}")]
    TrustDomain {
        /// The certificate's.
        theirs: TrustDomain,
        /// This program's.
        ours: TrustDomain,
    },
    /// Extended key usage is missing or another.
    #[error("the certificate is not meant for a TLS {0}")]
    Usage(&'static str),
    /// A city's authority named a region outside the city.
    #[error("the authority of {authority} may not issue for {region}")]
    Scope {
        /// The issuing authority's region, or its subject where it names none.
        authority: String,
        /// The leaf's region.
        region: String,
    },
    /// The role does not go with the region's kind.
    #[error("{0} names a role that the register does not give this region")]
    Role(SpiffeId),
    /// Valid for longer than any identity may be.
    #[error("the certificate is valid for {days} days; identities live {} at most", IDENTITY_LIFE_MS_MAX / 86_400_000)]
    Lifetime {
        /// Whole days from first to last instant.
        days: i64,
    },
    /// Names beside the identity that could stand for somebody else.
    #[error("the certificate carries names besides its identity: {0}")]
    Names(String),
    /// The key is too weak, or of a kind nobody here uses.
    #[error("the certificate's key is too weak or of an unknown kind: {0}")]
    WeakKey(String),
    /// The certificate is on a revocation list.
    #[error("the certificate was revoked by {issuer} on {}: {reason}", date_in_words(*at))]
    Revoked {
        /// Whose list.
        issuer: RegionId,
        /// Since when.
        at: Instant,
        /// The list's words.
        reason: String,
    },
    /// The region is on a deny list.
    #[error("{issuer} denies every certificate of {region} since {}: {reason}", date_in_words(*at))]
    Denied {
        /// Whose list.
        issuer: RegionId,
        /// The region denied.
        region: RegionId,
        /// Since when.
        at: Instant,
        /// The list's words.
        reason: String,
    },
    /// The list is older than it may be.
    #[error("the revocation list of {issuer} was due on {} and is missing for longer than the grace; import a newer one", date_in_words(*due))]
    ListStale {
        /// Whose list.
        issuer: RegionId,
        /// When the next one was due.
        due: Instant,
    },
    /// Lists are required, and none speaks of the region.
    #[error("no revocation list speaks of {0}, and this program is configured to require one; import it")]
    ListMissing(RegionId),
    /// A good certificate of the wrong region.
    #[error("expected {expected}, but the other side is {presented}")]
    OtherIdentity {
        /// Whom we dialled.
        expected: SpiffeId,
        /// Who answered.
        presented: SpiffeId,
    },
    /// Anything else that path validation dislikes.
    #[error("the certificate path is not acceptable: {0}")]
    Path(String),
}

impl Cause {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnknownIssuer => "CERTIFICATE_UNKNOWN_ISSUER",
            Self::Expired { .. } => "CERTIFICATE_EXPIRED",
            Self::NotYetValid { .. } => "CERTIFICATE_NOT_YET_VALID",
            Self::Leaf(cause) => cause.reason(),
            Self::TrustDomain { .. } => "CERTIFICATE_TRUST_DOMAIN",
            Self::Usage(_) => "CERTIFICATE_USAGE",
            Self::Scope { .. } => "CERTIFICATE_ISSUER_SCOPE",
            Self::Role(_) => "CERTIFICATE_ROLE",
            Self::Lifetime { .. } => "CERTIFICATE_LIFETIME",
            Self::Names(_) => "CERTIFICATE_NAMES",
            Self::WeakKey(_) => "CERTIFICATE_WEAK_KEY",
            Self::Revoked { .. } => "CERTIFICATE_REVOKED",
            Self::Denied { .. } => "CERTIFICATE_DENIED",
            Self::ListStale { .. } => "REVOCATION_LIST_STALE",
            Self::ListMissing(_) => "REVOCATION_LIST_MISSING",
            Self::OtherIdentity { .. } => "CERTIFICATE_OTHER_IDENTITY",
            Self::Path(_) => "CERTIFICATE_PATH",
        }
    }
}

/// A judgement against a certificate, with what is known of it for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct CertificateRefused {
    /// What is wrong.
    pub cause: Cause,
    /// What the certificate says, unless it was unreadable. Nothing in it is proven.
    pub leaf: Option<Box<Leaf>>,
}

impl CertificateRefused {
    /// Finds the judgement again inside a TLS error.
    pub fn find(error: &rustls::Error) -> Option<&Self> {
        match error {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => inner.downcast_ref(),
            _ => None,
        }
    }

    pub(super) fn into_tls(self) -> rustls::Error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(self))))
    }
}

/// Which end of the connection the judged certificate speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It opened the connection.
    Client,
    /// It was dialled.
    Server,
}

/// The rules of one federation, shared by both ends.
pub(super) struct Judge {
    pub(super) roots: RootCertStore,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) trust_domain: TrustDomain,
    pub(super) scope: Arc<dyn Scope>,
    pub(super) revocations: Revocations,
    pub(super) insistence: Insistence,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Judge({})", self.trust_domain)
    }
}

impl Judge {
    /// Judges again what was shown when a connection began: certificate first, then those between it and the root.
    pub(super) fn again(&self, end: End, shown: &[CertificateDer<'_>], now: UnixTime) -> Result<(), CertificateRefused> {
        match shown.split_first() {
            Some((leaf, between)) => self.judge(end, leaf, between, now).map(|_| ()),
            None => Ok(()),
        }
    }

    pub(super) fn judge(
        &self,
        end: End,
        der: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<SpiffeId, CertificateRefused> {
        let leaf = Leaf::read(der).map_err(|cause| CertificateRefused { cause: cause.into(), leaf: None })?;
        self.judge_leaf(end, &leaf, der, between, now).map_err(|cause| CertificateRefused { cause, leaf: Some(Box::new(leaf)) })
    }

    fn judge_leaf(
        &self,
        end: End,
        leaf: &Leaf,
        der: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<SpiffeId, Cause> {
        // Before the signature: what a key too weak to be verified has signed would only fail for another, misleading reason.
        if let Some(weakness) = &leaf.weak_key {
            return Err(Cause::WeakKey(weakness.clone()));
        }
        let usage = match end {
            End::Client => KeyUsage::client_auth(),
            End::Server => KeyUsage::server_auth(),
        };
        let certificate = EndEntityCert::try_from(der).map_err(|e| path_cause(&e, end, now))?;
        let path = certificate
            .verify_for_usage(self.algorithms.all, &self.roots.roots, between, now, usage, None, None)
            .map_err(|e| path_cause(&e, end, now))?;
        let id = self.profile(end, leaf)?;
        let mut authorities = Vec::new();
        for authority in path.intermediate_certificates() {
            authorities.push(self.check_scope(&authority.der(), &id)?);
        }
        if !self.scope.fits(&id) {
            return Err(Cause::Role(id));
        }
        self.check_lists(leaf, &id, &authorities, instant(now))?;
        Ok(id)
    }

    /// Our own demands on a leaf, which path validation does not make.
    fn profile(&self, end: End, leaf: &Leaf) -> Result<SpiffeId, Cause> {
        // Path validation lets a leaf without any extended key usage pass; ours may not.
        match end {
            End::Client if !leaf.client_auth => return Err(Cause::Usage("client")),
            End::Server if !leaf.server_auth => return Err(Cause::Usage("server")),
            End::Client | End::Server => {}
        }
        if !leaf.signs {
            return Err(Cause::Usage("signature"));
        }
        let id = leaf.spiffe_id()?;
        if id.trust_domain() != &self.trust_domain {
            return Err(Cause::TrustDomain { theirs: id.trust_domain().clone(), ours: self.trust_domain.clone() });
        }
        let own = id.dns_name();
        if let Some(name) = leaf.dns_names.iter().find(|name| **name != own) {
            return Err(Cause::Names(excerpt(name)));
        }
        if leaf.other_names > 0 {
            return Err(Cause::Names(format!("{} of other kinds", leaf.other_names)));
        }
        let life_ms = leaf.not_after.ms().saturating_sub(leaf.not_before.ms());
        // The authority dates certificates back a few minutes for clocks that differ; an hour allows for other agents' habits.
        if life_ms > IDENTITY_LIFE_MS_MAX + 3_600_000 {
            return Err(Cause::Lifetime { days: life_ms / 86_400_000 });
        }
        Ok(id)
    }

    /// Whether a list of somebody truly above speaks against the leaf or an authority of its path.
    fn check_lists(&self, leaf: &Leaf, id: &SpiffeId, authorities: &[(RegionId, Leaf)], now: Instant) -> Result<(), Cause> {
        let lists = self.revocations.current();
        let mut spoken = false;
        for list in lists.values() {
            // Nobody lies above the top: its own list shows that lists arrive. Below it an own list shows nothing.
            spoken |= list.issuer == *id.region() && self.scope.is_top(id.region());
            let own = std::iter::once((id.region(), leaf));
            let certificates = own.chain(authorities.iter().map(|(region, authority)| (region, authority)));
            for (region, certificate) in certificates.filter(|(region, _)| self.scope.above(&list.issuer, region)) {
                if let Some(revoked) = list.revoked(&certificate.authority_key, &certificate.serial) {
                    let reason = excerpt(&revoked.reason);
                    return Err(Cause::Revoked { issuer: list.issuer.clone(), at: revoked.at, reason });
                }
                if let Some(denied) = list.denied(region) {
                    let (region, reason) = (region.clone(), excerpt(&denied.reason));
                    return Err(Cause::Denied { issuer: list.issuer.clone(), region, at: denied.at, reason });
                }
            }
            if self.scope.above(&list.issuer, id.region()) {
                spoken = true;
                if list.stale_ms(now) > self.insistence.grace_ms {
                    return Err(Cause::ListStale { issuer: list.issuer.clone(), due: list.next_update });
                }
            }
        }
        if self.insistence.required && !spoken {
            return Err(Cause::ListMissing(id.region().clone()));
        }
        Ok(())
    }

    /// Only authorities the path really uses are asked about; a stranger's certificate sent along proves nothing either way.
    fn check_scope(&self, authority: &CertificateDer<'_>, id: &SpiffeId) -> Result<(RegionId, Leaf), Cause> {
        let about = Leaf::read(authority)?;
        let prefix = format!("{}/region/", self.trust_domain.uri());
        let region: Option<RegionId> = match about.uri_names.as_slice() {
            [uri] => uri.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_suffix("/authority")?.parse().ok()),
            _ => None,
        };
        match region {
            Some(region) if self.scope.may_issue(&region, id) => Ok((region, about)),
            Some(region) => Err(Cause::Scope { authority: region.to_string(), region: id.region().to_string() }),
            None => Err(Cause::Scope { authority: about.subject, region: id.region().to_string() }),
        }
    }
}

fn instant(at: UnixTime) -> Instant {
    Instant::from_ms(i64::try_from(at.as_secs()).unwrap_or(i64::MAX).saturating_mul(1_000))
}

pub(super) fn path_cause(error: &webpki::Error, end: End, now: UnixTime) -> Cause {
    use webpki::Error as E;
    let now = instant(now);
    match error {
        // A second authority of the same name fails by its signature; to an operator that is the same mistake.
        E::UnknownIssuer | E::InvalidSignatureForPublicKey => Cause::UnknownIssuer,
        E::CertExpired { not_after, .. } => Cause::Expired { not_after: instant(*not_after), now },
        E::CertNotValidYet { not_before, .. } => Cause::NotYetValid { not_before: instant(*not_before), now },
        E::RequiredEkuNotFoundContext(_) => Cause::Usage(match end {
            End::Client => "client",
            End::Server => "server",
        }),
        other => Cause::Path(other.to_string()),
    }
}

/// TLS 1.2 is not among the versions configured; should it ever be, signatures under it still do not count.
pub(super) fn never_asked() -> rustls::Error {
    rustls::Error::General("signatures of TLS 1.2 are not accepted".to_owned())
}

/// The server's question: is this client a program of our federation?
#[derive(Debug)]
pub(super) struct ClientIdentity(pub(super) Arc<Judge>);

impl ClientCertVerifier for ClientIdentity {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Strangers need not learn the names of our authorities.
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.0.judge(End::Client, leaf, between, now) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(refused) => Err(refused.into_tls()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(never_asked())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.algorithms.supported_schemes()
    }
}

/// The client's question: is this server the one region we dialled?
#[derive(Debug)]
pub(super) struct ServerIdentity {
    pub(super) judge: Arc<Judge>,
    pub(super) expected: SpiffeId,
}

impl ServerCertVerifier for ServerIdentity {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let presented = self.judge.judge(End::Server, leaf, between, now).map_err(CertificateRefused::into_tls)?;
        if presented == self.expected {
            return Ok(ServerCertVerified::assertion());
        }
        let cause = Cause::OtherIdentity { expected: self.expected.clone(), presented };
        Err(CertificateRefused { cause, leaf: Leaf::read(leaf).ok().map(Box::new) }.into_tls())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(never_asked())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.judge.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.algorithms.supported_schemes()
    }
}

/// The question of somebody who believes no authority here: whoever answers, or exactly the holder of one certificate. What anybody
/// says proves nothing.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) only: Option<CertificateDer<'static>>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.only.as_ref().is_none_or(|only| only == shown) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateRefused { cause: Cause::UnknownIssuer, leaf: None }.into_tls())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(never_asked())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
