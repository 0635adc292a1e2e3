//! The small built-in certificate authority: a root per trust domain, an optional one per city, leaves for programs.
//!
//! It does not confine a city's authority to its own counties by name constraints: path validation either ignores or rejects
//! constraints on URI names, so that check belongs to whoever knows the register. It keeps no list of what it issued.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use changxiao_domain::actor::AccountId;
use changxiao_domain::clock::{DAY_MS, Instant};
use changxiao_domain::region::RegionId;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;

use super::account::{AccountName, clients_of, clients_uri};
use super::files::{self, FilesError, Paths};
use super::key::{KeyMaterial, KeyText};
use super::leaf::Leaf;
use super::proof;
use super::spiffe::{Role, SpiffeError, SpiffeId, TrustDomain, check_region};

pub use write::WriteError;

mod write;

/// A leaf lives seven days unless told otherwise.
pub const LEAF_DAYS: u16 = 7;
/// No identity is believed that lives longer.
pub const LEAF_DAYS_MAX: u16 = 92;
/// A city's authority lives two years unless told otherwise.
pub const CITY_DAYS: u16 = 730;
/// A root lives ten years unless told otherwise.
pub const ROOT_DAYS: u16 = 3_650;
/// Validity begins this much before issue, because the clocks of two counties are never quite equal.
const SKEW_MS: i64 = 5 * 60_000;

/// Why nothing was issued.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The authority's own files are missing, unreadable, expired…
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A result could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A region or trust domain is misspelt.
    #[error(transparent)]
    Name(#[from] SpiffeError),
    /// A service name that is neither a DNS name nor an IP address.
    #[error("`{0}` is neither a DNS name nor an IP address; give the names people and programs will connect to")]
    ServiceName(String),
    /// No name at all.
    #[error("a service certificate needs at least one name; pass --name localhost, for example")]
    NoServiceName,
    /// A lifetime of nothing.
    #[error("a lifetime of 0 days issues nothing usable; pass at least 1")]
    Lifetime,
    /// A lifetime nobody would believe.
    #[error("identities live {LEAF_DAYS_MAX} days at most, whoever is shown a longer one refuses it; renewal is automatic")]
    LifetimeTooLong,
    /// The directory holds an identity, not an authority.
    #[error("{path} holds the certificate of {subject}, which may not issue others; pass the directory that `identity init` made", path = path.display())]
    NotAuthority {
        /// The certificate's file.
        path: PathBuf,
        /// Whose it is.
        subject: String,
    },
    /// The authority does not say for which trust domain it stands.
    #[error("{path} names no trust domain in its URI name; make the authority with `identity init`", path = path.display())]
    NoTrustDomain {
        /// The certificate's file.
        path: PathBuf,
    },
    /// Not an authority of clients.
    #[error("{path} is not a region's authority of clients; pass the directory that `identity init-clients` made", path = path.display())]
    NotClients {
        /// The certificate's file.
        path: PathBuf,
    },
    /// A city's authority was asked to make another authority.
    #[error("the authority in {path} is a city's and may issue leaves only; make city authorities with the root", path = path.display())]
    TooDeep {
        /// The certificate's file.
        path: PathBuf,
    },
    /// The cryptographic library refused.
    #[error("the certificate could not be made: {0}; check the authority's key file and the clock")]
    Sign(String),
}

impl CaError {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Files(cause) => cause.reason(),
            Self::Write(cause) => cause.reason(),
            Self::Name(cause) => cause.reason(),
            Self::ServiceName(_) | Self::NoServiceName => "CA_SERVICE_NAME_INVALID",
            Self::Lifetime | Self::LifetimeTooLong => "CA_LIFETIME_INVALID",
            Self::NotAuthority { .. } => "CA_NOT_AUTHORITY",
            Self::NoTrustDomain { .. } => "CA_NO_TRUST_DOMAIN",
            Self::NotClients { .. } => "CA_NOT_CLIENTS",
            Self::TooDeep { .. } => "CA_TOO_DEEP",
            Self::Sign(_) => "CA_SIGN_FAILED",
        }
    }
}

/// A fresh key with its certificate, not yet on disk.
#[derive(Debug, Clone)]
pub struct Issued {
    key: KeyText,
    chain_pem: String,
    bundle_pem: String,
    /// What the new certificate says.
    pub leaf: Leaf,
}

impl Issued {
    /// Writes `key.pem` (mode 0600), `cert.pem` and `bundle.pem`; makes the directory if need be.
    ///
    /// # Errors
    /// [`WriteError`]; a key that is already there is never replaced, and then nothing else is either.
    pub fn write(&self, dir: &Path) -> Result<Paths, WriteError> {
        write::write(dir, self.key.as_bytes(), self.chain_pem.as_bytes(), self.bundle_pem.as_bytes())
    }
}

