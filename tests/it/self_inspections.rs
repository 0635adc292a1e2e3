//! Self-inspections in full against a real county: every path of SI1 to SI8 by gRPC, what time says, the figures that follow, and who may not.

use changxiao_proto::county::v1::*;
use changxiao_tests::{
    calendar::Day,
    client::{Caller, reason},
    story::{declaring, inspecting, people::Staff, stage::Stage},
};
use tonic::Status;

use crate::{
    hazards::figures,
    support::small::{self, COUNTY},
};

const HELD: Day = Day::new(2015, 9, 3);

/// Who acts for four enterprises and over them.
pub(crate) struct Cast {
    pub staff: Vec<Staff>,
    pub regulator: Caller,
}

pub(crate) async fn cast(stage: &Stage, number: usize) -> Cast {
    let administrator = stage.world.administrator(COUNTY);
    let regulator = stage.world.door(COUNTY).caller(&small::token(&administrator, "regulator-1").await);
    let mut staff = Vec::new();
    for index in 0..number {
        staff.push(stage.players[&index].lock().await.staff().clone());
    }
    Cast { staff, regulator }
}

fn text(words: &str) -> String {
    format!("(测试){words}")
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason(&answer.unwrap_err()).unwrap()
}

fn ok(item: &str) -> ItemFinding {
    ItemFinding { item: item.to_owned(), verdict: ItemVerdict::Ok.into(), ..Default::default() }
}

impl Cast {
    async fn list(&self, number: usize, state: SelfInspectionState) -> Vec<SelfInspection> {
        let parent = self.staff[number].enterprise.clone();
        let wanted = ListSelfInspectionsRequest { parent, state: state.into(), ..Default::default() };
        self.regulator.list_self_inspections(wanted).await.unwrap().self_inspections
    }

    /// The comprehensive task of September.
    pub(crate) async fn task(&self, number: usize) -> SelfInspection {
        let all = self.list(number, SelfInspectionState::Unspecified).await;
        let monthly = all.into_iter().filter(|one| one.comprehensive && one.name.ends_with("-monthly.20150901"));
        let found: Vec<_> = monthly.collect();
        assert_eq!(found.len(), 1, "one comprehensive task a month");
        found.into_iter().next().unwrap()
    }

    async fn get(&self, name: &str) -> SelfInspection {
        self.regulator.get_self_inspection(GetSelfInspectionRequest { name: name.to_owned() }).await.unwrap()
    }

    fn plan(&self, name: &str, on: Day) -> PlanSelfInspectionRequest {
        PlanSelfInspectionRequest {
            name: name.to_owned(),
            on: Some(on.wire()),
            inspectors: vec![text("检查员甲"), text("检查员乙")],
            area: text("全厂区"),
            checklist: "general".to_owned(),
            ..Default::default()
        }
    }

    fn start(&self, name: &str, on: Day) -> StartSelfInspectionRequest {
        StartSelfInspectionRequest { name: name.to_owned(), on: Some(on.wire()), ..Default::default() }
    }

    fn finish(&self, name: &str, findings: Vec<ItemFinding>) -> FinishSelfInspectionRequest {
        FinishSelfInspectionRequest { name: name.to_owned(), findings, ..Default::default() }
    }

    async fn sign(&self, by: &Caller, name: &str) -> Result<(), Status> {
        by.sign_self_inspection(SignSelfInspectionRequest { name: name.to_owned(), ..Default::default() }).await.map(drop)
    }

