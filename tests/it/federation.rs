//! Networks of real processes. They need the built programs: `cargo build -p changxiao-node -p changxiao-aggregator`.

use std::collections::BTreeMap;

use changxiao_proto::statistics::v1::{Breakdown, Completeness};
use changxiao_tests::{
    calendar::Day,
    client::reason,
    kills::{self, COUNTIES, Load},
    oracle::Question,
    story::stage::{Stage, eventually, request},
};
use tonic::Code;

fn question(span: &str) -> Question {
    Question { region: "bs".to_owned(), span: span.to_owned(), breakdown: Breakdown::None }
}

async fn gap_of(stage: &Stage, county: &str) -> Option<(i64, String)> {
    let answer = stage.ask(&question("2015-08")).await.unwrap();
    let stale = answer.total.unwrap().coverage.unwrap().stale;
    stale.into_iter().find(|gap| gap.region == county).map(|gap| (gap.since_ms, gap.reason))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_killed_under_load_is_named_with_the_time_and_catches_up_after_its_restart() {
    let [left, killed] = COUNTIES;
    let mut stage = kills::ready(11).await.unwrap();
    let load = Load::start(&stage, &[left, killed]);
    eventually("some load", || async { Ok((stage.records.lock().unwrap().receipts().count() > 400).then_some(())) })
        .await
        .unwrap();
    stage.world.kill9(killed).unwrap();
    let last_heard_ms = stage.now_ms();

    // A day later nobody has heard of it. What was acknowledged waits in its journal; its clients keep trying.
    let next_day = Day::new(2015, 8, 29).at(9, 0);
    stage.advance(next_day).await.unwrap();
    let (since_ms, why) = eventually("the gap", || async { Ok(gap_of(&stage, killed).await) }).await.unwrap();
    assert!(since_ms > 0 && since_ms <= last_heard_ms, "since {since_ms}");
    assert_eq!(why, "SILENT");
    let mut strict = request(&question("2015-08"));
    strict.completeness = Completeness::Strict.into();
    let refusal = stage.analyst("bs").query(strict).await.unwrap_err();
    assert_eq!((refusal.code(), reason(&refusal).as_deref()), (Code::FailedPrecondition, Some("COVERAGE_INCOMPLETE")));
    assert!(refusal.message().contains(killed), "{refusal}");

    // The sibling is not touched: its figures are complete as soon as the city has pulled after midnight.
    eventually("the sibling's figures", || async {
        let answer = stage.ask(&Question { breakdown: Breakdown::Region, ..question("2015-08") }).await?;
        let row = answer.rows.into_iter().find(|row| row.region == left);
        Ok(row.and_then(|row| row.coverage).filter(|coverage| coverage.reported == 1))
    })
    .await
    .unwrap();

    stage.world.restart(killed).await.unwrap();
    load.stop().await.unwrap();
    stage.advance(next_day).await.unwrap();
    stage.compare("after the restart", &["2015-08"]).await.unwrap();
    assert_eq!(stage.findings, Vec::<String>::new());
    kills::receipts_kept(&stage).await.unwrap();
    stage.world.stop(killed).await.unwrap();
    stage.world.verify(killed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_cut_off_works_on_and_nothing_is_lost_or_counted_twice() {
    let [_, cut] = COUNTIES;
    let mut stage = kills::ready(12).await.unwrap();
    stage.compare("before", &["2015-08"]).await.unwrap();
    stage.cut_off = BTreeMap::from([(cut.to_owned(), stage.records.lock().unwrap().clone())]);
    stage.world.cut(cut);
    let load = Load::start(&stage, &COUNTIES);
    let before = stage.records.lock().unwrap().receipts().count();
    eventually("some load", || async { Ok((stage.records.lock().unwrap().receipts().count() > before + 300).then_some(())) })
        .await
        .unwrap();
    load.stop().await.unwrap();
    stage.advance(Day::new(2015, 8, 30).at(9, 0)).await.unwrap();
    stage.compare("cut off", &["2015-08"]).await.unwrap();

    stage.world.heal(cut);
    stage.cut_off.clear();
    stage.compare("mended", &["2015-08"]).await.unwrap();
    assert_eq!(stage.findings, Vec::<String>::new());
}
