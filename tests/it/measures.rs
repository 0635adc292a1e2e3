//! Follow-up, the six measures and the directives inside a county, against a real one: what time opens by itself, what only people close,
//! every path of DI1 to DI15, and who may not.

use changxiao_proto::{account::v1::Role, county::v1::*};
use changxiao_tests::{
    calendar::{Day, Month},
    client::{Caller, reason},
    story::{
        people::{Confined, Staff, hire},
        stage::Stage,
    },
};

use crate::support::small::{self, COUNTY};

struct Cast {
    staff: Staff,
    stranger: Staff,
    regulator: Caller,
    second: Caller,
    commission: Caller,
    department: Caller,
    head: Caller,
    parent: String,
}

async fn cast(stage: &Stage) -> Cast {
    let administrator = stage.world.administrator(COUNTY);
    let door = stage.world.door(COUNTY);
    let industry = stage.firms[0].industry.to_lowercase();
    let whole = Confined::default();
    Cast {
        staff: stage.players[&0].lock().await.staff().clone(),
        stranger: stage.players[&1].lock().await.staff().clone(),
        regulator: door.caller(&small::token_for(&administrator, "regulator-1", 366).await),
        second: hire(&administrator, "regulator-2", Role::CountyRegulator, whole).await.unwrap(),
        commission: door.caller(&small::token_for(&administrator, "commission-1", 366).await),
        department: door.caller(&small::token_for(&administrator, &format!("department-{industry}"), 366).await),
        head: hire(&administrator, "head-1", Role::GroupLeader, whole).await.unwrap(),
        parent: format!("regions/{COUNTY}"),
    }
}

fn text(words: &str) -> String {
    format!("(测试){words},按要求填写的说明")
}

/// A request about one record with its own fields.
macro_rules! of {
    ($request:ident, $name:expr $(, $field:ident: $value:expr)*) => {
        $request { name: $name.to_string(), $($field: $value,)* ..Default::default() }
    };
}

/// The reason of a refusal.
macro_rules! refused {
    ($call:expr, $reason:literal) => {{
        let status = $call.await.unwrap_err();
        assert_eq!(reason(&status).as_deref(), Some($reason), "{status}");
    }};
}

impl Cast {
    /// Tokens are for a year.
    async fn renew(&mut self, stage: &Stage) {
        let (administrator, door) = (stage.world.administrator(COUNTY), stage.world.door(COUNTY));
        self.regulator = door.caller(&small::token_for(&administrator, "regulator-1", 366).await);
        self.commission = door.caller(&small::token_for(&administrator, "commission-1", 366).await);
        self.stranger.legal = door.caller(&small::token_for(&administrator, "legal-1", 366).await);
    }

    async fn tasks(&self, rule: &str) -> Vec<Task> {
        let list = ListTasksRequest { parent: self.parent.clone(), ..Default::default() };
        let found = self.regulator.list_tasks(list).await.unwrap().tasks;
        found.into_iter().filter(|task| task.rule == rule).collect()
    }

    async fn notices(&self, by: &Caller, rule: &str) -> Vec<Notice> {
        let list = ListNoticesRequest { parent: self.parent.clone(), ..Default::default() };
        let found = by.list_notices(list).await.unwrap().notices;
        found.into_iter().filter(|notice| notice.rule == rule).collect()
    }

    async fn hazard(&self, by: &Staff, deadline: Day) -> String {
        let find = RegisterHazardRequest {
            parent: by.enterprise.clone(),
            found_on: Some(Day::new(2015, 9, 1).wire()),
            category: "B03".to_owned(),
            place: text("作业区"),
            description: text("通道被堵塞"),
            source: 3,
            finder: text("检查员"),
            general_by: "general-2008-02-01".to_owned(),
            ..Default::default()
        };
        let name = by.reporter.register_hazard(find).await.unwrap().resource;
        let assign = AssignRectificationRequest {
            name: name.clone(),
            responsible: text("整改人"),
            reinspector: text("复查人"),
            acceptor: text("验收人"),
            closer: text("销号人"),
            measure: text("清理"),
            protection: text("警戒"),
            deadline: Some(deadline.wire()),
            ..Default::default()
        };
        by.responsible.assign_rectification(assign).await.unwrap();
        name
    }

