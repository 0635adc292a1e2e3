//! The catalogue in full against a real county and its city: the whole life of an enterprise from AD1 to AD14 by gRPC, what time says, the
//! figures that follow, and who may not.

mod transfers;

use changxiao_proto::{
    account::v1::Role,
    county::v1::*,
    oversight::v1::{DecideRemovalRequest, ListRemovalsRequest},
    statistics::v1::{Completeness, QueryRequest, RegionMap},
};
use changxiao_tests::{
    calendar::Day,
    client::{self, Caller},
    story::{
        inspecting,
        people::{self, Confined, Staff},
        road,
        stage::{Stage, eventually},
    },
};

use crate::support::small::{self, COUNTY};

struct Bureau {
    administrator: Caller,
    regulator: Caller,
}

async fn bureau(stage: &Stage) -> Bureau {
    let administrator = stage.world.administrator(COUNTY);
    let regulator = stage.world.door(COUNTY).caller(&small::token(&administrator, "regulator-1").await);
    Bureau { administrator, regulator }
}

/// The stable reason of a refusal.
fn reason(status: &tonic::Status) -> String {
    client::reason(status).unwrap_or_default()
}

fn text(words: &str) -> String {
    format!("(测试){words}")
}

/// An enterprise that nobody numbered yet.
fn proposal(title: &str) -> Enterprise {
    Enterprise {
        title: text(title),
        address: text("合成路1号"),
        township: "530522101".to_owned(),
        industry: "K03".to_owned(),
        no_identifier_reason: text("办理中"),
        legal_representative: text("法人"),
        synthetic: true,
        ..Enterprise::default()
    }
}

impl Bureau {
    async fn propose(&self, enterprise: Enterprise) -> Result<String, tonic::Status> {
        let parent = self.regulator.door().parent();
        let sent = ProposeEnterpriseRequest { parent, enterprise: Some(enterprise), ..Default::default() };
        self.regulator.propose_enterprise(sent).await.map(|told| told.resource)
    }

    async fn get(&self, name: &str) -> Enterprise {
        self.regulator.get_enterprise(GetEnterpriseRequest { name: name.to_owned() }).await.unwrap()
    }

    async fn state(&self, name: &str) -> EnterpriseState {
        self.get(name).await.state()
    }

    async fn list(&self, request: ListEnterprisesRequest) -> Vec<String> {
        let request = ListEnterprisesRequest { parent: self.regulator.door().parent(), ..request };
        let listed = self.regulator.list_enterprises(request).await.unwrap().enterprises;
        listed.into_iter().map(|enterprise| enterprise.name).collect()
    }

    async fn invited(&self, title: &str, number: usize) -> (String, Staff) {
        let name = self.propose(proposal(title)).await.unwrap();
        self.regulator.enlist_enterprise(road::enlisting(&name)).await.unwrap();
        let staff = people::staff(&self.administrator, number, &name).await.unwrap();
        let account = format!("{}/accounts/reporter-{number}", self.administrator.door().parent());
        self.regulator.invite_enterprise(road::invitation(&name, &account)).await.unwrap();
        (name, staff)
    }
}

async fn figure(stage: &Stage, indicator: &str) -> i64 {
    let request = QueryRequest {
        parent: format!("regions/{COUNTY}"),
        span: "2015-09".to_owned(),
        indicators: vec![indicator.to_owned()],
        completeness: Completeness::Any.into(),
        map: RegionMap::Then.into(),
        ..Default::default()
    };
    let answer = stage.analyst(COUNTY).query(request).await.unwrap();
    answer.total.unwrap().figures[0].value
}