/// An authority that can issue: the root of a trust domain or a city's.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    own: Leaf,
    is_root: bool,
    trust_domain: TrustDomain,
    path: PathBuf,
    chain_pem: String,
    bundle_pem: String,
    key: KeyMaterial,
    chain: Vec<CertificateDer<'static>>,
    bundle: Vec<CertificateDer<'static>>,
}

impl Authority {
    /// Makes the root of a trust domain. Nothing is written yet.
    ///
    /// # Errors
    /// [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn init(trust_domain: &TrustDomain, now: Instant, days: u16) -> Result<Issued, CaError> {
        // One authority of a city may lie below it.
        Self::begin(&trust_domain.uri(), 1, &format!("{trust_domain} root"), now, days)
    }

    /// Makes the authority of a region's clients, which has nothing above it. Nothing is written yet.
    ///
    /// # Errors
    /// [`CaError::Name`], [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn init_clients(trust_domain: &TrustDomain, region: &RegionId, now: Instant, days: u16) -> Result<Issued, CaError> {
        check_region(region)?;
        Self::begin(&clients_uri(trust_domain, region), 0, &format!("{region} clients"), now, days)
    }

    fn begin(uri: &str, authorities_below: u8, name: &str, now: Instant, days: u16) -> Result<Issued, CaError> {
        let key = new_key()?;
        let serial = new_serial()?;
        let mut params = authority_params(uri, authorities_below)?;
        // The serial in the name keeps two of one name apart while one replaces the other.
        params.distinguished_name = common_name(&format!("{name} {}", hex8(&serial)));
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        if days == 0 {
            return Err(CaError::Lifetime);
        }
        (params.not_before, params.not_after) = validity(now, now.plus_ms(i64::from(days) * DAY_MS), None)?;
        let certificate = params.self_signed(&key).map_err(sign)?;
        let pem = certificate.pem();
        Ok(Issued {
            key: KeyText::new(key.serialize_pem()),
            leaf: read_back(certificate.der())?,
            chain_pem: pem.clone(),
            bundle_pem: pem,
        })
    }

    /// Opens the authority that lies in a directory and checks that it may issue now.
    ///
    /// # Errors
    /// [`CaError::Files`], [`CaError::NotAuthority`], [`CaError::NoTrustDomain`], [`CaError::Sign`].
    pub fn open(dir: &Path, now: Instant) -> Result<Self, CaError> {
        let paths = Paths::in_dir(dir);
        let credentials = files::Credentials::load(&paths, now)?;
        let path = paths.chain.clone();
        let own = credentials.leaf;
        if !own.is_authority {
            return Err(CaError::NotAuthority { path, subject: own.subject });
        }
        let Some(trust_domain) = own.uri_names.iter().find_map(|uri| trust_domain_of(uri)) else {
            return Err(CaError::NoTrustDomain { path });
        };
        let key = KeyPair::try_from(&credentials.key.to_der()).map_err(sign)?;
        let Some(certificate) = credentials.chain.first() else {
            return Err(CaError::NoTrustDomain { path });
        };
        // A root is in its own bundle and need not be sent along with what it issues.
        let is_root = credentials.bundle.authorities().contains(certificate);
        let chain_pem = if is_root { String::new() } else { read_text(&paths.chain)? };
        let bundle_pem = read_text(&paths.bundle)?;
        let issuer = Issuer::from_ca_cert_der(certificate, key).map_err(sign)?;
        let bundle = credentials.bundle.authorities().to_vec();
        let (key, chain) = (credentials.key, credentials.chain);
        Ok(Self { issuer, own, is_root, trust_domain, path, chain_pem, bundle_pem, key, chain, bundle })
    }

    /// What its own certificate says.
    pub fn own(&self) -> &Leaf {
        &self.own
    }

    /// Its own certificate.
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.chain.first()
    }

    /// The authorities that it trusts itself.
    pub fn bundle(&self) -> &[CertificateDer<'static>] {
        &self.bundle
    }

    /// Signs words with its key, never a certificate.
    ///
    /// # Errors
    /// [`CaError::Sign`].
    pub fn sign_words(&self, words: &[u8]) -> Result<Vec<u8>, CaError> {
        proof::sign(&self.key, words).map_err(CaError::Sign)
    }

    /// Issues the federation identity of a region's program around a key that stays with it. The certificate comes first, then those
    /// between it and the root.
    ///
    /// # Errors
    /// [`CaError::Name`], [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn issue_around(
        &self,
        key: &impl PublicKeyData,
        id: &SpiffeId,
        now: Instant,
        life_ms: i64,
    ) -> Result<(Vec<CertificateDer<'static>>, Leaf), CaError> {
        if life_ms > i64::from(LEAF_DAYS_MAX) * DAY_MS {
            return Err(CaError::LifetimeTooLong);
        }
        if life_ms <= 0 {
            return Err(CaError::Lifetime);
        }
        let params = self.identity_params(id.region(), id.role())?;
        let (certificate, leaf) = self.signed(params, key, now, now.plus_ms(life_ms))?;
        let between = if self.is_root { &[][..] } else { &self.chain };
        Ok((std::iter::once(certificate).chain(between.iter().cloned()).collect(), leaf))
    }

    /// The trust domain it stands for.
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// Issues an authority for a city, which can issue leaves but no further authority. It names its region in its URI SAN,
    /// `spiffe://<trust domain>/region/<region>/authority`.
    ///
    /// # Errors
    /// [`CaError::TooDeep`], [`CaError::Name`], [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn issue_authority(&self, region: &RegionId, now: Instant, days: u16) -> Result<Issued, CaError> {
        let key = new_key()?;
        let (certificate, leaf) = self.issue_authority_around(&key, region, now, days)?;
        Ok(self.issued(&key, certificate, leaf))
    }

    /// The same around a key that stays where it was made.
    ///
    /// # Errors
    /// [`CaError::TooDeep`], [`CaError::Name`], [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn issue_authority_around(
        &self,
        key: &impl PublicKeyData,
        region: &RegionId,
        now: Instant,
        days: u16,
    ) -> Result<(CertificateDer<'static>, Leaf), CaError> {
        if !self.is_root {
            return Err(CaError::TooDeep { path: self.path.clone() });
        }
        check_region(region)?;
        if days == 0 {
            return Err(CaError::Lifetime);
        }
        let mut params = authority_params(&format!("{}/region/{region}/authority", self.trust_domain.uri()), 0)?;
        let serial = new_serial()?;
        // The serial in the name keeps two authorities of one city apart while one replaces the other.
        params.distinguished_name = common_name(&format!("{region} authority {}", hex8(&serial)));
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        self.signed(params, key, now, now.plus_ms(i64::from(days) * DAY_MS))
    }

    /// Issues the federation identity of a region's program: one URI name, one DNS name, usable on both ends of a connection.
    ///
    /// # Errors
    /// [`CaError::Name`], [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn issue(&self, region: &RegionId, role: Role, now: Instant, days: u16) -> Result<Issued, CaError> {
        if days > LEAF_DAYS_MAX {
            return Err(CaError::LifetimeTooLong);
        }
        self.sign(self.identity_params(region, role)?, now, days)
    }

    /// Issues a certificate for the service listener: server use only, named as people and programs connect to it, no identity.
    ///
    /// # Errors
    /// [`CaError::NoServiceName`], [`CaError::ServiceName`], [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn issue_service(&self, names: &[String], now: Instant, days: u16) -> Result<Issued, CaError> {
        let first = names.first().ok_or(CaError::NoServiceName)?;
        let mut params = leaf_params(&[ExtendedKeyUsagePurpose::ServerAuth]);
        params.distinguished_name = common_name(first);
        params.subject_alt_names = names.iter().map(|name| service_name(name)).collect::<Result<_, _>>()?;
        self.sign(params, now, days)
    }

    /// Issues the certificate of a client: it names one account of the region whose authority this is, and opens its service listener.
    ///
    /// # Errors
    /// [`CaError::NotClients`], [`CaError::Lifetime`], [`CaError::Sign`].
    pub fn issue_client(&self, account: &AccountId, now: Instant, days: u16) -> Result<Issued, CaError> {
        if days > LEAF_DAYS_MAX {
            return Err(CaError::LifetimeTooLong);
        }
        let region = self.own.uri_names.iter().find_map(|uri| clients_of(uri, &self.trust_domain));
        let region = region.ok_or_else(|| CaError::NotClients { path: self.path.clone() })?;
        let name = AccountName::new(self.trust_domain.clone(), region, account.clone())?;
        let mut params = leaf_params(&[ExtendedKeyUsagePurpose::ClientAuth]);
        params.distinguished_name = common_name(account.as_str());
        params.subject_alt_names = vec![SanType::URI(ia5(&name.to_string())?)];
        self.sign(params, now, days)
    }

    fn identity_params(&self, region: &RegionId, role: Role) -> Result<CertificateParams, CaError> {
        let id = SpiffeId::new(self.trust_domain.clone(), region.clone(), role)?;
        let mut params = leaf_params(&[ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]);
        params.distinguished_name = common_name(&format!("{region} {role}"));
        params.subject_alt_names = vec![SanType::URI(ia5(&id.to_string())?), SanType::DnsName(ia5(&id.dns_name())?)];
        Ok(params)
    }

    fn sign(&self, params: CertificateParams, now: Instant, days: u16) -> Result<Issued, CaError> {
        if days == 0 {
            return Err(CaError::Lifetime);
        }
        let key = new_key()?;
        let until = now.plus_ms(i64::from(days) * DAY_MS);
        self.signed(params, &key, now, until).map(|(certificate, leaf)| self.issued(&key, certificate, leaf))
    }

    fn signed(
        &self,
        mut params: CertificateParams,
        key: &impl PublicKeyData,
        now: Instant,
        until: Instant,
    ) -> Result<(CertificateDer<'static>, Leaf), CaError> {
        if params.serial_number.is_none() {
            params.serial_number = Some(SerialNumber::from_slice(&new_serial()?));
        }
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = validity(now, until, Some(&self.own))?;
        let certificate = params.signed_by(key, &self.issuer).map_err(sign)?;
        let leaf = read_back(certificate.der())?;
        Ok((certificate.into(), leaf))
    }

    fn issued(&self, key: &KeyPair, certificate: CertificateDer<'static>, leaf: Leaf) -> Issued {
        Issued {
            key: KeyText::new(key.serialize_pem()),
            leaf,
            chain_pem: format!("{}{}", pem(&certificate), self.chain_pem),
            bundle_pem: self.bundle_pem.clone(),
        }
    }
}

