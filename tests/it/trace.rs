//! One trace through three processes: from a command at the county to the province's pull, with every statement in between.
//!
//! `cargo test -p changxiao-tests --test it trace -- --show-output` prints it as a tree.

use changxiao_tests::{
    collector::{Collector, tree},
    story::stage::eventually,
    world::World,
};

use crate::support::small::{self, COUNTY};

const PROCESSES: [&str; 3] = ["changxiao-node bs-tengchong", "changxiao-aggregator bs", "changxiao-aggregator yn"];

#[tokio::test(flavor = "multi_thread")]
async fn a_command_at_the_county_and_the_pulls_of_city_and_province_are_one_trace() {
    let collector = Collector::start().unwrap();
    let builder = World::yunnan().with_counties(&[COUNTY]).seed(31).tracing(&format!("http://{}", collector.address));
    let stage = small::settled(builder.start().await.unwrap(), 31, 2).await;
    let trace = eventually("a trace through three processes", || async {
        let found = collector.traces_through(&PROCESSES).into_iter().find(|trace| {
            let has = |service: &str, name: &str| trace.iter().any(|span| span.service == service && span.name == name);
            // A parent ends after its children, so it may still be on its way.
            let whole = trace.iter().all(|span| span.parent.is_empty() || trace.iter().any(|parent| parent.id == span.parent));
            let pull = "changxiao.federation.v1.Feed/Pull";
            // Pulls hang below what caused them: the commit of the tier below.
            let caused = |puller: &str, below: &str| {
                trace.iter().filter(|span| span.name == "pull" && span.service == puller).any(|pull| {
                    trace
                        .iter()
                        .any(|parent| parent.id == pull.parent && parent.name == "writer.group" && parent.service == below)
                })
            };
            whole
                && has(PROCESSES[2], "pull")
                && has(PROCESSES[1], pull)
                && has(PROCESSES[1], "pull")
                && has(PROCESSES[0], pull)
                && has(PROCESSES[0], "SELECT facts")
                && caused(PROCESSES[2], PROCESSES[1])
                && caused(PROCESSES[1], PROCESSES[0])
        });
        Ok(found)
    })
    .await
    .unwrap();
    println!("   since begin      took  process{:27}span\n{}", "", tree(&trace));

    // Statements leave the process by name alone, and nothing of what enterprises and persons said does.
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "INSERT entries"));
    for span in &spans {
        for text in span.attributes.values().chain([&span.name]) {
            assert!(!text.contains('?') && !text.contains("VALUES"), "{span:?}");
            assert!(text.is_ascii(), "words of people in {span:?}");
        }
    }
    drop(stage);
}