async fn submit(staff: &Staff) -> Result<(), tonic::Status> {
    let sent = SubmitEnterpriseRequest { name: staff.enterprise.clone(), ..Default::default() };
    staff.reporter.submit_enterprise(sent).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_is_chosen_filled_in_returned_checked_and_confirmed() {
    let mut stage = small::frozen(21, 1).await;
    let bureau = bureau(&stage).await;
    let (taken, left) = (bureau.propose(proposal("甲厂")).await.unwrap(), bureau.propose(proposal("乙厂")).await.unwrap());
    let exclude =
        ExcludeEnterpriseRequest { name: left.clone(), reason: text("规模小、无危险工艺"), ..Default::default() };
    bureau.regulator.exclude_enterprise(exclude).await.unwrap();
    assert_eq!(bureau.state(&left).await, EnterpriseState::Excluded);
    bureau.regulator.enlist_enterprise(road::enlisting(&taken)).await.unwrap();

    // The list is a document of its day, best scores first, numbered.
    let publish = PublishNameListRequest {
        parent: bureau.regulator.door().parent(),
        title: text("纳入监管生产经营单位名单"),
        ..Default::default()
    };
    let list = bureau.regulator.publish_name_list(publish).await.unwrap().resource;
    let list = bureau.regulator.get_name_list(GetNameListRequest { name: list }).await.unwrap();
    assert_eq!(list.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2]);
    assert!(list.lines.iter().any(|line| line.enterprise == taken && line.score == 9));
    assert_eq!(list.on.map(|on| Day::from_wire(&on)), Some(Day::new(2015, 9, 2)));

    // An invitation needs an account of this enterprise.
    let stranger = format!("{}/accounts/reporter-0", bureau.administrator.door().parent());
    let refused = bureau.regulator.invite_enterprise(road::invitation(&taken, &stranger)).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_ACCOUNT_UNFIT");
    let staff = people::staff(&bureau.administrator, 7, &taken).await.unwrap();
    let account = format!("{}/accounts/reporter-7", bureau.administrator.door().parent());
    bureau.regulator.invite_enterprise(road::invitation(&taken, &account)).await.unwrap();

    // Nothing is handed in half empty; every missing field is named.
    let refused = submit(&staff).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_INCOMPLETE");
    assert!(refused.message().contains("6 of 14") && refused.message().contains("information_officer"), "{refused}");
    let before = bureau.get(&taken).await;
    assert_eq!((before.fields_filled, before.fields_total, before.fields_missing.len()), (6, 14, 8));
    let update = UpdateEnterpriseRequest { etag: before.etag.clone(), ..road::filling(&taken, 20) };
    staff.reporter.update_enterprise(update.clone()).await.unwrap();
    let refused = staff.reporter.update_enterprise(UpdateEnterpriseRequest { request_id: String::new(), ..update }).await;
    assert_eq!(reason(&refused.unwrap_err()), "ETAG_CHANGED");
    submit(&staff).await.unwrap();

    // The county sends it back with reasons for each field; the enterprise puts it right.
    let reasons = vec![FieldReason { field: "address".to_owned(), reason: text("地址不详") }];
    let back = ReturnEnterpriseRequest { name: taken.clone(), reasons, ..Default::default() };
    bureau.regulator.return_enterprise(back).await.unwrap();
    let returned = bureau.get(&taken).await;
    assert_eq!((returned.state(), returned.returned_fields.len()), (EnterpriseState::Filling, 1));
    let address = Enterprise { name: taken.clone(), address: text("合成路2号"), ..Enterprise::default() };
    let update = |enterprise: &Enterprise, mask: &[&str]| UpdateEnterpriseRequest {
        enterprise: Some(enterprise.clone()),
        update_mask: mask.iter().map(ToString::to_string).collect(),
        ..Default::default()
    };
    let refused = staff.reporter.update_enterprise(update(&address, &["industries"])).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_FIELD_OF_COUNTY");
    staff.reporter.update_enterprise(update(&address, &["address"])).await.unwrap();
    assert!(bureau.get(&taken).await.returned_fields.is_empty());
    submit(&staff).await.unwrap();
    let refused = staff.reporter.update_enterprise(update(&address, &["address"])).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_UNDER_REVIEW");
    road::check(&bureau.regulator, &taken).await.unwrap();
    assert_eq!(bureau.state(&taken).await, EnterpriseState::Checked);

    // The whole history is there to be read, with the fields that changed.
    let request = ListEnterpriseChangesRequest { name: taken.clone(), page: None };
    let changes = staff.reporter.list_enterprise_changes(request).await.unwrap().changes;
    let kinds: Vec<_> = changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "enterprise_proposed",
            "enterprise_enlisted",
            "enterprise_invited",
            "enterprise_updated",
            "enterprise_submitted",
            "enterprise_returned",
            "enterprise_updated",
            "enterprise_submitted",
            "admission_requested",
        ]
    );
    assert_eq!(changes[6].fields, ["address"]);

    // Silence of the city is no consent: after ten working days the request stands on its list of those overdue.
    stage.advance(Day::new(2015, 9, 25).at(9, 0)).await.unwrap();
    let officer = &stage.desks["bs"].officer;
    let overdue = eventually("the overdue request", || async {
        let request = changxiao_proto::oversight::v1::ListAdmissionsRequest {
            parent: officer.door().parent(),
            overdue: true,
            ..Default::default()
        };
        let listed = officer.list_admissions(request).await?.admissions;
        Ok(listed.into_iter().find(|one| one.enterprise.as_ref().is_some_and(|enterprise| enterprise.name == taken)))
    });
    assert!(overdue.await.unwrap().overdue);
    assert_eq!(bureau.state(&taken).await, EnterpriseState::Checked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervised_enterprise_stops_goes_on_falls_stale_and_leaves_with_the_citys_consent() {
    let mut stage = small::frozen(22, 1).await;
    let bureau = bureau(&stage).await;
    let staff = stage.players[&0].lock().await.staff().clone();
    let name = staff.enterprise.clone();
    let stop = |on: Day| AskStopRequest {
        name: name.clone(),
        on: Some(on.wire()),
        reason: text("设备检修"),
        guard: text("值守人"),
        ..Default::default()
    };
    let (today, tomorrow) = (Day::new(2015, 9, 2), Day::new(2015, 9, 3));
    let refused = staff.legal.ask_stop(stop(Day::new(2015, 12, 1))).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_DAY_OUTSIDE");
    staff.legal.ask_stop(stop(tomorrow)).await.unwrap();
    assert_eq!(reason(&staff.legal.ask_stop(stop(tomorrow)).await.unwrap_err()), "ENTERPRISE_REQUEST_PENDING");
    let decide = DecideStopRequest { name: name.clone(), confirmed: true, ..Default::default() };
    bureau.regulator.decide_stop(decide).await.unwrap();
    assert_eq!(bureau.state(&name).await, EnterpriseState::Stopped);

    // A stop is no exemption: September is owed, records go on.
    staff.reporter.record_self_inspection(inspecting::on_paper(&name, today)).await.unwrap();
    stage.advance(Day::new(2015, 10, 1).at(9, 0)).await.unwrap();
    assert_eq!(figure(&stage, "declarations_owed").await, 1);
    // But no window of October asks it to inspect itself.
    let tasks = ListSelfInspectionsRequest { parent: name.clone(), ..Default::default() };
    let tasks = staff.reporter.list_self_inspections(tasks).await.unwrap().self_inspections;
    assert!(tasks.iter().all(|task| !task.name.ends_with(".20151001")), "{tasks:?}");

    let restart = AskRestartRequest {
        name: name.clone(),
        on: Some(Day::new(2015, 10, 2).wire()),
        inspected_on: Some(Day::new(2015, 10, 1).wire()),
        ..Default::default()
    };
    staff.responsible.ask_restart(restart).await.unwrap();
    let decide = DecideRestartRequest { name: name.clone(), confirmed: true, ..Default::default() };
    bureau.regulator.decide_restart(decide).await.unwrap();
    let enterprise = bureau.get(&name).await;
    assert_eq!((enterprise.state(), enterprise.operation.len()), (EnterpriseState::Approved, 2));

    // Nobody confirmed the data for 31 days; whoever does takes the flag away.
    stage.advance(Day::new(2015, 11, 2).at(9, 0)).await.unwrap();
    assert_eq!(bureau.list(ListEnterprisesRequest { stale: true, ..Default::default() }).await, std::slice::from_ref(&name));
    let confirm = ConfirmEnterpriseRequest { name: name.clone(), ..Default::default() };
    staff.reporter.confirm_enterprise(confirm).await.unwrap();
    assert!(bureau.list(ListEnterprisesRequest { stale: true, ..Default::default() }).await.is_empty());

    // The city refuses, then consents.
    let officer = stage.desks["bs"].officer.clone();
    let ask = AskRemovalRequest {
        name: name.clone(),
        cause: RemovalCause::Closed.into(),
        reason: text("企业关闭"),
        ..Default::default()
    };
    for consent in [false, true] {
        bureau.regulator.ask_removal(ask.clone()).await.unwrap();
        let asked = eventually("the request for removal", || async {
            let request = ListRemovalsRequest { parent: officer.door().parent(), ..Default::default() };
            Ok(officer.list_removals(request).await?.removals.pop())
        })
        .await
        .unwrap();
        assert_eq!(asked.enterprise.as_ref().map(|enterprise| enterprise.name.as_str()), Some(name.as_str()));
        let decide = DecideRemovalRequest { name: asked.name, consent, reason: text("须先核实"), ..Default::default() };
        officer.decide_removal(decide.clone()).await.unwrap();
        let again = officer.decide_removal(DecideRemovalRequest { request_id: String::new(), ..decide }).await.unwrap_err();
        assert!(["REMOVAL_ALREADY_DECIDED", "REMOVAL_NOT_FOUND"].contains(&reason(&again).as_str()), "{again}");
        eventually("the effect of the city's word", || async {
            let told = bureau.regulator.get_enterprise(GetEnterpriseRequest { name: name.clone() }).await?;
            Ok((told.pending() == PendingRequest::Unspecified).then_some(()))
        })
        .await
        .unwrap();
        let state = if consent { EnterpriseState::Removed } else { EnterpriseState::Approved };
        assert_eq!(bureau.state(&name).await, state);
    }
    let refused = staff.reporter.register_hazard(RegisterHazardRequest {
        parent: name.clone(),
        found_on: Some(Day::new(2015, 11, 1).wire()),
        category: "B03".to_owned(),
        place: text("作业区"),
        description: text("消防通道被堵塞,须清理"),
        source: 3,
        finder: text("检查员"),
        ..Default::default()
    });
    assert_eq!(reason(&refused.await.unwrap_err()), "ENTERPRISE_NOT_APPROVED");
    sound(&mut stage, COUNTY).await;
}

/// The journal alone gives the same tables, cells and facts.
async fn sound(stage: &mut Stage, county: &str) {
    stage.world.stop(county).await.unwrap();
    let told = stage.world.verify(county).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_reminds_and_lists_those_who_do_not_fill_in() {
    let mut stage = small::frozen(23, 1).await;
    let bureau = bureau(&stage).await;
    let (slow, _) = bureau.invited("慢厂", 8).await;
    let (quick, staff) = bureau.invited("快厂", 9).await;
    staff.reporter.update_enterprise(road::filling(&quick, 9)).await.unwrap();
    submit(&staff).await.unwrap();
    let unfilled = ListEnterprisesRequest { unfilled: true, ..Default::default() };
    stage.advance(Day::new(2015, 9, 17).at(23, 59)).await.unwrap();
    assert!(bureau.list(unfilled.clone()).await.is_empty());
    stage.advance(Day::new(2015, 9, 18).at(0, 0)).await.unwrap();
    assert_eq!(bureau.list(unfilled).await, std::slice::from_ref(&slow));
    let reminded = async |name: &str| {
        let request = ListEnterpriseChangesRequest { name: name.to_owned(), page: None };
        let changes = bureau.regulator.list_enterprise_changes(request).await.unwrap().changes;
        changes.into_iter().filter(|change| change.kind == "enterprise_reminded").map(|change| change.at_ms).collect::<Vec<_>>()
    };
    let at = |day| Day::new(2015, 9, day).at(0, 0);
    assert_eq!(reminded(&slow).await, [at(6), at(10), at(18)]);
    // What was submitted waits for the county: five working days, with the holiday of 3 to 5 September.
    assert_eq!(reminded(&quick).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_have_days_and_belong_to_one_enterprise() {
    let stage = small::frozen(24, 1).await;
    let bureau = bureau(&stage).await;
    let own = bureau.get(&stage.enterprises[&0]).await;
    let double =
        Enterprise { no_identifier_reason: String::new(), identifiers: own.identifiers.clone(), ..proposal("同号厂") };
    assert_eq!(reason(&bureau.propose(double).await.unwrap_err()), "ENTERPRISE_IDENTIFIER_TAKEN");

    let (name, staff) = bureau.invited("新照厂", 8).await;
    let credit = |from: Option<Day>| Identifier {
        kind: IdentifierKind::CreditCode.into(),
        value: "91530581YYYY00012N".to_owned(),
        from: from.map(Day::wire),
        to: None,
    };
    let set = async |identifiers: Vec<Identifier>| {
        let enterprise = Enterprise { name: name.clone(), identifiers, ..Enterprise::default() };
        let mask = vec!["identifiers".to_owned(), "no_identifier_reason".to_owned()];
        let update = UpdateEnterpriseRequest { enterprise: Some(enterprise), update_mask: mask, ..Default::default() };
        staff.reporter.update_enterprise(update).await
    };
    let wrong = Identifier { value: "91530581YYYY00012M".to_owned(), ..credit(None) };
    let refused = set(vec![wrong]).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    // A code that begins in October identifies nobody in September.
    set(vec![credit(Some(Day::new(2015, 10, 1)))]).await.unwrap();
    staff.reporter.update_enterprise(road::filling(&name, 8)).await.unwrap();
    submit(&staff).await.unwrap();
    let refused = road::check(&bureau.regulator, &name).await.unwrap_err();
    assert!(refused.to_string().contains("identify"), "{refused}");

    // An account confined to one enterprise sees no other; a department no other industry.
    let refused = staff.reporter.get_enterprise(GetEnterpriseRequest { name: own.name.clone() }).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound);
    let elsewhere = Confined { enterprise: "", industry: "G07" };
    let officer = people::hire(&bureau.administrator, "officer-g07", Role::DepartmentOfficer, elsewhere).await.unwrap();
    let refused = officer.get_enterprise(GetEnterpriseRequest { name }).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn doubles_are_shown_merged_and_taken_apart_and_what_is_open_counts_once() {
    let mut stage = small::frozen(25, 2).await;
    let bureau = bureau(&stage).await;
    let (kept, double) = (stage.enterprises[&0].clone(), stage.enterprises[&1].clone());
    let staff = stage.players[&1].lock().await.staff().clone();
    let find = RegisterHazardRequest {
        parent: double.clone(),
        found_on: Some(Day::new(2015, 9, 1).wire()),
        category: "B03".to_owned(),
        place: text("作业区"),
        description: text("消防通道被堵塞,须清理"),
        source: 3,
        finder: text("检查员"),
        ..Default::default()
    };
    let hazard = staff.reporter.register_hazard(find.clone()).await.unwrap().resource;

    let same = Enterprise { title: bureau.get(&kept).await.title, address: bureau.get(&kept).await.address, ..proposal("") };
    let same = Enterprise { township: bureau.get(&kept).await.township, ..same };
    let written_twice = bureau.propose(same).await.unwrap();
    let request = ListPossibleDuplicatesRequest { name: written_twice.clone() };
    let alike = bureau.regulator.list_possible_duplicates(request).await.unwrap().duplicates;
    assert!(alike.first().is_some_and(|one| one.enterprise == kept && one.likeness == 100), "{alike:?}");

    let merge = |double: &str, into: &str| MergeEnterprisesRequest {
        name: double.to_owned(),
        into: into.to_owned(),
        reason: text("同一企业重复登记"),
        ..Default::default()
    };
    let refused = bureau.regulator.merge_enterprises(merge(&kept, &kept)).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_SAME");
    bureau.regulator.merge_enterprises(merge(&double, &kept)).await.unwrap();
    bureau.regulator.merge_enterprises(merge(&written_twice, &kept)).await.unwrap();
    let refused = bureau.regulator.merge_enterprises(merge(&kept, &written_twice)).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_MERGED");
    let refused = staff.reporter.register_hazard(find).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_MERGED");
    let held = async || {
        let told = bureau.regulator.get_hazard(GetHazardRequest { name: hazard.clone() }).await.unwrap();
        (told.enterprise, figure(&stage, "general_open").await, figure(&stage, "enterprises_in_catalogue").await)
    };
    assert_eq!(held().await, (kept.clone(), 1, 1));

    let undo = UndoMergeRequest { name: double.clone(), reason: text("核实为两家"), ..Default::default() };
    bureau.regulator.undo_merge(undo.clone()).await.unwrap();
    let again = UndoMergeRequest { request_id: String::new(), ..undo };
    assert_eq!(reason(&bureau.regulator.undo_merge(again).await.unwrap_err()), "ENTERPRISE_NOT_MERGED");
    assert_eq!(held().await, (double.clone(), 1, 2));
    sound(&mut stage, COUNTY).await;
}