/// A certificate as text.
#[must_use]
pub fn pem(der: &CertificateDer<'_>) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in body.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

fn authority_params(uri: &str, authorities_below: u8) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(authorities_below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.subject_alt_names = vec![SanType::URI(ia5(uri)?)];
    Ok(params)
}

fn leaf_params(usages: &[ExtendedKeyUsagePurpose]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = usages.to_vec();
    params
}

/// From a little before now until then, but never outside the issuer's own validity.
fn validity(now: Instant, mut until: Instant, issuer: Option<&Leaf>) -> Result<(OffsetDateTime, OffsetDateTime), CaError> {
    // A tenth of its life at most, or a certificate of minutes would be past its half as it is issued.
    let mut from = now.plus_ms(-SKEW_MS.min(until.ms_since(now) / 10));
    if let Some(issuer) = issuer {
        from = from.max(issuer.not_before);
        until = until.min(issuer.not_after);
    }
    let stamp =
        |at: Instant| OffsetDateTime::from_unix_timestamp(at.ms().div_euclid(1_000)).map_err(|e| CaError::Sign(e.to_string()));
    Ok((stamp(from)?, stamp(until)?))
}

fn service_name(name: &str) -> Result<SanType, CaError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let wrong = || CaError::ServiceName(name.to_owned());
    rustls::pki_types::DnsName::try_from(name).map_err(|_| wrong())?;
    Ok(SanType::DnsName(name.try_into().map_err(|_| wrong())?))
}

