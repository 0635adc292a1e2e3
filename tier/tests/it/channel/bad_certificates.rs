//! K2: every kind of bad certificate is refused with its reason in the server's log.
//!
//! `cargo test -p changxiao-tier --test it bad_certificates -- --nocapture` prints kind · refused · reason.

use std::sync::Arc;

use changxiao_domain::clock::{DAY_MS, Instant};
use changxiao_domain::revocation::{Denied, RevocationList, Revoked};
use changxiao_tier::channel::{Admit, Limits, ServerTls, Trust};
use changxiao_tier::identity::Leaf;
use changxiao_tier::identity::revocation::{Insistence, Revocations};
use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose as Eku, IsCa, KeyPair, KeyUsagePurpose, SanType};

use super::factory::{CITY, Maker, Shown, SmallRsa, days, dns, good, uri, uses};
use super::raw::RawClient;
use crate::world::{ByPrefix, NOW, Server, World, aggregator, node};

/// The circumstances under which a certificate is shown.
#[derive(Clone, Copy)]
enum At {
    /// Register, no lists.
    Register,
    /// The province's list of this moment revokes serial 5eed of the root and the city's authority of serial 0ca0.
    Listed,
    /// The list denies the city.
    Denied,
    /// The list is stale beyond the grace.
    Stale,
    /// Lists are required, and there is none.
    Required,
    /// Only the province has any business here.
    Admission,
}

fn list(world: &World, at: At) -> RevocationList {
    let root = Leaf::read(&Maker::root(world).der).unwrap().own_key;
    let revoked =
        |serial: &str| Revoked { authority_key: root.clone(), serial: serial.into(), at: NOW, reason: "key lost".into() };
    let due = if matches!(at, At::Stale) { NOW.plus_ms(-31 * DAY_MS) } else { NOW.plus_ms(7 * DAY_MS) };
    RevocationList {
        issuer: "yn".parse().unwrap(),
        version: 1,
        issued_at: NOW.plus_ms(-40 * DAY_MS),
        next_update: due,
        revoked: if matches!(at, At::Listed) { vec![revoked("0ca0"), revoked("5eed")] } else { Vec::new() },
        denied: if matches!(at, At::Denied) {
            vec![Denied { region: "bs".parse().unwrap(), at: NOW, reason: "seized".into() }]
        } else {
            Vec::new()
        },
        retiring: Vec::new(),
    }
}

fn trust(world: &World, at: At) -> Trust {
    let lists = Revocations::default();
    if matches!(at, At::Listed | At::Denied | At::Stale) {
        assert!(lists.adopt(list(world, at)));
    }
    let insistence = Insistence { required: matches!(at, At::Required), ..Insistence::default() };
    world.trust().with_scope(Arc::new(ByPrefix)).with_revocations(lists, insistence)
}

type Make = fn(&World) -> Shown;