    async fn defaulters(&self, by: &Caller, kind: DefaultKind, month: Option<Month>) -> Vec<Defaulter> {
        let list = ListDefaultersRequest {
            parent: self.parent.clone(),
            kind: kind.into(),
            month: month.map(Month::wire),
            ..Default::default()
        };
        by.list_defaulters(list).await.unwrap().defaulters
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_opens_tasks_and_only_people_close_them() {
    let mut stage = small::frozen(41, 2).await;
    let cast = cast(&stage).await;
    let hazard = cast.hazard(&cast.staff, Day::new(2015, 9, 10)).await;
    let ask = AskExtensionRequest {
        name: hazard.clone(),
        deadline: Some(Day::new(2015, 10, 20).wire()),
        reason: text("配件未到"),
        protection: text("专人看守"),
        ..Default::default()
    };
    cast.staff.reporter.ask_extension(ask).await.unwrap();

    // 6 September: the two enterprises have not declared August. A task for each, a notice for each, and the county's list.
    stage.advance(Day::new(2015, 9, 6).at(9, 0)).await.unwrap();
    assert_eq!(cast.tasks("declaration_overdue").await.len(), 2);
    let notices = cast.notices(&cast.staff.legal, "declaration_overdue_notice").await;
    assert_eq!(notices.len(), 1, "an enterprise sees its own");
    let overdue = cast.defaulters(&cast.regulator, DefaultKind::DeclarationOverdue, Some(Month::new(2015, 8))).await;
    assert_eq!(overdue.len(), 2);
    assert!(cast.tasks("extension_undecided").await.is_empty(), "five working days are not over");
    let read = of!(ReadNoticeRequest, notices[0].name);
    refused!(cast.regulator.read_notice(read.clone()), "NOTICE_NOT_ADDRESSED");
    refused!(cast.stranger.legal.read_notice(read.clone()), "NOTICE_NOT_FOUND");
    cast.staff.legal.read_notice(read.clone()).await.unwrap();
    refused!(cast.staff.legal.read_notice(read), "NOTICE_ALREADY_READ");
    let notice = cast.regulator.get_notice(GetNoticeRequest { name: notices[0].name.clone() }).await.unwrap();
    assert_eq!(notice.receipts.iter().map(|receipt| receipt.account.as_str()).collect::<Vec<_>>(), ["legal-0"]);

    // 11 September: the extension was asked for on the 2nd and is undecided; the hazard is overdue since midnight.
    stage.advance(Day::new(2015, 9, 11).at(9, 0)).await.unwrap();
    assert_eq!(cast.tasks("extension_undecided").await.len(), 1, "silence is seen, and consents to nothing");
    let task = cast.tasks("hazard_overdue").await.remove(0);
    assert_eq!((task.about.as_str(), task.state(), task.to()), (hazard.as_str(), TaskState::Open, Addressee::Regulator));
    assert_eq!(cast.defaulters(&cast.regulator, DefaultKind::HazardOverdue, None).await.len(), 1);

    // A person does it; another one closes it. The hazard is as open as before.
    let assign = |to: &str| of!(AssignTaskRequest, task.name, assignee: to.to_owned());
    refused!(cast.regulator.assign_task(assign("nobody")), "TASK_ASSIGNEE_UNKNOWN");
    refused!(cast.regulator.assign_task(assign("legal-1")), "TASK_ASSIGNEE_UNKNOWN");
    let close = of!(CloseTaskRequest, task.name, result: text("已督促"));
    refused!(cast.regulator.close_task(close.clone()), "TASK_WRONG_STATE");
    cast.regulator.assign_task(assign("regulator-2")).await.unwrap();
    let answer = of!(AnswerTaskRequest, task.name, result: text("已到现场督促"));
    refused!(cast.regulator.answer_task(answer.clone()), "TASK_NOT_ASSIGNEE");
    cast.second.work_task(of!(WorkTaskRequest, task.name, note: text("已联系企业"))).await.unwrap();
    cast.second.answer_task(answer.clone()).await.unwrap();
    cast.regulator.return_task(of!(ReturnTaskRequest, task.name, reason: text("缺照片"))).await.unwrap();
    cast.second.answer_task(answer).await.unwrap();
    refused!(cast.second.close_task(close.clone()), "FOUR_EYES_SAME_PERSON");
    cast.regulator.close_task(close).await.unwrap();
    let closed = cast.regulator.get_task(GetTaskRequest { name: task.name.clone() }).await.unwrap();
    assert_eq!(closed.state(), TaskState::Closed);
    let held = cast.regulator.get_hazard(GetHazardRequest { name: hazard.clone() }).await.unwrap();
    assert_eq!((held.state(), held.overdue), (HazardState::Rectifying, true), "a task closes nothing by itself");

    // By hand, and not for the past.
    let open = |due: Day| OpenTaskRequest {
        parent: cast.parent.clone(),
        about: hazard.clone(),
        enterprise: cast.staff.enterprise.clone(),
        to: Addressee::Commission.into(),
        demand: text("督促"),
        due: Some(due.wire()),
        ..Default::default()
    };
    refused!(cast.regulator.open_task(open(Day::new(2015, 9, 10))), "TASK_DUE_PAST");
    let by_hand = cast.regulator.open_task(open(Day::new(2015, 9, 15))).await.unwrap().resource;
    let seen = cast.department.get_task(GetTaskRequest { name: by_hand }).await.unwrap();
    assert_eq!(seen.title, text("督促"));

    // August missing on 1 October; with September a warning is proposed on 1 November, with October an interview on 1 December.
    stage.advance(Day::new(2015, 10, 1).at(9, 0)).await.unwrap();
    assert_eq!((cast.tasks("declaration_missing").await.len(), cast.tasks("propose_warning").await.len()), (2, 0));
    stage.advance(Day::new(2015, 11, 1).at(9, 0)).await.unwrap();
    assert_eq!((cast.tasks("declaration_missing").await.len(), cast.tasks("propose_warning").await.len()), (4, 2));
    stage.advance(Day::new(2015, 12, 1).at(9, 0)).await.unwrap();
    let counts = (cast.tasks("propose_warning").await.len(), cast.tasks("propose_interview").await.len());
    assert_eq!(counts, (2, 2));
    let missing = cast.defaulters(&cast.regulator, DefaultKind::DeclarationMissing, Some(Month::new(2015, 10))).await;
    assert_eq!(missing.len(), 2);
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_six_measures_and_the_directives_of_the_county_take_every_path() {
    let mut stage = small::frozen(42, 2).await;
    let mut cast = cast(&stage).await;
    let enterprise = cast.staff.enterprise.clone();

    // DI8 to DI11.
    let warning = PublishWarningRequest {
        parent: cast.parent.clone(),
        enterprise: enterprise.clone(),
        facts: text("连续逾期"),
        addressees: text("各企业"),
        ..Default::default()
    };
    cast.regulator.publish_warning(warning).await.unwrap();
    let interview = |by: Day| RecordInterviewRequest {
        parent: enterprise.clone(),
        on: Some(Day::new(2015, 9, 2).wire()),
        persons: vec![text("负责人")],
        minutes: text("约谈纪要"),
        commitments: vec![
            Commitment { demand: text("清理通道"), by: Some(Day::new(2015, 9, 12).wire()) },
            Commitment { demand: text("培训"), by: Some(by.wire()) },
        ],
        ..Default::default()
    };
    refused!(cast.regulator.record_interview(interview(Day::new(2015, 9, 1))), "MEASURE_COMMITMENT_OUTSIDE");
    cast.regulator.record_interview(interview(Day::new(2015, 9, 20))).await.unwrap();
    let publicity = PublicizeEnterpriseRequest {
        parent: enterprise.clone(),
        text: text("曝光内容"),
        medium: text("网站"),
        legal_check: text("法规科审核"),
        ..Default::default()
    };
    assert_eq!(cast.regulator.publicize_enterprise(publicity.clone()).await.unwrap_err().code(), tonic::Code::PermissionDenied);
    cast.head.publicize_enterprise(publicity).await.unwrap();
    let consultation = RecordConsultationRequest {
        parent: enterprise.clone(),
        on: Some(Day::new(2015, 9, 2).wire()),
        experts: vec![text("专家甲"), text("专家乙")],
        question: text("如何治理"),
        opinion: text("加固边坡"),
        ..Default::default()
    };
    cast.department.record_consultation(consultation).await.unwrap();

    // The two commitments are drafts, which the enterprise does not see; the head issues them (DI1, DI2).
    let list = ListCountyDirectivesRequest { parent: cast.parent.clone(), ..Default::default() };
    let drafts = cast.regulator.list_county_directives(list.clone()).await.unwrap().county_directives;
    assert_eq!(drafts.len(), 2);
    assert!(cast.staff.legal.list_county_directives(list.clone()).await.unwrap().county_directives.is_empty());
    let (first, second) = (drafts[0].name.clone(), drafts[1].name.clone());
    let issue = |name: &str| of!(IssueCountyDirectiveRequest, name, number: text("安督〔2015〕1号"), signer: text("局长"));
    cast.head.issue_county_directive(issue(&first)).await.unwrap();
    cast.head.issue_county_directive(issue(&second)).await.unwrap();
    refused!(cast.head.issue_county_directive(issue(&first)), "COUNTY_DIRECTIVE_WRONG_STATE");
    assert_eq!(cast.staff.legal.list_county_directives(list).await.unwrap().county_directives.len(), 2);

    // DI3 to DI6: received, answered, sent back, answered, accepted; only by its recipient, only by another than who answered.
    let receive = |name: &str| of!(ReceiveCountyDirectiveRequest, name, receiver: text("张"));
    refused!(cast.department.receive_county_directive(receive(&first)), "COUNTY_DIRECTIVE_NOT_RECIPIENT");
    refused!(cast.stranger.legal.receive_county_directive(receive(&first)), "COUNTY_DIRECTIVE_NOT_FOUND");
    cast.staff.legal.receive_county_directive(receive(&first)).await.unwrap();
    let reply = |name: &str| of!(ReplyCountyDirectiveRequest, name, done: text("已清理"), evidence: text("照片"));
    cast.staff.responsible.reply_county_directive(reply(&first)).await.unwrap();
    let reject = of!(RejectReplyRequest, first, reason: text("照片不清"), deadline: Some(Day::new(2015, 9, 14).wire()));
    cast.regulator.reject_reply(reject).await.unwrap();
    cast.staff.responsible.reply_county_directive(reply(&first)).await.unwrap();
    cast.regulator.accept_reply(of!(AcceptReplyRequest, first)).await.unwrap();
    let closed = cast.regulator.get_county_directive(GetCountyDirectiveRequest { name: first }).await.unwrap();
    assert_eq!((closed.state(), closed.returned), (CountyDirectiveState::Closed, 1));

    // DI12, DI13: proposed, heard, decided by the commission office.
    let propose = || ProposeBlacklistingRequest {
        parent: enterprise.clone(),
        ground: text("重大隐患逾期不整改"),
        evidence: text("督办记录"),
        ..Default::default()
    };
    let listing = cast.regulator.propose_blacklisting(propose()).await.unwrap().resource;
    refused!(cast.regulator.propose_blacklisting(propose()), "MEASURE_ALREADY_BLACKLISTED");
    let decide = || of!(DecideBlacklistingRequest, listing, decision: text("列入"), publication: text("公告"));
    refused!(cast.commission.decide_blacklisting(decide()), "MEASURE_HEARING_RUNNING");
    refused!(
        cast.stranger.legal.give_statement(of!(GiveStatementRequest, listing, statement: text("陈述"))),
        "MEASURE_NOT_FOUND"
    );
    cast.staff.legal.give_statement(of!(GiveStatementRequest, listing, statement: text("正在整改"))).await.unwrap();
    cast.commission.decide_blacklisting(decide()).await.unwrap();
    stage.advance(Day::new(2015, 9, 2).at(9, 1)).await.unwrap();
    let held = cast.regulator.get_measure(GetMeasureRequest { name: listing.clone() }).await.unwrap();
    assert_eq!((held.state(), held.award_veto, held.times), (MeasureState::Blacklisted, true, 1));
    assert_eq!(held.until, Some(Day::new(2016, 9, 2).wire()));
    assert_eq!(cast.tasks("blacklist_sampling").await.len(), 1);
    assert_eq!(cast.tasks("blacklist_interview").await.len(), 1);
    assert_eq!(cast.defaulters(&cast.regulator, DefaultKind::Blacklisted, None).await.len(), 1);
    let early = of!(EndBlacklistingRequest, listing, publication: text("公告"));
    refused!(cast.commission.end_blacklisting(early.clone()), "MEASURE_WRONG_STATE");

    // DI7: the second directive was never received: a notice to the head after a working day, overdue after its day, escalated.
    stage.advance(Day::new(2015, 9, 21).at(9, 0)).await.unwrap();
    assert_eq!(cast.notices(&cast.head, "directive_unreceived").await.len(), 1);
    let late = cast.regulator.get_county_directive(GetCountyDirectiveRequest { name: second.clone() }).await.unwrap();
    assert_eq!((late.overdue, late.overdue_times), (true, 1));
    assert_eq!(cast.tasks("directive_overdue").await.len(), 1);
    // Answered late, sent back, overdue again: a bulletin is proposed.
    cast.staff.legal.receive_county_directive(receive(&second)).await.unwrap();
    cast.staff.legal.reply_county_directive(reply(&second)).await.unwrap();
    let reject = of!(RejectReplyRequest, second, reason: text("未完成"), deadline: Some(Day::new(2015, 9, 25).wire()));
    cast.commission.reject_reply(reject).await.unwrap();
    stage.advance(Day::new(2015, 9, 26).at(9, 0)).await.unwrap();
    assert_eq!(cast.tasks("propose_directive_bulletin").await.len(), 1);

    // A directive to the department, by the commission office.
    let draft = |deadline: Option<Day>| DraftCountyDirectiveRequest {
        parent: cast.parent.clone(),
        about: enterprise.clone(),
        enterprise: enterprise.clone(),
        recipient: DirectiveRecipient::Department.into(),
        demand: text("督促企业"),
        deadline: deadline.map(Day::wire),
        basis: text("安委会会议"),
        ..Default::default()
    };
    refused!(cast.commission.draft_county_directive(draft(Some(Day::new(2015, 9, 1)))), "COUNTY_DIRECTIVE_DEADLINE_OUTSIDE");
    let third = cast.commission.draft_county_directive(draft(None)).await.unwrap().resource;
    cast.head.issue_county_directive(issue(&third)).await.unwrap();
    refused!(cast.staff.legal.receive_county_directive(receive(&third)), "COUNTY_DIRECTIVE_NOT_FOUND");
    cast.department.receive_county_directive(receive(&third)).await.unwrap();

    // DI14, DI15: half a year later another sampling; after a year the term is over, and only the office takes it off.
    stage.advance(Day::new(2016, 4, 1).at(9, 0)).await.unwrap();
    assert_eq!(cast.tasks("blacklist_sampling").await.len(), 2);
    stage.advance(Day::new(2016, 9, 3).at(9, 0)).await.unwrap();
    cast.renew(&stage).await;
    let held = cast.regulator.get_measure(GetMeasureRequest { name: listing.clone() }).await.unwrap();
    assert_eq!((held.state(), held.award_veto), (MeasureState::Expiring, true), "no automatic exit");
    assert_eq!(cast.tasks("blacklist_term_over").await.len(), 1);
    cast.commission.end_blacklisting(early).await.unwrap();
    // The second time it is three years.
    let again = cast.regulator.propose_blacklisting(propose()).await.unwrap().resource;
    stage.advance(Day::new(2016, 9, 7).at(9, 0)).await.unwrap();
    assert_eq!(cast.tasks("blacklist_undecided").await.len(), 1);
    let decide = of!(DecideBlacklistingRequest, again, decision: text("列入"), publication: text("公告"));
    cast.commission.decide_blacklisting(decide).await.unwrap();
    let held = cast.regulator.get_measure(GetMeasureRequest { name: again }).await.unwrap();
    assert_eq!((held.times, held.until), (2, Some(Day::new(2019, 9, 7).wire())));
    let list = ListMeasuresRequest { parent: cast.parent.clone(), ..Default::default() };
    assert_eq!(cast.regulator.list_measures(list.clone()).await.unwrap().measures.len(), 6);
    assert!(cast.stranger.legal.list_measures(list).await.unwrap().measures.is_empty());
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_computed_from_the_records_tells_who_answers_for_what() {
    let mut stage = small::frozen(43, 2).await;
    let cast = cast(&stage).await;
    let hazard = cast.hazard(&cast.staff, Day::new(2015, 9, 10)).await;
    let upgraded = cast.hazard(&cast.stranger, Day::new(2015, 9, 10)).await;
    let upgrade = UpgradeHazardRequest {
        name: upgraded.clone(),
        reason: text("范围扩大"),
        criterion: text("第3条"),
        state_and_cause: text("长期占用"),
        harm_and_difficulty: text("疏散困难"),
        protection: text("停用"),
        ..Default::default()
    };
    cast.regulator.upgrade_hazard(upgrade).await.unwrap();

    // R67: a third kind of record. R29: the list of those who answer.
    let prevention = |on: Day| RecordPreventionRequest {
        parent: hazard.clone(),
        on: Some(on.wire()),
        measures: text("每班巡查"),
        person: text("班长"),
        ..Default::default()
    };
    refused!(cast.staff.reporter.record_prevention(prevention(Day::new(2015, 9, 3))), "PREVENTION_IN_FUTURE");
    refused!(cast.stranger.reporter.record_prevention(prevention(Day::new(2015, 9, 2))), "HAZARD_NOT_FOUND");
    cast.staff.reporter.record_prevention(prevention(Day::new(2015, 9, 2))).await.unwrap();
    let list = ListPreventionsRequest { parent: cast.parent.clone(), ..Default::default() };
    assert_eq!(cast.staff.legal.list_preventions(list.clone()).await.unwrap().preventions.len(), 1);
    assert!(cast.stranger.legal.list_preventions(list).await.unwrap().preventions.is_empty());
    let duties = ListResponsibilitiesRequest { parent: cast.parent.clone(), ..Default::default() };
    let duties = cast.regulator.list_responsibilities(duties).await.unwrap().responsibilities;
    assert_eq!(duties.len(), 2, "the hazard, and the other one as a dossier");
    assert_eq!((duties[0].rectifier.as_str(), duties[0].deadline), (text("整改人").as_str(), Some(Day::new(2015, 9, 10).wire())));

    // Responsibility backtracking goes through the upgrade: who found it, who judged it.
    let trace = TraceResponsibilityRequest { name: upgraded.clone() };
    let told = cast.regulator.trace_responsibility(trace).await.unwrap();
    let acts: Vec<_> = told.acts.iter().map(|act| (act.kind.as_str(), act.actor.as_str(), act.on_behalf_of.as_str())).collect();
    assert_eq!(
        acts,
        [
            ("hazard_found", "reporter-1", "enterprise"),
            ("hazard_assessed", "reporter-1", "enterprise"),
            ("rectification_assigned", "responsible-1", "enterprise"),
            ("major_hazard_identified", "regulator-1", "authority"),
            ("hazard_upgraded", "regulator-1", "authority"),
        ]
    );
    assert!(told.acts.iter().all(|act| !act.holder.is_empty() && !act.roles.is_empty()));
    assert!(told.named.contains(&format!("整改责任人 {}", text("整改人"))));
    let unknown = TraceResponsibilityRequest { name: format!("{}/hazards/1-999999", cast.parent) };
    assert_eq!(cast.regulator.trace_responsibility(unknown).await.unwrap_err().code(), tonic::Code::NotFound);

    // R49 and R13.
    let span = AnalyseRectificationRequest {
        parent: cast.parent.clone(),
        first: Some(Month::new(2015, 9).wire()),
        last: Some(Month::new(2015, 9).wire()),
    };
    stage.advance(Day::new(2015, 9, 12).at(9, 0)).await.unwrap();
    let analysis = cast.regulator.analyse_rectification(span).await.unwrap();
    let total = analysis.total.unwrap();
    assert_eq!((total.found, total.overdue, total.returned), (2, 1, 0));
    let board = GetMechanismBoardRequest { parent: cast.parent.clone(), ..Default::default() };
    let board = cast.staff.legal.get_mechanism_board(board).await.unwrap().mechanisms;
    let runs: Vec<_> = board.iter().filter(|one| one.runs).map(|one| one.id.as_str()).collect();
    assert!(runs.contains(&"catalogue") && runs.contains(&"responsibility"), "{runs:?}");
    assert_eq!(board.len(), 8);

    // The six "in place" checks: nothing of August is reported; the overdue hazard fails R100.
    let check = |parent: &str| GetInPlaceRequest { parent: parent.to_owned(), month: Some(Month::new(2015, 8).wire()) };
    let own = cast.staff.legal.get_in_place(check(&cast.staff.enterprise)).await.unwrap();
    let verdicts: Vec<_> = own.checks.iter().map(|one| (one.requirement.as_str(), one.verdict())).collect();
    assert!(verdicts.contains(&("R99", Verdict::Failed)) && verdicts.contains(&("R100", Verdict::Failed)), "{verdicts:?}");
    assert!(verdicts.contains(&("R97", Verdict::Passed)), "{verdicts:?}");
    let county = cast.regulator.get_in_place(check(&cast.parent)).await.unwrap();
    assert_eq!((county.enterprises, county.checks.len()), (2, 6));
    assert_eq!((county.checks[5].passed, county.checks[5].judged), (1, 2));
    let strange = cast.stranger.legal.get_in_place(check(&cast.staff.enterprise)).await.unwrap_err();
    assert_eq!(strange.code(), tonic::Code::NotFound);
}
