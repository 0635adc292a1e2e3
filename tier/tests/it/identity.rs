//! The authority, its command line, and files with every trouble an operator can make.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use changxiao_domain::clock::{DAY_MS, Instant};
use changxiao_tier::identity::ca::Authority;
use changxiao_tier::identity::cli::Ca;
use changxiao_tier::identity::files::{Credentials, Paths};
use changxiao_tier::identity::{Role, TrustBundle};
use clap::Parser;

use crate::world::{NOW, World, aggregator, node};

#[derive(Parser)]
struct Shell {
    #[command(subcommand)]
    ca: Ca,
}

fn run(line: &str, dir: &Path) -> Result<String, String> {
    let line = line.replace("@", &dir.display().to_string());
    let shell = Shell::try_parse_from(line.split_whitespace()).map_err(|e| e.to_string())?;
    shell.ca.run(NOW).map(|made| made.to_string()).map_err(|e| format!("{}: {e}", e.reason()))
}

#[test]
fn a_trust_domain_from_a_shell() {
    let dir = tempfile::tempdir().unwrap();
    let made = run("ca init --trust-domain yn.example --dir @/ca", dir.path()).unwrap();
    assert!(made.starts_with("made   spiffe://yn.example\nuntil  2036-11-21 05:00 (UTC+8)\nin     "), "{made}");
    let made = run("ca issue --dir @/ca --region bs-tengchong --role node --out @/tc", dir.path()).unwrap();
    assert!(
        made.starts_with(
            "made   spiffe://yn.example/region/bs-tengchong/node, bs-tengchong.yn.example\nuntil  2026-12-01 05:00 (UTC+8)\n"
        ),
        "{made}"
    );
    run("ca issue-authority --dir @/ca --region bs --out @/bs-ca", dir.path()).unwrap();
    run("ca issue --dir @/bs-ca --region bs --role aggregator --out @/bs --days 1", dir.path()).unwrap();
    run("ca issue-service --dir @/ca --name localhost --name 127.0.0.1 --out @/web", dir.path()).unwrap();
    for (name, chain_len) in [("ca", 1), ("tc", 1), ("bs-ca", 1), ("bs", 2), ("web", 1)] {
        let paths = Paths::in_dir(&dir.path().join(name));
        assert_eq!(Credentials::load(&paths, NOW).unwrap().chain.len(), chain_len, "{name}");
        let mode = fs::metadata(&paths.key).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}

#[test]
fn commands_that_cannot_be_carried_out_say_why() {
    let dir = tempfile::tempdir().unwrap();
    run("ca init --trust-domain yn.example --dir @/ca", dir.path()).unwrap();
    run("ca issue --dir @/ca --region bs --role aggregator --out @/bs", dir.path()).unwrap();
    run("ca issue-authority --dir @/ca --region bs --out @/bs-ca", dir.path()).unwrap();
    for (line, words) in [
        ("ca init --trust-domain YN --dir @/x", "is no trust domain"),
        (
            "ca init --trust-domain yn.example --dir @/ca",
            "IDENTITY_KEY_EXISTS: @/ca/key.pem exists already and keys are never overwritten",
        ),
        ("ca issue --dir @/none --region bs --role node --out @/x", "IDENTITY_FILE_MISSING: @/none/key.pem does not exist"),
        ("ca issue --dir @/ca --region Bs --role node --out @/x", "is not a region id"),
        ("ca issue --dir @/ca --region bs- --role node --out @/x", "REGION_ID_INVALID"),
        ("ca issue --dir @/ca --region bs --role county --out @/x", "is no role"),
        ("ca issue --dir @/ca --region bs --role node --out @/x --days 0", "CA_LIFETIME_INVALID"),
        (
            "ca issue --dir @/ca --region bs --role node --out @/x --days 93",
            "CA_LIFETIME_INVALID: identities live 92 days at most",
        ),
        ("ca issue --dir @/bs --region bs --role node --out @/x", "CA_NOT_AUTHORITY"),
        ("ca issue --dir @/ca --region bs --role node --out @/bs", "IDENTITY_KEY_EXISTS"),
        ("ca issue-authority --dir @/bs-ca --region km --out @/x", "CA_TOO_DEEP"),
        ("ca issue-service --dir @/ca --name a_b! --out @/x", "CA_SERVICE_NAME_INVALID"),
        ("ca issue-service --dir @/ca --out @/x", "--name"),
    ] {
        let said = run(line, dir.path()).unwrap_err();
        assert!(said.contains(&words.replace("@", &dir.path().display().to_string())), "{line}: {said}");
    }
    assert!(!dir.path().join("x").exists(), "a refused command leaves nothing behind");
}

#[test]
fn an_existing_key_and_what_lies_beside_it_stay_as_they_are() {
    let world = World::new();
    let issued = world.root().issue(&"bs".parse().unwrap(), Role::Aggregator, NOW, 7).unwrap();
    let paths = issued.write(&world.path("bs")).unwrap();
    let before = [&paths.key, &paths.chain, &paths.bundle].map(|p| fs::read(p).unwrap());
    let again = world.root().issue(&"bs".parse().unwrap(), Role::Aggregator, NOW, 7).unwrap();
    assert_eq!(again.write(&world.path("bs")).unwrap_err().reason(), "IDENTITY_KEY_EXISTS");
    assert_eq!(before, [&paths.key, &paths.chain, &paths.bundle].map(|p| fs::read(p).unwrap()));
}

#[test]
fn a_key_without_room_for_its_certificate_is_taken_back() {
    let world = World::new();
    let out = world.path("bs");
    fs::create_dir_all(out.join("cert.pem")).unwrap();
    let issued = world.root().issue(&"bs".parse().unwrap(), Role::Aggregator, NOW, 7).unwrap();
    assert_eq!(issued.write(&out).unwrap_err().reason(), "IDENTITY_NOT_WRITTEN");
    assert!(!out.join("key.pem").exists());
}

#[test]
fn leaves_carry_what_was_agreed_and_nothing_more() {
    let world = World::new();
    let leaf = world.credentials(&node("bs-tengchong")).leaf;
    assert_eq!(leaf.uri_names, ["spiffe://test.example/region/bs-tengchong/node"]);
    assert_eq!(leaf.dns_names, ["bs-tengchong.test.example"]);
    assert!(leaf.client_auth && leaf.server_auth && !leaf.is_authority);
    assert_eq!(leaf.not_after, NOW.plus_days(7));
    assert!(leaf.not_before < NOW);
    let service = world.root().issue_service(&["localhost".to_owned()], NOW, 7).unwrap().leaf;
    assert!(service.server_auth && !service.client_auth && service.uri_names.is_empty());
}

#[test]
fn no_child_outlives_its_parent() {
    let world = World::new();
    let root_ends = NOW.plus_days(3_650);
    let late = root_ends.plus_days(-3);
    let root = Authority::open(&world.path("ca"), late).unwrap();
    let bs = "bs".parse().unwrap();
    for (issued, days) in [
        (root.issue(&bs, Role::Node, late, 7).unwrap(), 3),
        (root.issue(&bs, Role::Node, late, 2).unwrap(), 2),
        (root.issue_authority(&bs, late, u16::MAX).unwrap(), 3),
        (root.issue_service(&["localhost".to_owned()], late, 30).unwrap(), 3),
    ] {
        assert_eq!(issued.leaf.not_after, late.plus_days(days));
    }
    let early = Authority::open(&world.path("ca"), NOW).unwrap().issue(&bs, Role::Node, NOW, 7).unwrap();
    assert!(early.leaf.not_before >= NOW.plus_ms(-DAY_MS));
    let closed = Authority::open(&world.path("ca"), root_ends.plus_days(1)).err().unwrap();
    assert_eq!(closed.reason(), "CERTIFICATE_EXPIRED");
}

#[test]
fn keys_are_not_printed() {
    let world = World::new();
    let issued = world.root().issue(&"bs".parse().unwrap(), Role::Node, NOW, 7).unwrap();
    let paths = issued.write(&world.path("bs")).unwrap();
    let pem = fs::read_to_string(&paths.key).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    let loaded = Credentials::load(&paths, NOW).unwrap();
    let printed = format!("{issued:?} {loaded:?} {loaded:#?}");
    assert!(printed.contains("KeyMaterial(hidden)") && printed.contains("KeyText(hidden)"));
    assert!(!printed.contains(secret));
}

#[test]
fn every_trouble_with_files_has_a_name_a_file_and_a_remedy() {
    type Trouble = fn(&World, &Paths);
    let table: &[(&str, Trouble, Instant, &str, &str)] = &[
        (
            "key missing",
            |_, p| fs::remove_file(&p.key).unwrap(),
            NOW,
            "IDENTITY_FILE_MISSING",
            "@key does not exist; issue an identity",
        ),
        ("chain missing", |_, p| fs::remove_file(&p.chain).unwrap(), NOW, "IDENTITY_FILE_MISSING", "@chain does not exist"),
        ("bundle missing", |_, p| fs::remove_file(&p.bundle).unwrap(), NOW, "IDENTITY_FILE_MISSING", "@bundle does not exist"),
        (
            "chain is text",
            |_, p| fs::write(&p.chain, "hello").unwrap(),
            NOW,
            "IDENTITY_FILE_NOT_PEM",
            "@chain holds no PEM certificate",
        ),
        (
            "chain is empty",
            |_, p| fs::write(&p.chain, "").unwrap(),
            NOW,
            "IDENTITY_FILE_NOT_PEM",
            "@chain holds no PEM certificate",
        ),
        (
            "key is a certificate",
            |_, p| drop(fs::write(&p.key, fs::read(&p.chain).unwrap())),
            NOW,
            "IDENTITY_FILE_NOT_PEM",
            "@key holds no PEM private key",
        ),
        (
            "chain is a key",
            |_, p| drop(fs::copy(&p.key, &p.chain)),
            NOW,
            "IDENTITY_FILE_NOT_PEM",
            "@chain holds no PEM certificate",
        ),
        (
            "chain is a directory",
            |_, p| drop((fs::remove_file(&p.chain), fs::create_dir(&p.chain))),
            NOW,
            "IDENTITY_FILE_UNREADABLE",
            "it is not a file",
        ),
        (
            "chain is enormous",
            |_, p| fs::write(&p.chain, vec![b'x'; 2 << 20]).unwrap(),
            NOW,
            "IDENTITY_FILE_UNREADABLE",
            "far more than certificates need",
        ),
        (
            "chain is damaged",
            |_, p| fs::write(&p.chain, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap(),
            NOW,
            "CERTIFICATE_UNREADABLE",
            "have it issued again",
        ),
        (
            "someone else's key",
            |w, p| drop(fs::write(&p.key, fs::read(w.path("ca/key.pem")).unwrap())),
            NOW,
            "IDENTITY_KEY_MISMATCH",
            "@key does not match the certificate in @chain",
        ),
        (
            "key open to all",
            |_, p| fs::set_permissions(&p.key, fs::Permissions::from_mode(0o644)).unwrap(),
            NOW,
            "IDENTITY_KEY_EXPOSED",
            "(mode 0644); run chmod 600",
        ),
        (
            "key writable by group",
            |_, p| fs::set_permissions(&p.key, fs::Permissions::from_mode(0o660)).unwrap(),
            NOW,
            "IDENTITY_KEY_EXPOSED",
            "(mode 0660)",
        ),
        ("expired", |_, _| {}, NOW.plus_days(8), "CERTIFICATE_EXPIRED", "expired on 2026-12-01 05:00 (UTC+8); issue a new one"),
        (
            "not yet valid",
            |_, _| {},
            NOW.plus_days(-1),
            "CERTIFICATE_NOT_YET_VALID",
            "valid only from 2026-11-24 04:55 (UTC+8), and this machine says it is 2026-11-23 05:00 (UTC+8): its clock is at least 23 hours 55 minutes behind",
        ),
        (
            "bundle lists a leaf",
            |_, p| drop(fs::copy(&p.chain, &p.bundle)),
            NOW,
            "TRUST_BUNDLE_NOT_AUTHORITY",
            "a trust bundle lists authorities only",
        ),
    ];
    for (what, trouble, now, reason, words) in table {
        let world = World::new();
        let issued = world.root().issue(&"bs".parse().unwrap(), Role::Node, NOW, 7).unwrap();
        let paths = issued.write(&world.path("bs")).unwrap();
        Credentials::load(&paths, NOW).unwrap();
        trouble(&world, &paths);
        let error = Credentials::load(&paths, *now).unwrap_err();
        assert_eq!(error.reason(), *reason, "{what}: {error}");
        let words = words
            .replace("@key", &paths.key.display().to_string())
            .replace("@chain", &paths.chain.display().to_string())
            .replace("@bundle", &paths.bundle.display().to_string());
        let said = error.to_string();
        assert!(said.contains(&words), "{what}: {said}");
        assert!(said.contains(&world.dir.path().display().to_string()), "{what}: {said}");
        assert!(!said.contains('\n'), "{what}: {said}");
    }
}

#[test]
fn nobody_but_the_owner_may_read_the_key() {
    let world = World::new();
    let issued = world.root().issue(&"bs".parse().unwrap(), Role::Node, NOW, 7).unwrap();
    let paths = issued.write(&world.path("bs")).unwrap();
    for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o610, false), (0o666, false)] {
        fs::set_permissions(&paths.key, fs::Permissions::from_mode(mode)).unwrap();
        let loaded = Credentials::load(&paths, NOW);
        assert_eq!(loaded.is_ok(), good, "{mode:o}");
        assert!(loaded.err().is_none_or(|fault| fault.reason() == "IDENTITY_KEY_EXPOSED"), "{mode:o}");
    }
}

#[test]
fn a_bundle_may_hold_the_root_that_is_leaving() {
    let world = World::new();
    let other = World::new();
    let late = NOW.plus_days(3_651);
    let new_root = Authority::init(&crate::world::trust_domain(), late, 10).unwrap();
    let new = new_root.write(&other.path("new")).unwrap();
    let old = fs::read_to_string(world.path("ca/bundle.pem")).unwrap();
    let both = world.path("both.pem");
    fs::write(&both, format!("{old}{}", fs::read_to_string(new.bundle).unwrap())).unwrap();
    assert_eq!(TrustBundle::load(&both, late).unwrap().authorities().len(), 2);
    assert_eq!(TrustBundle::load(&both, late.plus_days(11)).unwrap_err().reason(), "CERTIFICATE_EXPIRED");
}

#[test]
fn city_and_county_have_the_names_the_tests_think() {
    assert_eq!(aggregator("bs").to_string(), "spiffe://test.example/region/bs/aggregator");
    assert_eq!(node("bs-tengchong").dns_name(), "bs-tengchong.test.example");
}