/// kind, circumstances, how it is made, stable reason (none: it is let in).
const KINDS: &[(&str, At, Make, Option<&str>)] = &[
    // Controls: the factory makes good ones.
    ("good, from the root", At::Register, |w| Maker::root(w).leaf(|_| {}), None),
    ("good, from the city's authority", At::Register, |w| Maker::city(w).leaf(|_| {}), None),
    ("good, another serial is revoked", At::Listed, |w| Maker::root(w).leaf(|p| p.serial_number = Some(vec![0x11].into())), None),
    // Time.
    ("expired", At::Register, |w| Maker::root(w).leaf(|p| days(p, -8, -1)), Some("CERTIFICATE_EXPIRED")),
    ("not yet valid", At::Register, |w| Maker::root(w).leaf(|p| days(p, 1, 7)), Some("CERTIFICATE_NOT_YET_VALID")),
    ("valid for ten years", At::Register, |w| Maker::root(w).leaf(|p| days(p, -1, 3_650)), Some("CERTIFICATE_LIFETIME")),
    (
        "a library's default, 1975 to 4096",
        At::Register,
        |w| {
            Maker::root(w).leaf(|p| {
                let default = rcgen::CertificateParams::default();
                (p.not_before, p.not_after) = (default.not_before, default.not_after);
            })
        },
        Some("CERTIFICATE_LIFETIME"),
    ),
    // Issuer and path.
    ("of another authority", At::Register, |_| Maker::root(&World::new()).leaf(|_| {}), Some("CERTIFICATE_UNKNOWN_ISSUER")),
    (
        "self-signed",
        At::Register,
        |w| {
            let key = KeyPair::generate().unwrap();
            let der = good(|_| {}).self_signed(&key).unwrap().der().clone();
            Maker { sent: Vec::new(), ..Maker::root(w) }.show(der, &key)
        },
        Some("CERTIFICATE_UNKNOWN_ISSUER"),
    ),
    (
        "the authority between is not sent along",
        At::Register,
        |w| Maker { sent: Vec::new(), ..Maker::city(w) }.leaf(|_| {}),
        Some("CERTIFICATE_UNKNOWN_ISSUER"),
    ),
    (
        "issued by a leaf",
        At::Register,
        |w| Maker::root(w).authority(|p| p.is_ca = IsCa::ExplicitNoCa).leaf(|_| {}),
        Some("CERTIFICATE_PATH"),
    ),
    (
        "an authority below the city's",
        At::Register,
        |w| {
            let below =
                Maker::city(w).authority(|p| p.distinguished_name.push(rcgen::DnType::OrganizationName, "below the city"));
            below.leaf(|_| {})
        },
        Some("CERTIFICATE_PATH"),
    ),
    (
        "the authority between expired",
        At::Register,
        |w| Maker::root(w).authority(|p| days(p, -9, -2)).leaf(|_| {}),
        Some("CERTIFICATE_EXPIRED"),
    ),
    (
        "the authority between is not valid yet",
        At::Register,
        |w| Maker::root(w).authority(|p| days(p, 2, 9)).leaf(|_| {}),
        Some("CERTIFICATE_NOT_YET_VALID"),
    ),
    (
        "an authority shown as a leaf",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        Some("CERTIFICATE_PATH"),
    ),
    (
        "an unknown critical extension",
        At::Register,
        |w| {
            Maker::root(w).leaf(|p| {
                let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55_555, 1], vec![5, 0]);
                extension.set_criticality(true);
                p.custom_extensions.push(extension);
            })
        },
        Some("CERTIFICATE_PATH"),
    ),
    // What an authority may name.
    (
        "the city's authority names another city",
        At::Register,
        |w| Maker::city(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example/region/km/aggregator")]),
        Some("CERTIFICATE_ISSUER_SCOPE"),
    ),
    (
        "the city's authority names the province",
        At::Register,
        |w| Maker::city(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example/region/yn/aggregator")]),
        Some("CERTIFICATE_ISSUER_SCOPE"),
    ),
    (
        "an authority that names no region",
        At::Register,
        |w| Maker::root(w).authority(|p| p.subject_alt_names.clear()).leaf(|_| {}),
        Some("CERTIFICATE_ISSUER_SCOPE"),
    ),
    (
        "an authority of another trust domain",
        At::Register,
        |w| {
            let other = "spiffe://other.example/region/bs/authority";
            Maker::root(w).authority(|p| p.subject_alt_names = vec![uri(other)]).leaf(|_| {})
        },
        Some("CERTIFICATE_ISSUER_SCOPE"),
    ),
    (
        "a county's role for a city",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example/region/bs/node")]),
        Some("CERTIFICATE_ROLE"),
    ),
    (
        "a city's role for a county",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example/region/bs-longyang/aggregator")]),
        Some("CERTIFICATE_ROLE"),
    ),
    // Names.
    ("no names", At::Register, |w| Maker::root(w).leaf(|p| p.subject_alt_names.clear()), Some("CERTIFICATE_NOT_ONE_URI_NAME")),
    (
        "a DNS name only",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![dns("bs.test.example")]),
        Some("CERTIFICATE_NOT_ONE_URI_NAME"),
    ),
    (
        "two URI names",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names.push(uri("spiffe://test.example/region/km/aggregator"))),
        Some("CERTIFICATE_NOT_ONE_URI_NAME"),
    ),
    (
        "the same URI name twice",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names.push(uri(CITY))),
        Some("CERTIFICATE_NOT_ONE_URI_NAME"),
    ),
    (
        "a web address",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("https://test.example/region/bs/aggregator")]),
        Some("IDENTITY_INVALID"),
    ),
    (
        "the trust domain's own name",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example")]),
        Some("IDENTITY_INVALID"),
    ),
    (
        "an authority's name on a leaf",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example/region/bs/authority")]),
        Some("IDENTITY_ROLE_INVALID"),
    ),
    (
        "a wildcard for a region",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example/region/*/aggregator")]),
        Some("REGION_ID_INVALID"),
    ),
    (
        "capitals in the region",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://test.example/region/BS/aggregator")]),
        Some("REGION_ID_INVALID"),
    ),
    (
        "another trust domain",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names = vec![uri("spiffe://other.example/region/bs/aggregator")]),
        Some("CERTIFICATE_TRUST_DOMAIN"),
    ),
    (
        "a wildcard DNS name beside it",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names.push(dns("*.test.example"))),
        Some("CERTIFICATE_NAMES"),
    ),
    (
        "another region's DNS name beside it",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names.push(dns("km.test.example"))),
        Some("CERTIFICATE_NAMES"),
    ),
    (
        "an IP address beside it",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names.push(SanType::IpAddress([10, 0, 0, 1].into()))),
        Some("CERTIFICATE_NAMES"),
    ),
    (
        "an e-mail address beside it",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.subject_alt_names.push(SanType::Rfc822Name("a@test.example".try_into().unwrap()))),
        Some("CERTIFICATE_NAMES"),
    ),
    // Uses and keys.
    ("for servers only", At::Register, |w| Maker::root(w).leaf(|p| uses(p, &[Eku::ServerAuth])), Some("CERTIFICATE_USAGE")),
    ("for signing code only", At::Register, |w| Maker::root(w).leaf(|p| uses(p, &[Eku::CodeSigning])), Some("CERTIFICATE_USAGE")),
    ("for any purpose", At::Register, |w| Maker::root(w).leaf(|p| uses(p, &[Eku::Any])), Some("CERTIFICATE_USAGE")),
    ("for no stated purpose", At::Register, |w| Maker::root(w).leaf(|p| uses(p, &[])), Some("CERTIFICATE_USAGE")),
    (
        "a key that may not sign handshakes",
        At::Register,
        |w| Maker::root(w).leaf(|p| p.key_usages = vec![KeyUsagePurpose::KeyAgreement]),
        Some("CERTIFICATE_USAGE"),
    ),
    ("RSA of 1,024 bits", At::Register, |w| Maker::root(w).around(&SmallRsa::new()), Some("CERTIFICATE_WEAK_KEY")),
    (
        "a curve of 192 bits",
        At::Register,
        |w| {
            Maker::root(w).tampered(|der| {
                const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
                let at = der.windows(10).position(|window| window == P256).unwrap();
                der[at + 9] = 0x01;
            })
        },
        Some("CERTIFICATE_WEAK_KEY"),
    ),
    // Bytes.
    (
        "one bit of the signature turned",
        At::Register,
        |w| Maker::root(w).tampered(|der| *der.last_mut().unwrap() ^= 1),
        Some("CERTIFICATE_UNKNOWN_ISSUER"),
    ),
    (
        "the serial changed after signing",
        At::Register,
        |w| {
            Maker::root(w).tampered(|der| {
                let at = der.windows(2).position(|window| window == [0x5e, 0xed]).unwrap();
                der[at] = 0x5f;
            })
        },
        Some("CERTIFICATE_UNKNOWN_ISSUER"),
    ),
    ("cut short", At::Register, |w| Maker::root(w).tampered(|der| der.truncate(der.len() - 9)), Some("CERTIFICATE_UNREADABLE")),
    ("bytes after its end", At::Register, |w| Maker::root(w).tampered(|der| der.extend([0, 0])), Some("CERTIFICATE_UNREADABLE")),
    ("not a certificate", At::Register, |w| Maker::root(w).tampered(|der| der.fill(0x41)), Some("CERTIFICATE_UNREADABLE")),
    (
        "a good certificate without its key",
        At::Register,
        |w| {
            let (root, key) = (Maker::root(w), KeyPair::generate().unwrap());
            let Shown(stolen) = root.leaf(|_| {});
            root.show(stolen.cert[0].clone(), &key)
        },
        Some("TLS_POSSESSION_UNPROVEN"),
    ),
    // Lists.
    ("revoked", At::Listed, |w| Maker::root(w).leaf(|_| {}), Some("CERTIFICATE_REVOKED")),
    (
        "of a revoked authority",
        At::Listed,
        |w| Maker::root(w).authority(|_| {}).leaf(|p| p.serial_number = Some(vec![0x12].into())),
        Some("CERTIFICATE_REVOKED"),
    ),
    ("of a denied region", At::Denied, |w| Maker::root(w).leaf(|_| {}), Some("CERTIFICATE_DENIED")),
    ("the list is stale beyond the grace", At::Stale, |w| Maker::root(w).leaf(|_| {}), Some("REVOCATION_LIST_STALE")),
    ("a list is required and missing", At::Required, |w| Maker::root(w).leaf(|_| {}), Some("REVOCATION_LIST_MISSING")),
    // Good, but of nobody who has business here.
    ("not a neighbour", At::Admission, |w| Maker::root(w).leaf(|_| {}), Some("PEER_NOT_ADMITTED")),
];

fn admit(at: At) -> Admit {
    let province = aggregator("yn");
    Arc::new(move |peer| match at {
        At::Admission if peer.spiffe.as_ref() != Some(&province) => Err("not the parent of a region hosted here".to_owned()),
        _ => Ok(()),
    })
}

async fn verdict(world: &World, at: At, shown: Shown) -> Result<(), (String, String)> {
    let county = node("bs-tengchong");
    let tls = ServerTls::federation(&[world.credentials(&county)], &trust(world, at)).unwrap();
    let mut server = Server::start(tls, admit(at), Limits::default()).await;
    let bundle = world.credentials(&county).bundle;
    let client = RawClient {
        bundle: &bundle,
        show: Some(shown.0),
        versions: &[&rustls::version::TLS13],
        alpn: &[b"h2"],
        server_name: "bs-tengchong.test.example",
        time: world.time.clone(),
    };
    match client.connect(server.addr).await {
        Ok(()) => Ok(()),
        Err(_) => {
            let refused = server.refused().await;
            assert_eq!(server.callers(), []);
            Err((refused.refusal.reason().to_owned(), refused.refusal.to_string()))
        }
    }
}

#[tokio::test]
async fn bad_certificates_are_refused_with_their_reason() {
    let world = World::new();
    let (mut refused, mut wrong) = (0, Vec::new());
    println!("| # | kind | refused | reason | words in the log |\n|---|---|---|---|---|");
    for (kind, at, make, reason) in KINDS {
        let told = verdict(&world, *at, make(&world)).await;
        let (found, words) = told.clone().err().unzip();
        if reason.is_some() {
            refused += usize::from(found.is_some());
            let (found, words) = (found.clone().unwrap_or_default(), words.unwrap_or_default());
            println!("| {refused} | {kind} | {} | {found} | {words} |", if told.is_err() { "yes" } else { "NO" });
        }
        if found.as_deref() != *reason {
            wrong.push(format!("{kind}: expected {reason:?}, found {told:?}"));
        }
    }
    println!("{refused} kinds refused, {} let in by right", KINDS.iter().filter(|row| row.3.is_none()).count());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused >= 35, "{refused} kinds");
}

/// A list that is stale, but not beyond the grace, refuses nobody.
#[tokio::test]
async fn a_stale_list_is_borne_for_its_grace() {
    let world = World::new();
    let lists = Revocations::default();
    let mut stale = list(&world, At::Listed);
    stale.revoked.clear();
    let shown = |w: &World| Maker::root(w).leaf(|_| {}).0;
    for (days_late, let_in) in [(0, true), (29, true), (31, false)] {
        stale.version += 1;
        stale.next_update = Instant::from_ms(NOW.ms() - days_late * DAY_MS);
        assert!(lists.adopt(stale.clone()));
        let trust = world.trust().with_scope(Arc::new(ByPrefix)).with_revocations(lists.clone(), Insistence::default());
        let county = node("bs-tengchong");
        let tls = ServerTls::federation(&[world.credentials(&county)], &trust).unwrap();
        let server = Server::start(tls, admit(At::Register), Limits::default()).await;
        let bundle = world.credentials(&county).bundle;
        let client = RawClient {
            bundle: &bundle,
            show: Some(shown(&world)),
            versions: &[&rustls::version::TLS13],
            alpn: &[b"h2"],
            server_name: "bs-tengchong.test.example",
            time: world.time.clone(),
        };
        assert_eq!(client.connect(server.addr).await.is_ok(), let_in, "{days_late} days late");
    }
}
