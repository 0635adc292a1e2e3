//! The cases that the worked examples rest on.

use changxiao_domain::indicator::Counter::*;
use changxiao_proto::statistics::v1::{self as pb, Breakdown, Completeness, RegionMap};
use tonic::{Code, Status};

use super::question::Question;
use crate::fault::Fault;

mod laws;
mod world;

use world::{COUNTIES, World, at, covered, printed};

/// Baoshan in mid-September: August closed by all, Shidian silent since 20 August before it could close, nothing heard of
/// Longling ever.
async fn baoshan() -> World {
    let world = World::new("bs", "2015-08-20").await;
    world.hear(&["bs-shidian"]);
    world.move_to("2015-09-15");
    for county in ["bs-longyang", "bs-tengchong", "bs-changning"] {
        world.hear(&[county]);
        world.month(county, "2015-08", 3).await;
        world.month(county, "2015-09", 1).await;
    }
    world.month("bs-shidian", "2015-08", 1).await;
    world
        .cell(
            "bs-longyang",
            "2015-08/K03",
            &[(GeneralFound, 5), (GeneralStruckOff, 2), (DeclarationsOwed, 4), (DeclarationsOnTime, 3)],
        )
        .await;
    world.cell("bs-longyang", "2015-09/K03", &[(GeneralStruckOff, 1)]).await;
    world
        .cell(
            "bs-tengchong",
            "2015-08/K03",
            &[(GeneralFound, 2), (DeclarationsOwed, 2), (DeclarationsOnTime, 1), (DeclarationsLate, 1)],
        )
        .await;
    world.cell("bs-tengchong", "2015-08/H01", &[(GeneralFound, 1)]).await;
    world.cell("bs-shidian", "2015-08/K03", &[(GeneralFound, 7)]).await;
    world
}

fn rows(response: &pb::QueryResponse) -> Vec<(String, String, String)> {
    let line = |row: &pb::Row| (format!("{}{}", row.region, row.industry), printed(row), covered(row));
    response.rows.iter().map(line).collect()
}

