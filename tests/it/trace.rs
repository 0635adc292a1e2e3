//! One trace through three processes: from a command at the county to the province's pull, with every statement in between.
//!
//! `cargo test -p changxiao-tests --test it trace -- --show-output` prints it as a tree.

use changxiao_proto::oversight::v1::RefreshChildRequest;
use changxiao_tests::{
    collector::{Collector, Span, tree},
    story::stage::eventually,
    world::World,
};

use crate::support::small::{self, COUNTY};

/// Whether every span but the root hangs below another: a parent ends after its children, so it may still be on its way.
fn is_whole(trace: &[Span]) -> bool {
    trace.iter().all(|span| span.parent.is_empty() || trace.iter().any(|parent| parent.id == span.parent))
}

/// Whether these spans hang below each other in this order, with any spans in between.
fn descends(trace: &[Span], path: &[(&str, &str)]) -> bool {
    let above = |span: &Span| trace.iter().find(|parent| parent.id == span.parent);
    let is = |span: &Span, (service, name): (&str, &str)| span.service == service && span.name == name;
    let Some((last, rest)) = path.split_last() else { return true };
    trace.iter().filter(|span| is(span, *last)).any(|span| {
        let (mut at, mut rest) = (span, rest);
        while let Some((next, before)) = rest.split_last() {
            let Some(parent) = above(at) else { return false };
            at = parent;
            if is(at, *next) {
                rest = before;
            }
        }
        true
    })
}

const PROCESSES: [&str; 3] = ["changxiao-node bs-tengchong", "changxiao-aggregator bs", "changxiao-aggregator yn"];

#[tokio::test(flavor = "multi_thread")]
async fn a_command_at_the_county_and_the_pulls_of_city_and_province_are_one_trace() {
    let collector = Collector::start().unwrap();
    let builder = World::yunnan().with_counties(&[COUNTY]).seed(31).tracing(&format!("http://{}", collector.address));
    let stage = small::settled(builder.start().await.unwrap(), 31, 2).await;
    let trace = eventually("a trace through three processes", || async {
        let found = collector.traces_through(&PROCESSES).into_iter().find(|trace| {
            let has = |service: &str, name: &str| trace.iter().any(|span| span.service == service && span.name == name);
            let whole = is_whole(trace);
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

/// One question at the province is one trace down to the statements of the county: `RefreshChild` pulls from the city, which pulls from its
/// counties before it answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_at_the_province_is_one_trace_down_to_the_statements_of_the_county() {
    let collector = Collector::start().unwrap();
    let builder = World::yunnan().with_counties(&[COUNTY]).seed(32).tracing(&format!("http://{}", collector.address));
    let mut stage = small::settled(builder.start().await.unwrap(), 32, 2).await;
    let province = stage.world.administrator("yn");
    let name = "regions/yn/children/bs".to_owned();
    let answer = province.refresh_child(RefreshChildRequest { name }).await.unwrap();
    assert!(answer.refreshed, "{answer:?}");
    let (call, pull, answering) = ("changxiao.oversight.v1.Children/RefreshChild", "pull", "changxiao.federation.v1.Feed/Pull");
    let [county, city, top] = PROCESSES;
    let path = [(top, call), (top, pull), (city, answering), (city, pull), (county, answering), (county, "SELECT facts")];
    let trace = eventually("a trace from the province to the county's statements", || async {
        let found = collector.traces_through(&PROCESSES).into_iter().find(|trace| is_whole(trace) && descends(trace, &path));
        Ok(found)
    })
    .await
    .unwrap();
    println!("   since begin      took  process{:27}span\n{}", "", tree(&trace));
    let roots: Vec<&Span> = trace.iter().filter(|span| span.parent.is_empty()).collect();
    assert!(matches!(roots[..], [root] if root.service == top && root.name == call), "{roots:?}");

    // A region that nobody follows is not there.
    let nobody = province.refresh_child(RefreshChildRequest { name: "regions/yn/children/dl".to_owned() }).await.unwrap_err();
    assert_eq!(nobody.code(), tonic::Code::NotFound);
    // A county that is away does not keep its city's word from the province; who asks for the county itself is told.
    stage.world.kill9(COUNTY).unwrap();
    let answer = province.refresh_child(RefreshChildRequest { name: "regions/yn/children/bs".to_owned() }).await.unwrap();
    assert!(answer.refreshed, "{answer:?}");
    let city = stage.world.administrator("bs");
    let answer = city.refresh_child(RefreshChildRequest { name: format!("regions/bs/children/{COUNTY}") }).await.unwrap();
    assert!(!answer.refreshed, "{answer:?}");
}
