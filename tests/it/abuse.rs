//! The abuses of `bin/abuse` in small, on one real county. Nothing here asserts a time: what must end is waited for.

use std::time::Duration;

use changxiao_tests::{
    abuse::{
        declared::{Answer, CLAIMED, claim},
        frames::CHECK,
        half_open::half_open,
        kinds::KINDS,
        raw::{Ended, attack},
        stops::hold,
        target::Target,
    },
    client::http_get,
    world::{World, config},
};

use crate::support::small::COUNTY;

/// Far longer than anything here takes, so that only what never ends fails.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_county_under_abuse_closes_the_offender_serves_the_good_and_stops_when_told() {
    let mut world = World::baoshan().with_counties(&[COUNTY]).seed(41).start().await.unwrap();
    let target = Target::service(&world, COUNTY).unwrap();
    for kind in &KINDS {
        let ended = attack(&target, kind, LONG).await;
        assert!(matches!(ended, Ended::Closed(_)), "{}: {ended:?}", kind.name);
        target.fresh_call().await.unwrap();
    }
    let told = half_open(&target, 100, LONG).await.unwrap();
    assert!(told.good.is_some() && told.gone.is_some(), "{told:?}");
    let token = std::fs::read_to_string(world.token_file(COUNTY)).unwrap();
    for path in [CHECK, "/changxiao.county.v1.Hazards/RegisterHazard", "/changxiao.account.v1.Accounts/CreateAccount"] {
        for claimed in CLAIMED {
            let answer = claim(&target, path, Some(token.trim()), claimed).await.unwrap();
            assert!(matches!(answer, Answer::Status(code) if code != 0), "{path} {claimed}: {answer:?}");
        }
    }

    let admin = config::admin(&world, COUNTY).unwrap();
    let metrics = http_get(admin, "/metrics").await.unwrap();
    assert!(metrics.contains("changxiao_connections_refused_total{reason=\"PEER_FRAME_FLOOD\"}"), "{metrics}");
    for name in ["changxiao_calls_total", "changxiao_certificate_days_left", "changxiao_dependency_up"] {
        assert!(metrics.contains(name), "{name} is not among\n{metrics}");
    }
    let ready = http_get(admin, "/readyz").await.unwrap();
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains(&format!("database:{COUNTY} ok")), "{ready}");
    assert!(http_get(admin, "/healthz").await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(http_get(admin, "/etc/passwd").await.unwrap().starts_with("HTTP/1.1 404"));

    let held = hold(&target).await.unwrap();
    world.stop(COUNTY).await.unwrap();
    drop(held);
    let log = std::fs::read_to_string(world.log(COUNTY)).unwrap();
    assert!(log.contains("PEER_FRAME_FLOOD") && log.contains("stopped") && !log.contains("took too long"), "{log}");
}
