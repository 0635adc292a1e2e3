//! Client certificates on the service listener: optional, of the region's own authority, each naming one account of that region.
//!
//! They have nothing to do with the federation: other authorities, other names, no register. Whether the account is open is asked at
//! every call, so closing it ends a certificate at once; nothing else revokes one before its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use changxiao_domain::region::RegionId;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage};

use super::tls::{TlsError, provider};
use super::verify::{Cause, CertificateRefused, End, IDENTITY_LIFE_MS_MAX, never_asked, path_cause};
use crate::identity::account::{AccountName, clients_of};
use crate::identity::files::TrustBundle;
use crate::identity::leaf::Leaf;
use crate::identity::spiffe::TrustDomain;

/// The authorities whose client certificates are believed, each for its own region.
#[derive(Debug)]
pub struct AccountJudge {
    roots: BTreeMap<RegionId, RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
    trust_domain: TrustDomain,
}

impl AccountJudge {
    /// Believes these authorities, for the regions that they name and that are hosted here.
    ///
    /// # Errors
    /// [`TlsError::ClientAuthority`]: one of them is no region's authority of clients, or of a region that is not hosted here.
    pub fn new(bundle: &TrustBundle, trust_domain: &TrustDomain, hosted: &[RegionId]) -> Result<Self, TlsError> {
        let mut roots: BTreeMap<RegionId, RootCertStore> = BTreeMap::new();
        for authority in bundle.authorities() {
            let leaf = Leaf::read(authority).map_err(|cause| TlsError::ClientAuthority(cause.to_string()))?;
            let region = match leaf.uri_names.as_slice() {
                [uri] => clients_of(uri, trust_domain),
                _ => None,
            };
            let wrong = |why: &str| TlsError::ClientAuthority(format!("{} {why}", leaf.subject));
            let region = region.ok_or_else(|| wrong("is no authority of clients of this trust domain"))?;
            if !hosted.contains(&region) {
                return Err(wrong("issues for a region that is not hosted here"));
            }
            roots.entry(region).or_insert_with(RootCertStore::empty).add(authority.clone())?;
        }
        Ok(Self { roots, algorithms: provider().signature_verification_algorithms, trust_domain: trust_domain.clone() })
    }

    /// Judges again what was shown when a connection began.
    pub(super) fn again(&self, shown: &[CertificateDer<'_>], now: UnixTime) -> Result<(), CertificateRefused> {
        match shown.split_first() {
            Some((leaf, between)) => self.judge(leaf, between, now).map(|_| ()),
            None => Ok(()),
        }
    }

    fn judge(
        &self,
        der: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<AccountName, CertificateRefused> {
        let leaf = Leaf::read(der).map_err(|cause| CertificateRefused { cause: cause.into(), leaf: None })?;
        self.judge_leaf(&leaf, der, between, now).map_err(|cause| CertificateRefused { cause, leaf: Some(Box::new(leaf)) })
    }

    fn judge_leaf(
        &self,
        leaf: &Leaf,
        der: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<AccountName, Cause> {
        if let Some(weakness) = &leaf.weak_key {
            return Err(Cause::WeakKey(weakness.clone()));
        }
        let name = leaf.account_name()?;
        if name.trust_domain() != &self.trust_domain {
            return Err(Cause::TrustDomain { theirs: name.trust_domain().clone(), ours: self.trust_domain.clone() });
        }
        // Only the authority of the region named may have issued it; every other one is a stranger.
        let roots = self.roots.get(name.region()).ok_or(Cause::UnknownIssuer)?;
        let certificate = EndEntityCert::try_from(der).map_err(|e| path_cause(&e, End::Client, now))?;
        let usage = KeyUsage::client_auth();
        certificate
            .verify_for_usage(self.algorithms.all, &roots.roots, between, now, usage, None, None)
            .map_err(|e| path_cause(&e, End::Client, now))?;
        if !leaf.client_auth {
            return Err(Cause::Usage("client"));
        }
        if !leaf.signs {
            return Err(Cause::Usage("signature"));
        }
        if leaf.other_names > 0 || !leaf.dns_names.is_empty() {
            return Err(Cause::Names(format!("{} besides the account", leaf.other_names + leaf.dns_names.len())));
        }
        let life_ms = leaf.not_after.ms().saturating_sub(leaf.not_before.ms());
        if life_ms > IDENTITY_LIFE_MS_MAX + 3_600_000 {
            return Err(Cause::Lifetime { days: life_ms / 86_400_000 });
        }
        Ok(name)
    }
}

/// The server's question: is this client an account of a region here? It may as well show nothing, and come with a token or a session.
#[derive(Debug)]
pub(super) struct ClientAccount(pub(super) Arc<AccountJudge>);

impl ClientCertVerifier for ClientAccount {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.0.judge(leaf, between, now) {
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
