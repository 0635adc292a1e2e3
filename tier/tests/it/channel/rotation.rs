//! K3 and K4 in one process: identities and authorities replaced under load, and revocations that bite on open streams.
//!
//! `cargo test -p changxiao-tier --test it rotation -- --nocapture` prints the counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use changxiao_domain::clock::DAY_MS;
use changxiao_domain::revocation::{RevocationList, Revoked};
use changxiao_tier::channel::accept::admit_all;
use changxiao_tier::channel::tls::federation_server;
use changxiao_tier::channel::{FederationTls, Limits, ServerTls, Trust, federation_channel};
use changxiao_tier::identity::ca::Authority;
use changxiao_tier::identity::files::Credentials;
use changxiao_tier::identity::revocation::{Insistence, Revocations};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::world::{ByPrefix, NOW, Server, World, aggregator, check, node, soon};

const LEAF_ROTATIONS: usize = 40;
const AUTHORITY_ROTATIONS: usize = 3;

fn trust(world: &World, lists: &Revocations) -> Trust {
    world.trust().with_scope(Arc::new(ByPrefix)).with_revocations(lists.clone(), Insistence::default())
}

fn authority(world: &World, generation: usize) -> Authority {
    let path = world.path(&format!("bs-ca-{generation}"));
    world.root().issue_authority(&"bs".parse().unwrap(), NOW, 730).unwrap().write(&path).unwrap();
    Authority::open(&path, NOW).unwrap()
}

fn revoke(lists: &Revocations, version: u32, leaf: &changxiao_tier::identity::Leaf) {
    let (authority_key, serial) = (leaf.authority_key.clone(), leaf.serial.clone());
    assert!(!authority_key.is_empty());
    let revoked = vec![Revoked { authority_key, serial, at: NOW, reason: "replaced".into() }];
    let next_update = NOW.plus_ms(7 * DAY_MS);
    let issuer = "yn".parse().unwrap();
    let list = RevocationList { issuer, version, issued_at: NOW, next_update, revoked, denied: vec![], retiring: vec![] };
    assert!(lists.adopt(list));
}

/// One caller keeps its connection, the other dials anew for every call. Each may try a call a second time, as followers do.
#[tokio::test]
async fn leaves_and_authorities_rotate_under_load_without_a_failed_call() {
    let (world, lists) = (World::new(), Revocations::default());
    let (county, city) = (node("bs-tengchong"), aggregator("bs"));
    let mut ca = authority(&world, 0);
    let tls = ServerTls::federation(&[world.credentials_from(&ca, &county)], &trust(&world, &lists)).unwrap();
    let server = Server::start(tls, admit_all(), Limits::default()).await;
    let dialler = FederationTls::new(world.credentials_from(&ca, &city), trust(&world, &lists)).unwrap();
    let (stop, calls, failed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut callers = Vec::new();
    for keeps in [true, true, false, false] {
        let (stop, calls, failed) = (stop.clone(), calls.clone(), failed.clone());
        let (dialler, county, addr) = (dialler.clone(), county.clone(), server.addr.to_string());
        callers.push(tokio::spawn(async move {
            let dial = || federation_channel(&addr, county.clone(), &dialler).unwrap();
            let mut channel = dial();
            while !stop.load(Ordering::SeqCst) {
                if !keeps {
                    channel = dial();
                }
                calls.fetch_add(1, Ordering::SeqCst);
                let call = |channel| async { HealthClient::new(channel).check(HealthCheckRequest::default()).await };
                if call(channel.clone()).await.is_err() && call(channel.clone()).await.is_err() {
                    failed.fetch_add(1, Ordering::SeqCst);
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    let more_calls = || async {
        let until = calls.load(Ordering::SeqCst) + 20;
        soon(async {
            while calls.load(Ordering::SeqCst) < until {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    let rotate = |ca: &Authority| {
        let shown: Credentials = world.credentials_from(ca, &county);
        server.tls.replace(federation_server(&[shown], &trust(&world, &lists)).unwrap());
        dialler.replace(world.credentials_from(ca, &city)).unwrap();
    };
    for _ in 0..LEAF_ROTATIONS {
        rotate(&ca);
        more_calls().await;
    }
    for generation in 1..=AUTHORITY_ROTATIONS {
        let next = authority(&world, generation); // prepare
        rotate(&next); // activate
        more_calls().await;
        let retired = changxiao_tier::identity::files::Paths::in_dir(&world.path(&format!("bs-ca-{}", generation - 1)));
        let retired = Credentials::load(&retired, NOW).unwrap().leaf;
        revoke(&lists, u32::try_from(generation).unwrap(), &retired); // retire
        more_calls().await;
        ca = next;
    }
    rotate(&ca);
    more_calls().await;
    stop.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    let (calls, failed) = (calls.load(Ordering::SeqCst), failed.load(Ordering::SeqCst));
    println!("{LEAF_ROTATIONS} leaf and {AUTHORITY_ROTATIONS} authority rotations: {calls} calls, {failed} failed");
    assert_eq!(failed, 0, "of {calls} calls");
}

/// The stream is open and silent; only the list changes.
#[tokio::test]
async fn a_revocation_ends_an_open_stream() {
    let (world, lists) = (World::new(), Revocations::default());
    let (county, city) = (node("bs-tengchong"), aggregator("bs"));
    let tls = ServerTls::federation(&[world.credentials(&county)], &trust(&world, &lists)).unwrap();
    let mut server = Server::start(tls, admit_all(), Limits::default()).await;
    let shown = world.credentials(&city);
    let leaf = shown.leaf.clone();
    let dialler = FederationTls::new(shown, trust(&world, &Revocations::default())).unwrap();
    let channel = federation_channel(&server.addr.to_string(), county.clone(), &dialler).unwrap();
    check(&channel).await.unwrap();
    let mut stream = HealthClient::new(channel.clone()).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    revoke(&lists, 1, &leaf);
    let ended = soon(stream.message()).await;
    assert!(ended.is_err() || ended.unwrap().is_none(), "the stream goes on");
    let refused = server.refused().await;
    assert_eq!((refused.refusal.reason(), refused.serial.as_deref()), ("CERTIFICATE_REVOKED", Some(leaf.serial.as_str())));
    check(&channel).await.unwrap_err();
}

/// The other direction: who dialled drops a server whose certificate was revoked.
#[tokio::test]
async fn a_dialler_leaves_a_server_that_was_revoked() {
    let (world, lists) = (World::new(), Revocations::default());
    let (county, city) = (node("bs-tengchong"), aggregator("bs"));
    let shown = world.credentials(&county);
    let leaf = shown.leaf.clone();
    let tls = ServerTls::federation(&[shown], &trust(&world, &Revocations::default())).unwrap();
    let server = Server::start(tls, admit_all(), Limits::default()).await;
    let dialler = FederationTls::new(world.credentials(&city), trust(&world, &lists)).unwrap();
    let channel = federation_channel(&server.addr.to_string(), county, &dialler).unwrap();
    let mut stream = HealthClient::new(channel.clone()).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    revoke(&lists, 1, &leaf);
    let ended = soon(stream.message()).await;
    assert!(ended.is_err() || ended.unwrap().is_none(), "the stream goes on");
    let why = check(&channel).await.unwrap_err();
    assert!(why.contains("was revoked by yn"), "{why}");
}