    async fn sign_chain(&self, number: usize, name: &str) {
        let staff = &self.staff[number];
        for by in [&staff.reporter, &staff.responsible, &staff.legal] {
            self.sign(by, name).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_takes_every_path_of_its_machine() {
    let mut stage = small::frozen(31, 4).await;
    let cast = cast(&stage, 4).await;
    planned_done_and_signed(&mut stage, &cast).await;
    from_paper(&cast).await;
    cancelled(&cast).await;
    unseen(&cast).await;
    missed_and_made_up(&mut stage, &cast).await;

    let counts = [
        "self_inspections_due",
        "self_inspections_done",
        "self_inspections_missed",
        "self_inspections_made_up",
        "self_inspections_cancelled",
        "self_inspections_signed_in_time",
        "self_inspections",
        "enterprises_inspected_month",
    ];
    assert_eq!(figures(&stage, "2015-09", &counts).await, [4, 2, 1, 1, 1, 3, 3, 3]);
    // The second month: three enterprises owe again, and so does the one that was let off in September.
    assert_eq!(figures(&stage, "2015-10", &counts[..3]).await, [4, 0, 0]);
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}

/// SI1 to SI5.
async fn planned_done_and_signed(stage: &mut Stage, cast: &Cast) {
    let staff = &cast.staff[0];
    let due = cast.task(0).await;
    let name = due.name.clone();
    assert_eq!((due.state(), due.table_version, due.missed), (SelfInspectionState::Due, 0, false));
    assert_eq!(due.opens_at_ms, Day::new(2015, 9, 1).start_ms());
    assert_eq!(due.ends_at_ms, Day::new(2015, 9, 30).end_ms());

    // The enterprise adds an item of its own; the county's stay.
    let adapt = AdaptChecklistRequest {
        parent: staff.enterprise.clone(),
        checklist: "general".to_owned(),
        items: vec![ChecklistItem { text: text("空压机房安全阀有效"), ..Default::default() }],
        ..Default::default()
    };
    staff.reporter.adapt_checklist(adapt.clone()).await.unwrap();
    let wrong = AdaptChecklistRequest { checklist: "nobodys".to_owned(), ..adapt.clone() };
    assert_eq!(refused(staff.reporter.adapt_checklist(wrong).await), "CHECKLIST_NOT_FOUND");
    let wanted = GetChecklistRequest {
        name: format!("regions/{COUNTY}/checklists/general"),
        enterprise: staff.enterprise.clone(),
        ..Default::default()
    };
    let list = staff.reporter.get_checklist(wanted.clone()).await.unwrap();
    assert_eq!((list.version, list.items.len(), list.own_items.len()), (1, 10, 1));
    assert_eq!((list.own_items[0].key.as_str(), list.own_items_version), ("own-1", 1));

    assert_eq!(
        refused(staff.reporter.plan_self_inspection(cast.plan(&name, Day::new(2015, 10, 1))).await),
        "SELF_INSPECTION_OUTSIDE_WINDOW"
    );
    let other = PlanSelfInspectionRequest { checklist: "nobodys".to_owned(), ..cast.plan(&name, HELD) };
    assert_eq!(refused(staff.reporter.plan_self_inspection(other).await), "CHECKLIST_NOT_FOUND");
    staff.reporter.plan_self_inspection(cast.plan(&name, HELD)).await.unwrap();
    let planned = cast.get(&name).await;
    assert_eq!((planned.state(), planned.checklist_version, planned.own_items_version), (SelfInspectionState::Planned, 1, 1));
    assert_eq!(planned.inspectors.len(), 2);
    assert_eq!(refused(staff.reporter.plan_self_inspection(cast.plan(&name, HELD)).await), "SELF_INSPECTION_WRONG_STATE");
    assert_eq!(refused(staff.reporter.start_self_inspection(cast.start(&name, HELD)).await), "SELF_INSPECTION_IN_FUTURE");

    stage.advance(HELD.at(9, 0)).await.unwrap();
    let stale = StartSelfInspectionRequest { etag: "1".to_owned(), ..cast.start(&name, HELD) };
    assert_eq!(refused(staff.reporter.start_self_inspection(stale).await), "ETAG_CHANGED");
    staff.reporter.start_self_inspection(cast.start(&name, HELD)).await.unwrap();
    // The county publishes a version meanwhile: what is under way goes by the one it began with.
    let publish = PublishChecklistRequest {
        parent: format!("regions/{COUNTY}"),
        checklist_id: "general".to_owned(),
        title: text("通用清单"),
        source: text("县局通知"),
        items: vec![ChecklistItem { text: text("条目"), clause: text("条款"), ..Default::default() }],
        ..Default::default()
    };
    cast.regulator.publish_checklist(publish).await.unwrap();
    let newest = staff.reporter.get_checklist(wanted.clone()).await.unwrap();
    let first = staff.reporter.get_checklist(GetChecklistRequest { version: 1, ..wanted }).await.unwrap();
    assert_eq!((newest.version, newest.items.len(), first.items.len(), newest.own_items.len()), (2, 1, 10, 1));

    let mut findings: Vec<_> = (1..=10).map(|item| ok(&item.to_string())).collect();
    let before = stage_hazards(cast).await;
    assert_eq!(
        refused(staff.reporter.finish_self_inspection(cast.finish(&name, findings.clone())).await),
        "SELF_INSPECTION_RESULTS_INCOMPLETE",
        "own items are part of the list"
    );
    let found = FoundHazard {
        category: "B03".to_owned(),
        place: text("空压机房"),
        description: text("安全阀超期未校验,须更换"),
        finder: text("检查员甲"),
        general_by: inspecting::CRITERIA.to_owned(),
    };
    let not_ok = |found: FoundHazard| ItemFinding {
        item: "own-1".to_owned(),
        verdict: ItemVerdict::NotOk.into(),
        found: Some(found),
        ..Default::default()
    };
    findings.push(not_ok(FoundHazard { general_by: "coal-2021-01-01".to_owned(), ..found.clone() }));
    assert_eq!(
        refused(staff.reporter.finish_self_inspection(cast.finish(&name, findings.clone())).await),
        "HAZARD_CRITERIA_NOT_IN_FORCE"
    );
    assert_eq!(stage_hazards(cast).await, before, "a refused result registers nothing");
    findings.pop();
    findings.push(not_ok(found));
    staff.reporter.finish_self_inspection(cast.finish(&name, findings)).await.unwrap();
    let done = cast.get(&name).await;
    let result = done.results.iter().find(|result| result.verdict() == ItemVerdict::NotOk).unwrap();
    assert_eq!((done.state(), done.results.len(), done.signatures_open), (SelfInspectionState::Done, 11, 3));
    let hazard = staff.reporter.get_hazard(GetHazardRequest { name: result.hazard.clone() }).await.unwrap();
    assert_eq!((hazard.found_on, hazard.enterprise.as_str()), (Some(HELD.wire()), staff.enterprise.as_str()));
    assert_eq!((hazard.criteria.as_str(), hazard.state()), (inspecting::CRITERIA, HazardState::General));

    assert_eq!(refused(cast.sign(&staff.legal, &name).await), "SELF_INSPECTION_OUT_OF_ORDER");
    cast.sign(&staff.reporter, &name).await.unwrap();
    assert_eq!(refused(cast.sign(&staff.reporter, &name).await), "SELF_INSPECTION_OUT_OF_ORDER");
    cast.sign(&staff.responsible, &name).await.unwrap();
    assert_eq!(cast.get(&name).await.signatures_open, 1);
    cast.sign(&staff.legal, &name).await.unwrap();
    let signed = cast.get(&name).await;
    assert_eq!((signed.state(), signed.signed_in_time, signed.late), (SelfInspectionState::Signed, true, false));
    assert_eq!(signed.signatures, ["reporter-0", "responsible-0", "legal-0"]);
}

async fn stage_hazards(cast: &Cast) -> usize {
    let wanted = ListHazardsRequest { parent: format!("regions/{COUNTY}"), ..Default::default() };
    cast.regulator.list_hazards(wanted).await.unwrap().hazards.len()
}

/// The short road: signed paper fulfils the task of its month; a second one is one that no rule asked for.
async fn from_paper(cast: &Cast) {
    let staff = &cast.staff[1];
    let task = cast.task(1).await.name;
    let told = staff.reporter.record_self_inspection(inspecting::on_paper(&staff.enterprise, HELD)).await.unwrap();
    assert_eq!(told.resource, task);
    let recorded = cast.get(&task).await;
    assert_eq!((recorded.state(), recorded.on_paper, recorded.signed_in_time), (SelfInspectionState::Signed, true, true));
    assert_eq!(recorded.late_reason, "", "whoever is in time is not asked why");
    let unasked = inspecting::on_paper(&staff.enterprise, Day::new(2015, 8, 28));
    let unasked = staff.reporter.record_self_inspection(unasked).await.unwrap().resource;
    let unasked = cast.get(&unasked).await;
    assert_eq!((unasked.rule.as_str(), unasked.state(), unasked.signed_in_time), ("", SelfInspectionState::Signed, false));
}

/// SI8.
async fn cancelled(cast: &Cast) {
    let name = cast.task(2).await.name;
    let cancel = CancelSelfInspectionRequest { name: name.clone(), reason: text("停产检修"), ..Default::default() };
    assert_eq!(refused(cast.staff[2].responsible.cancel_self_inspection(cancel.clone()).await), "SELF_INSPECTION_COUNTY_CANCELS");
    cast.regulator.cancel_self_inspection(cancel.clone()).await.unwrap();
    let cancelled = cast.get(&name).await;
    assert_eq!((cancelled.state(), cancelled.cancelled_reason), (SelfInspectionState::Cancelled, text("停产检修")));
    assert_eq!(refused(cast.regulator.cancel_self_inspection(cancel).await), "SELF_INSPECTION_WRONG_STATE");
}

/// Another enterprise's inspections are not there.
async fn unseen(cast: &Cast) {
    let name = cast.task(3).await.name;
    let stranger = &cast.staff[0].reporter;
    assert_eq!(refused(stranger.get_self_inspection(GetSelfInspectionRequest { name: name.clone() }).await), "NOT_FOUND");
    assert_eq!(refused(stranger.start_self_inspection(cast.start(&name, HELD)).await), "SELF_INSPECTION_NOT_FOUND");
    let all = ListSelfInspectionsRequest { parent: format!("regions/{COUNTY}/enterprises/-"), ..Default::default() };
    let seen = stranger.list_self_inspections(all.clone()).await.unwrap().self_inspections;
    assert!(seen.iter().all(|one| one.name.starts_with(&cast.staff[0].enterprise)), "{seen:?}");
    let seen = cast.regulator.list_self_inspections(all).await.unwrap().self_inspections;
    assert!(seen.iter().any(|one| one.name == name));
    let unfit = PlanSelfInspectionRequest { checklist: "hazchem".to_owned(), ..cast.plan(&name, HELD) };
    let reason = refused(
        cast.staff[3]
            .reporter
            .plan_self_inspection(PlanSelfInspectionRequest { checklist: "coal".to_owned(), ..unfit.clone() })
            .await,
    );
    let other = refused(cast.staff[3].reporter.plan_self_inspection(unfit).await);
    assert!(
        [reason, other].contains(&"CHECKLIST_OTHER_INDUSTRY".to_owned()),
        "no enterprise is a coal mine and a chemical works"
    );
}

/// SI6 and SI7; a zero report rests on a signed inspection, not on one that is merely done.
async fn missed_and_made_up(stage: &mut Stage, cast: &Cast) {
    let staff = &cast.staff[3];
    let name = cast.task(3).await.name;
    let plan = cast.plan(&name, HELD);
    let make_up = MakeUpSelfInspectionRequest {
        name: name.clone(),
        on: plan.on,
        inspectors: plan.inspectors,
        area: plan.area,
        checklist: plan.checklist,
        findings: vec![ok("1")],
        reason: text("负责人外出"),
        ..Default::default()
    };
    assert_eq!(refused(staff.reporter.make_up_self_inspection(make_up.clone()).await), "SELF_INSPECTION_WRONG_STATE");
    stage.advance(Day::new(2015, 10, 1).at(9, 0)).await.unwrap();
    let missed = cast.get(&name).await;
    assert_eq!((missed.state(), missed.missed), (SelfInspectionState::Missed, true));
    assert_eq!(refused(staff.reporter.start_self_inspection(cast.start(&name, HELD)).await), "SELF_INSPECTION_WRONG_STATE");
    let paper = RecordSelfInspectionRequest { late_reason: String::new(), ..inspecting::on_paper(&staff.enterprise, HELD) };
    assert_eq!(refused(staff.reporter.record_self_inspection(paper).await), "SELF_INSPECTION_LATE_WITHOUT_REASON");

    staff.reporter.make_up_self_inspection(make_up).await.unwrap();
    let made_up = cast.get(&name).await;
    assert_eq!((made_up.state(), made_up.late, made_up.missed), (SelfInspectionState::Done, true, true));
    assert_eq!((made_up.late_reason, made_up.checklist_version), (text("负责人外出"), 2));

    let declaration = format!("{}/declarations/2015-09", staff.enterprise);
    let early = declaring::confirm(staff, &declaration).await.err().unwrap();
    let early = early.downcast_ref::<Status>().and_then(reason);
    assert_eq!(early.as_deref(), Some("DECLARATION_ZERO_WITHOUT_INSPECTION"));
    cast.sign_chain(3, &name).await;
    declaring::confirm(staff, &declaration).await.unwrap();
}
