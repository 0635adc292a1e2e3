//! Makes certificates of every wrong kind: each is a good one with one thing changed.

use std::sync::Arc;

use changxiao_domain::clock::DAY_MS;
use changxiao_tier::identity::ca::Authority;
use changxiao_tier::identity::files::{Credentials, Paths};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, SerialNumber, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;

use crate::world::{BOTH_USES, NOW, World};

pub const CITY: &str = "spiffe://test.example/region/bs/aggregator";

/// What a client shows in a handshake, fit or unfit.
pub struct Shown(pub Arc<CertifiedKey>);

/// A key pair with the certificate that issues.
pub struct Maker {
    pub key: KeyPair,
    pub der: CertificateDer<'static>,
    /// Sent along between leaf and root; empty for the root.
    pub sent: Vec<CertificateDer<'static>>,
}

impl Maker {
    /// The trusted root.
    pub fn root(world: &World) -> Self {
        Self::at(world, "ca", false)
    }

    /// The authority of the city, made by the product's own code.
    pub fn city(world: &World) -> Self {
        if !world.path("bs-ca").exists() {
            let made = world.root().issue_authority(&"bs".parse().unwrap(), NOW, 730).unwrap();
            made.write(&world.path("bs-ca")).unwrap();
            Authority::open(&world.path("bs-ca"), NOW).unwrap();
        }
        Self::at(world, "bs-ca", true)
    }

    fn at(world: &World, name: &str, sent: bool) -> Self {
        let files = Credentials::load(&Paths::in_dir(&world.path(name)), NOW).unwrap();
        let der = files.chain[0].clone();
        Self {
            key: KeyPair::try_from(&files.key.to_der()).unwrap(),
            sent: if sent { vec![der.clone()] } else { Vec::new() },
            der,
        }
    }

    /// An authority of any kind below this one.
    pub fn authority(&self, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "bs authority");
        params.serial_number = Some(SerialNumber::from_slice(&[0x0c, 0xa0]));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = true;
        params.subject_alt_names = vec![uri("spiffe://test.example/region/bs/authority")];
        days(&mut params, -1, 700);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let der = params.signed_by(&key, &self.issuer()).unwrap().der().clone();
        let sent = [vec![der.clone()], self.sent.clone()].concat();
        Self { key, der, sent }
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_ca_cert_der(&self.der, &self.key).unwrap()
    }

    /// A good leaf of the city with one thing changed.
    pub fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let key = KeyPair::generate().unwrap();
        let der = good(change).signed_by(&key, &self.issuer()).unwrap().der().clone();
        self.show(der, &key)
    }

    /// A good leaf whose bytes are changed after signing.
    pub fn tampered(&self, change: impl FnOnce(&mut Vec<u8>)) -> Shown {
        let key = KeyPair::generate().unwrap();
        let mut der = good(|_| {}).signed_by(&key, &self.issuer()).unwrap().der().to_vec();
        change(&mut der);
        self.show(der.into(), &key)
    }

    /// A good leaf around a public key that nobody should use.
    pub fn around(&self, public: &impl PublicKeyData) -> Shown {
        let der = good(|_| {}).signed_by(public, &self.issuer()).unwrap().der().clone();
        self.show(der, &KeyPair::generate().unwrap())
    }

    /// Shows a certificate and signs with a key, whether they belong together or not.
    pub fn show(&self, der: CertificateDer<'static>, key: &KeyPair) -> Shown {
        let chain = [vec![der], self.sent.clone()].concat();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Shown(Arc::new(CertifiedKey::new(chain, rustls::crypto::ring::sign::any_supported_type(&key).unwrap())))
    }
}

/// A leaf that would be let in, before the change.
pub fn good(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "forged");
    params.serial_number = Some(SerialNumber::from_slice(&[0x5e, 0xed]));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = BOTH_USES.to_vec();
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = vec![uri(CITY), dns("bs.test.example")];
    days(&mut params, -1, 6);
    change(&mut params);
    params
}

pub fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

pub fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

/// Valid from so many days after [`NOW`] until so many.
pub fn days(params: &mut CertificateParams, from: i64, until: i64) {
    let stamp = |days: i64| OffsetDateTime::from_unix_timestamp(NOW.plus_ms(days * DAY_MS).ms() / 1_000).unwrap();
    (params.not_before, params.not_after) = (stamp(from), stamp(until));
}

pub fn uses(params: &mut CertificateParams, usages: &[ExtendedKeyUsagePurpose]) {
    params.extended_key_usages = usages.to_vec();
}

/// The public half of an RSA key of 1,024 bits, which no library here would make.
pub struct SmallRsa(Vec<u8>);

impl SmallRsa {
    pub fn new() -> Self {
        // SEQUENCE { INTEGER of 128 bytes with its top bit set, INTEGER 65537 }
        let mut der = vec![0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00, 0xc3];
        der.extend([0x5b; 127]);
        der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
        Self(der)
    }
}

impl PublicKeyData for SmallRsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}