#[tokio::test]
async fn zero_is_told_from_absent_and_a_dead_county_is_named_with_the_day() {
    let world = baoshan().await;
    let mut question = world.about("2015-08", &["general_found", "general_open", "declaration_rate"]);
    question.breakdown = Breakdown::Region as i32;
    let answer = world.ask(&question).await;
    let wanted = [
        ("bs-changning", "0 0 /", "1/1"),
        ("bs-longling", "-", "0/1; unknown bs-longling NEVER_REPORTED"),
        ("bs-longyang", "5 3 75.00", "1/1"),
        ("bs-shidian", "7 7 /", "0/1; stale bs-shidian SILENT 2015-08-20"),
        ("bs-tengchong", "3 3 100.00", "1/1"),
    ];
    assert_eq!(rows(&answer), wanted.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    let total = answer.total.unwrap();
    assert_eq!(printed(&total), "15 13 83.33");
    assert_eq!(covered(&total), "3/5; stale bs-shidian SILENT 2015-08-20; unknown bs-longling NEVER_REPORTED");
    let rate = &total.figures[2];
    assert_eq!((rate.value, rate.denominator), (5, Some(6)));
    let gap = &total.coverage.unwrap().stale[0];
    assert_eq!((gap.region_name.as_str(), gap.since_ms), ("施甸县", at("2015-08-20").ms()));
    assert_eq!((answer.cut_off_ms, answer.sandbox), (at("2015-09-15").ms(), true));
}

#[tokio::test]
async fn running_balances_reach_over_the_span_and_months_to_come_are_not_waited_for() {
    let world = baoshan().await;
    for (span, wanted) in [("2015-09", "0 1 12"), ("2015-Q3", "15 3 12"), ("2015", "15 3 12"), ("2015-08..2015-09", "15 3 12")] {
        let total = world.ask(&world.about(span, &["general_found", "general_struck_off", "general_open"])).await.total.unwrap();
        assert_eq!(printed(&total), wanted, "{span}");
        assert_eq!(total.coverage.unwrap().reported, 3, "{span}");
    }
}

#[tokio::test]
async fn a_strict_question_is_refused_with_every_gap() {
    let world = baoshan().await;
    let mut question = world.about("2015-08", &["general_found"]);
    question.completeness = Completeness::Strict as i32;
    let refused = world.refused(&question).await;
    assert_eq!(refused.reason(), "COVERAGE_INCOMPLETE");
    assert_eq!(
        refused.to_string(),
        "3 of 5 regions reported for 2015-08; missing: bs-shidian 施甸县 (SILENT since 2015-08-20T00:00:00.000+08:00), \
         bs-longling 龙陵县 (NEVER_REPORTED)"
    );
    assert_eq!(Status::from(refused).code(), Code::FailedPrecondition);

    // All close August: the same question is answered, although Shidian is silent again.
    world.hear(&COUNTIES);
    world.month("bs-shidian", "2015-08", 3).await;
    world.month("bs-longling", "2015-08", 3).await;
    world.move_to("2015-10-01");
    assert_eq!(covered(&world.ask(&question).await.total.unwrap()), "5/5");
}

#[tokio::test]
async fn a_county_that_is_there_but_late_in_closing_is_told_from_a_silent_one() {
    let world = World::new("bs", "2015-09-06T23").await;
    world.hear(&COUNTIES);
    let question = world.about("2015-08", &["general_found"]);
    assert_eq!(covered(&world.ask(&question).await.total.unwrap()), "5/5");
    world.move_to("2015-09-07");
    world.hear(&["bs-longyang"]);
    world.month("bs-changning", "2015-08", 3).await;
    assert_eq!(
        covered(&world.ask(&question).await.total.unwrap()),
        "1/5; stale bs-longling SILENT 2015-09-06; stale bs-longyang MONTH_NOT_CLOSED 2015-09-07; \
         stale bs-shidian SILENT 2015-09-06; stale bs-tengchong SILENT 2015-09-06"
    );
}

#[tokio::test]
async fn tengchong_bears_the_code_and_name_of_the_map_asked_for() {
    let world = World::new("bs", "2015-11-10").await;
    world.hear(&COUNTIES);
    for (span, map, wanted) in [
        ("2015-07", RegionMap::Then, "530522 腾冲县"),
        ("2015-07", RegionMap::Unspecified, "530522 腾冲县"),
        ("2015-07", RegionMap::Today, "530581 腾冲市"),
        ("2015-08", RegionMap::Then, "530581 腾冲市"),
        ("2015-10", RegionMap::Then, "530581 腾冲市"),
        ("2015-10", RegionMap::Today, "530581 腾冲市"),
        // A span bears the names of its last day.
        ("2015-07..2015-10", RegionMap::Then, "530581 腾冲市"),
    ] {
        let mut question = world.about(span, &["general_found"]);
        question.map = map as i32;
        question.breakdown = Breakdown::Region as i32;
        let answer = world.ask(&question).await;
        let row = answer.rows.iter().find(|row| row.region == "bs-tengchong").unwrap();
        assert_eq!(format!("{} {}", row.region_code, row.region_name), wanted, "{span} {map:?}");
        // Before it joined nothing was reported, whatever the map.
        let early = span == "2015-07";
        assert_eq!(printed(row), if early { "-" } else { "0" }, "{span}");
        assert_eq!(covered(row).contains("NOT_JOINED"), early, "{span}");
    }
}

#[tokio::test]
async fn the_province_knows_that_5_of_129_have_joined() {
    let world = World::new("yn", "2015-08-20").await;
    world.hear(&COUNTIES);
    world.cell("bs-longyang", "2015-08/K03", &[(GeneralFound, 5)]).await;
    let mut question = world.about("2015-08", &["general_found"]);
    question.breakdown = Breakdown::Region as i32;
    let answer = world.ask(&question).await;
    assert_eq!(answer.rows.len(), 16);
    for row in &answer.rows {
        let baoshan = row.region == "bs";
        assert_eq!(printed(row), if baoshan { "5" } else { "-" }, "{}", row.region);
        assert_eq!(covered(row).starts_with("0/"), !baoshan, "{}", row.region);
    }
    let total = answer.total.unwrap();
    let coverage = total.coverage.as_ref().unwrap();
    assert_eq!((coverage.reported, coverage.expected, coverage.unknown.len()), (5, 129, 124));
    assert!(coverage.unknown.iter().all(|gap| gap.reason == "NOT_JOINED" && !gap.region_name.is_empty()));
    assert_eq!(printed(&total), "5");

    question.completeness = Completeness::Strict as i32;
    let refused = world.refused(&question).await.to_string();
    assert!(refused.starts_with("5 of 129 regions reported for 2015-08; missing: cx-"), "{refused}");
    assert!(refused.ends_with("(NOT_JOINED) and 84 more"), "{refused}");
}

#[tokio::test]
async fn a_quarantined_county_keeps_its_figures_and_is_marked() {
    let world = baoshan().await;
    world.quarantine("bs-longyang", "2015-09-12", "ROOT_MISMATCH");
    let total = world.ask(&world.about("2015-08", &["general_found"])).await.total.unwrap();
    assert_eq!(printed(&total), "15");
    assert_eq!(
        covered(&total),
        "2/5; stale bs-shidian SILENT 2015-08-20; quarantined bs-longyang ROOT_MISMATCH 2015-09-12; \
         unknown bs-longling NEVER_REPORTED"
    );
}

#[tokio::test]
async fn a_county_asks_itself_and_always_hears_itself() {
    let world = World::new("bs-tengchong", "2015-08-20").await;
    let question = world.about("2015-08", &["general_found"]);
    let answer = world.ask(&question).await;
    assert_eq!(rows(&answer), [("bs-tengchong".to_owned(), "0".to_owned(), "1/1".to_owned())]);
    // What others might have left in the table is not its business.
    world.cell("bs-longyang", "2015-08/K03", &[(GeneralFound, 5)]).await;
    world.cell("bs-tengchong", "2015-08/K03", &[(GeneralFound, 2)]).await;
    assert_eq!(printed(&world.ask(&question).await.total.unwrap()), "2");
    world.soundness.condemn("JOURNAL_ROLLED_BACK", "shorter than what was signed".to_owned());
    let total = world.ask(&question).await.total.unwrap();
    assert_eq!((printed(&total).as_str(), covered(&total).as_str()), ("2", "0/1; quarantined bs-tengchong JOURNAL_ROLLED_BACK"));
}

#[tokio::test]
async fn industries_are_filtered_and_broken_down() {
    let world = baoshan().await;
    world.cell("bs-longyang", "2015-08/Q77", &[(GeneralFound, 30)]).await;
    let mut question = world.about("2015-08", &["general_found"]);
    question.breakdown = Breakdown::Industry as i32;
    let answer = world.ask(&question).await;
    assert_eq!(answer.rows.len(), 38, "37 of the table and one that only the county knows");
    let of = |code: &str| printed(answer.rows.iter().find(|row| row.industry == code).unwrap());
    assert_eq!((of("K03"), of("H01"), of("Q77"), of("K01")), ("14".into(), "1".into(), "30".into(), "0".into()));
    assert_eq!(printed(answer.total.as_ref().unwrap()), "45");
    assert!(answer.rows.iter().all(|row| covered(row).starts_with("3/5") && row.region.is_empty()));

    question.industries = vec!["K03".to_owned(), "K01".to_owned()];
    let answer = world.ask(&question).await;
    let lines: Vec<_> = answer.rows.iter().map(|row| format!("{} {}", row.industry, printed(row))).collect();
    assert_eq!(lines, ["K01 0", "K03 14"]);
    assert_eq!(printed(&answer.total.unwrap()), "14");
}

#[tokio::test]
async fn facts_that_are_withdrawn_newer_or_for_another_audience_are_told_apart() {
    let world = baoshan().await;
    let question = world.about("2015-08", &["general_found"]);
    let mut values = vec![0; 60];
    (values[GeneralFound.index()], values[59]) = (100, 9);
    let newer = prost::Message::encode_to_vec(&pb::Cell { catalogue: 9, values });
    world.fact("bs-changning", 2, "cell", "2015-08/K03", &newer, false).await;
    assert_eq!(printed(&world.ask(&question).await.total.unwrap()), "115");
    world.fact("bs-changning", 2, "cell", "2015-08/K03", &newer, true).await;
    world.fact("bs-changning", 1, "cell", "2015-08/K03", &newer, false).await;
    world.fact("bs-changning", 2, "link", "2015-08/K03", &newer, false).await;
    assert_eq!(printed(&world.ask(&question).await.total.unwrap()), "15");
    // Jinning in Kunming has not joined: what it may have sent does not count in Baoshan either.
    world.fact("km-jinning", 2, "cell", "2015-08/K03", &newer, false).await;
    assert_eq!(printed(&world.ask(&question).await.total.unwrap()), "15");
}

#[tokio::test]
async fn a_fact_that_cannot_be_read_marks_its_origin_and_hurts_nobody_else() {
    for (kind, key, body) in [
        ("cell", "2015-08", &b""[..]),
        ("cell", "2015-00/K03", b""),
        ("cell", "2015-08/K03", b"\xff\xff\xff"),
        ("month", "2015-08x", b""),
        ("month", "2015-08", b"\x08"),
    ] {
        let world = baoshan().await;
        world.fact("bs-changning", 2, kind, key, body, false).await;
        let total = world.ask(&world.about("2015-Q3", &["general_found"])).await.total.unwrap();
        assert_eq!(printed(&total), "15", "{kind} {key}");
        assert!(covered(&total).starts_with("2/5; stale bs-changning FACT_UNREADABLE"), "{kind} {key}: {}", covered(&total));
    }
}

#[tokio::test]
async fn what_lies_outside_is_not_found() {
    let world = baoshan().await;
    for (parent, region) in [
        ("regions/yn", ""),
        ("regions/bs-tengchong", ""),
        ("regions/nowhere", ""),
        ("regions/bs", "yn"),
        ("regions/bs", "km"),
        ("regions/bs", "km-jinning"),
        ("regions/bs", "nowhere"),
    ] {
        let question = pb::QueryRequest { parent: parent.into(), region: region.into(), ..world.about("2015-08", &[]) };
        let refused = world.refused(&question).await;
        assert!(matches!(refused, Fault::NotFound { .. }), "{parent} {region}: {refused}");
    }
    // Before the register begins there was no such region on the map of then; on today's map there is.
    let mut early = world.about("2013-12", &["general_found"]);
    assert_eq!(world.refused(&early).await.reason(), "NOT_FOUND");
    early.map = RegionMap::Today as i32;
    let total = world.ask(&early).await.total.unwrap();
    assert_eq!((printed(&total), total.coverage.unwrap().unknown.len()), ("-".to_owned(), 5));

    let mut below = world.about("2015-08", &["general_found"]);
    below.region = "bs-tengchong".to_owned();
    assert_eq!(printed(&world.ask(&below).await.total.unwrap()), "3");
}

#[tokio::test]
async fn indicators_are_refused_by_reason_and_other_mistakes_all_at_once() {
    let world = baoshan().await;
    let refused = world.refused(&world.about("2015-08..2015-10", &["enterprises_inspected_quarter"])).await;
    assert_eq!(refused.reason(), "INDICATOR_SPAN_REFUSED");
    assert!(refused.to_string().contains("enterprises_inspected_quarter (2015-Q3)"), "{refused}");
    assert_eq!(Status::from(refused).code(), Code::InvalidArgument);
    assert_eq!(world.refused(&world.about("2015-08", &["nonsense"])).await.reason(), "INDICATOR_UNKNOWN");
    assert_eq!(world.refused(&world.about("2015-10", &["general_found"])).await.reason(), "SPAN_NOT_BEGUN");

    let question = pb::QueryRequest {
        parent: "bs".into(),
        region: "保山".into(),
        span: "2015-13".into(),
        indicators: vec!["nonsense".into()],
        industries: vec!["K03".into(), "K99".into()],
        breakdown: 9,
        completeness: -1,
        map: 7,
    };
    let Fault::Invalid(invalid) = Question::read(&question).unwrap_err() else { panic!("must be invalid") };
    let fields: Vec<_> = invalid.0.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["parent", "region", "span", "industries[1]", "breakdown", "completeness", "map", "indicators"]);

    let flood =
        pb::QueryRequest { indicators: vec!["x".into(); 101], industries: vec!["x".into(); 101], ..world.about("2015", &[]) };
    let Fault::Invalid(invalid) = Question::read(&flood).unwrap_err() else { panic!("must be invalid") };
    assert_eq!(invalid.0.len(), 2);
}