/// The trust domain of the root's or a city authority's URI name.
fn trust_domain_of(uri: &str) -> Option<TrustDomain> {
    uri.strip_prefix("spiffe://")?.split('/').next()?.parse().ok()
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn ia5(text: &str) -> Result<rcgen::string::Ia5String, CaError> {
    text.try_into().map_err(sign)
}

fn new_key() -> Result<KeyPair, CaError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(sign)
}

/// 127 random bits: positive, as RFC 5280 demands, and never zero.
fn new_serial() -> Result<[u8; 16], CaError> {
    let mut serial = [0_u8; 16];
    SystemRandom::new().fill(&mut serial).map_err(|_| CaError::Sign("the system gives no randomness".to_owned()))?;
    serial[0] = (serial[0] & 0x7f) | 0x40;
    Ok(serial)
}

fn hex8(serial: &[u8; 16]) -> String {
    serial[..4].iter().map(|b| format!("{b:02x}")).collect()
}

fn read_back(der: &CertificateDer<'_>) -> Result<Leaf, CaError> {
    Leaf::read(der).map_err(|e| CaError::Sign(e.to_string()))
}

fn read_text(path: &Path) -> Result<String, CaError> {
    std::fs::read_to_string(path).map_err(|cause| CaError::Files(FilesError::Unreadable { path: path.to_owned(), cause }))
}

fn sign(cause: rcgen::Error) -> CaError {
    CaError::Sign(cause.to_string())
}