#[tokio::test]
async fn without_a_choice_every_indicator_that_the_span_allows_is_answered_in_the_order_of_the_table() {
    let world = baoshan().await;
    let all = world.indicators.list(&pb::ListIndicatorsRequest { parent: "regions/bs".into() }).unwrap();
    assert_eq!(all.catalogue, changxiao_domain::indicator::CATALOGUE);
    assert!(all.indicators.is_sorted_by(|one, next| one.number < next.number));
    for (span, kind) in [("2015-08", "month"), ("2015-Q3", "quarter"), ("2015", "year"), ("2015-08..2015-09", "none")] {
        let wanted: Vec<&str> =
            all.indicators.iter().filter(|one| one.span == "any" || one.span == kind).map(|one| one.id.as_str()).collect();
        let total = world.ask(&world.about(span, &[])).await.total.unwrap();
        let answered: Vec<&str> = total.figures.iter().map(|figure| figure.indicator.as_str()).collect();
        assert_eq!(answered, wanted, "{span}");
    }
    let rate = all.indicators.iter().find(|one| one.id == "declaration_rate").unwrap();
    assert_eq!((rate.kind.as_str(), rate.unit.as_str(), rate.name_zh.as_str()), ("ratio", "%", "申报率"));
    assert!(!rate.formula.is_empty() && all.indicators.iter().all(|one| !one.source.is_empty()));

    let refused = world.indicators.list(&pb::ListIndicatorsRequest { parent: "regions/km".into() }).unwrap_err();
    assert_eq!(refused.reason(), "NOT_FOUND");
}

#[tokio::test]
async fn an_account_of_another_region_sees_no_figures() {
    use changxiao_proto::statistics::v1::rollups_server::Rollups as _;

    let world = baoshan().await;
    for (region, code) in [(Some("bs"), Code::Ok), (Some("bs-longyang"), Code::NotFound), (None, Code::Unauthenticated)] {
        let question = pb::QueryRequest { parent: "regions/bs".into(), span: "2015-09".into(), ..Default::default() };
        let mut request = tonic::Request::new(question);
        if let Some(region) = region {
            let caller = crate::policy::Caller {
                region: region.parse().unwrap(),
                actor: changxiao_domain::actor::Actor::Operator,
                by: crate::policy::By::Token,
            };
            request.extensions_mut().insert(caller);
        }
        let answered = world.rollups.query(request).await;
        assert_eq!(answered.map_or_else(|status| status.code(), |_| Code::Ok), code, "{region:?}");
    }
}
