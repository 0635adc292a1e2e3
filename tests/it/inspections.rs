//! Inspections in full against a real county: a special inspection from plan to closing with everything that may go wrong on the way, a
//! covert visit that nobody knows of before it happened, a draw that anybody can repeat, the short ways out, and what time says.

// One macro makes requests with and without fields of their own.
#![allow(clippy::needless_update)]

use changxiao_proto::{account::v1::Role, county::v1::*};
use changxiao_tests::{
    calendar::{Day, Month},
    client::{Caller, reason},
    story::{
        people::{self, Confined},
        plan::Act,
        stage::Stage,
    },
};
use tonic::{Code, Status};

use crate::support::{
    database::Disk,
    small::{self, COUNTY},
};

const TODAY: Day = Day::new(2015, 9, 2);

/// Who inspects and who is inspected. `regulator` is the head; `first` and `second` are officers, `expert` advises.
pub(crate) struct Cast {
    enterprise: String,
    reporter: Caller,
    regulator: Caller,
    commission: Caller,
    department: Caller,
    first: Caller,
    second: Caller,
    expert: Caller,
    analyst: Caller,
    officers: [String; 3],
}

fn text(words: &str) -> String {
    format!("(测试){words}")
}

/// A request about one record with its own fields.
macro_rules! of {
    ($request:ident, $name:expr $(, $field:ident: $value:expr)*) => {
        $request { name: $name.to_string(), $($field: $value,)* ..Default::default() }
    };
}

pub(crate) async fn cast(stage: &Stage) -> Cast {
    let administrator = stage.world.administrator(COUNTY);
    let staff = stage.players[&0].lock().await.staff().clone();
    let industry = stage.firms[0].industry.clone();
    let own = Confined { enterprise: "", industry: &industry };
    let door = stage.world.door(COUNTY);
    let hire = async |id: &str, role, confined| people::hire(&administrator, id, role, confined).await.unwrap();
    // Their tokens last for a year: the story goes on into December.
    let office = stage.offices[COUNTY].clone();
    let regulator = office.regulator;
    let mut officers = Vec::new();
    for (certificate, account, kind) in [
        ("测试-001", "inspector-1", OfficerKind::Officer),
        ("测试-002", "inspector-2", OfficerKind::Officer),
        ("测试-003", "expert-1", OfficerKind::Expert),
    ] {
        let entry = RegisterOfficerRequest {
            parent: door.parent(),
            kind: kind.into(),
            certificate: certificate.to_owned(),
            title: text("检查人员"),
            body: text("安监局"),
            account: account.to_owned(),
            valid_from: Some(Day::new(2015, 1, 1).wire()),
            valid_until: Some(Day::new(2016, 12, 31).wire()),
            ..Default::default()
        };
        officers.push(regulator.register_officer(entry).await.unwrap().resource);
    }
    Cast {
        enterprise: staff.enterprise,
        reporter: staff.reporter,
        commission: office.commission,
        department: office.departments[&industry].clone(),
        first: hire("inspector-1", Role::DepartmentOfficer, own).await,
        second: hire("inspector-2", Role::DepartmentOfficer, own).await,
        expert: hire("expert-1", Role::Expert, Confined::default()).await,
        analyst: office.analyst,
        officers: officers.try_into().unwrap(),
        regulator,
    }
}

fn reason_of<T: std::fmt::Debug>(told: Result<T, Status>) -> String {
    let status = told.unwrap_err();
    reason(&status).unwrap_or_else(|| panic!("{status}"))
}

impl Cast {
    fn parent(&self) -> String {
        self.regulator.door().parent()
    }

    fn planning(&self, kind: InspectionKind) -> PlanInspectionsRequest {
        PlanInspectionsRequest {
            parent: self.parent(),
            kind: kind.into(),
            month: Some(Month::new(2015, 9).wire()),
            body: text("安监局"),
            area: "腾".to_owned(),
            departments: vec![text("安监局"), text("国土局")],
            checklist: text("检查表"),
            enterprises: vec![self.enterprise.clone()],
            officers: self.officers[..2].to_vec(),
            ..Default::default()
        }
    }

    /// Names of all inspections that somebody sees.
    async fn seen(&self, by: &Caller) -> Vec<String> {
        let list = ListInspectionsRequest { parent: self.parent(), ..Default::default() };
        by.list_inspections(list).await.unwrap().inspections.into_iter().map(|one| one.name).collect()
    }

    async fn planned(&self, by: &Caller, plan: PlanInspectionsRequest) -> String {
        let made = by.plan_inspections(plan).await.unwrap().resource;
        let list = ListInspectionsRequest { parent: self.parent(), ..Default::default() };
        let all = self.regulator.list_inspections(list).await.unwrap().inspections;
        all.into_iter().rfind(|one| one.plan == made).unwrap().name
    }

    /// A special inspection at which the officers have just arrived, on the day on which the first one ended.
    async fn on_site(&self) -> String {
        let name = self.planned(&self.regulator, self.planning(InspectionKind::Special)).await;
        let assign = of!(AssignInspectionRequest, name, on: Some(TODAY.plus(4).wire()));
        self.department.assign_inspection(assign).await.unwrap();
        let begin = of!(BeginInspectionRequest, name, place: text("作业区"), certificates_shown: true);
        self.first.begin_inspection(begin).await.unwrap();
        name
    }

    fn finding(&self, category: &str, major: bool) -> Finding {
        let of_major = |words: &str| if major { text(words) } else { String::new() };
        Finding {
            category: category.to_owned(),
            major,
            place: text("一号作业面"),
            description: text("临边防护栏缺失,须补装"),
            demand: text("立即补装并设警示"),
            criterion: of_major("判定标准第一条"),
            harm: of_major("可能造成坠落伤亡"),
            ..Default::default()
        }
    }

    async fn recorded(&self, findings: Vec<Finding>) -> String {
        let name = self.on_site().await;
        self.first.record_findings(of!(RecordFindingsRequest, name, findings: findings)).await.unwrap();
        name
    }

    async fn draw(&self, by: &Caller, inspection: &str, kind: &str) -> Result<String, Status> {
        let draw = DrawUpDocumentRequest {
            parent: inspection.to_owned(),
            kind: kind.to_owned(),
            text: text("文书内容"),
            ..Default::default()
        };
        by.draw_up_document(draw).await.map(|told| told.resource)
    }

    async fn approve(&self, document: &str) {
        self.regulator.approve_document(of!(ApproveDocumentRequest, document)).await.unwrap();
    }

    fn signing(&self, name: &str, record: &str) -> SignRecordRequest {
        of!(SignRecordRequest, name, record: record.to_owned(), site_head: text("现场负责人"))
    }

    /// Its record is signed and approved.
    async fn signed(&self, findings: Vec<Finding>) -> String {
        let name = self.recorded(findings).await;
        let record = self.draw(&self.first, &name, "D02").await.unwrap();
        self.first.sign_record(self.signing(&name, &record)).await.unwrap();
        self.approve(&record).await;
        name
    }

    fn order(&self, name: &str, deadline: Option<Day>) -> IssueOrderRequest {
        of!(IssueOrderRequest, name, kind: OrderKind::Deadline.into(), deadline: deadline.map(Day::wire), text: text("限期整改"))
    }

    /// Ordered, the order approved.
    async fn ordered(&self, name: &str, deadline: Day) -> String {
        self.first.issue_order(self.order(name, Some(deadline))).await.unwrap();
        let document = self.get(name).await.order_document;
        self.approve(&document).await;
        document
    }

    async fn feed_back(&self, name: &str) {
        let feed = of!(FeedBackRequest, name, department: text("行业主管部门"), finder: text("检查人员"));
        self.first.feed_back(feed).await.unwrap();
    }

    async fn get(&self, name: &str) -> Inspection {
        self.regulator.get_inspection(of!(GetInspectionRequest, name)).await.unwrap()
    }

    fn looked(&self, name: &str, passed: &[u32], failed: &[u32]) -> RecheckInspectionRequest {
        of!(RecheckInspectionRequest, name, passed: passed.to_vec(), failed: failed.to_vec(), text: text("复查意见"))
    }

    async fn close(&self, name: &str) -> Result<(), Status> {
        self.first.close_inspection(of!(CloseInspectionRequest, name)).await.map(drop)
    }

    async fn document(&self, name: &str) -> Document {
        self.regulator.get_document(of!(GetDocumentRequest, name)).await.unwrap()
    }
}

async fn figure(cast: &Cast, id: &str) -> String {
    use changxiao_proto::statistics::v1::{Completeness, QueryRequest, RegionMap};
    let question = QueryRequest {
        parent: cast.parent(),
        region: COUNTY.to_owned(),
        span: "2015-09".to_owned(),
        indicators: vec![id.to_owned()],
        completeness: Completeness::Any.into(),
        map: RegionMap::Then.into(),
        ..Default::default()
    };
    let answer = cast.analyst.query(question).await.unwrap();
    answer.total.unwrap().figures.into_iter().next().map(|figure| figure.text).unwrap_or_default()
}

/// From plan to closing, with every refusal on the way.
async fn special_inspection(stage: &mut Stage, cast: &Cast) {
    let (head, first) = (&cast.regulator, &cast.first);

    // IN1: who may plan what.
    let expert = cast.planning(InspectionKind::Expert);
    assert_eq!(reason_of(cast.department.plan_inspections(expert).await), "INSPECTION_KIND_FORBIDDEN");
    let alone = PlanInspectionsRequest { officers: cast.officers[..1].to_vec(), ..cast.planning(InspectionKind::Special) };
    assert_eq!(reason_of(cast.department.plan_inspections(alone).await), "INSPECTION_TOO_FEW_OFFICERS");
    let name = cast.planned(&cast.department, cast.planning(InspectionKind::Special)).await;
    assert_eq!(cast.seen(&cast.reporter).await, Vec::<String>::new(), "told after the visit, not before");

    // IN2: certificates must hold on the day.
    let short = of!(RenewOfficerRequest, cast.officers[1], valid_from: Some(Day::new(2015, 1, 1).wire()), valid_until: Some(TODAY.plus(-1).wire()));
    head.renew_officer(short).await.unwrap();
    let assign = || of!(AssignInspectionRequest, name, on: Some(TODAY.wire()));
    assert_eq!(reason_of(head.assign_inspection(assign()).await), "OFFICER_NOT_VALID");
    let long = of!(RenewOfficerRequest, cast.officers[1], valid_from: Some(Day::new(2015, 1, 1).wire()), valid_until: Some(Day::new(2016, 12, 31).wire()));
    head.renew_officer(long).await.unwrap();
    head.assign_inspection(assign()).await.unwrap();

    // IN3: by who is assigned, with certificates shown.
    let begin = |shown| of!(BeginInspectionRequest, name, place: text("作业区"), certificates_shown: shown);
    assert_eq!(reason_of(cast.department.begin_inspection(begin(true)).await), "INSPECTION_NOT_ASSIGNED");
    assert_eq!(reason_of(first.begin_inspection(begin(false)).await), "INSPECTION_CERTIFICATES_NOT_SHOWN");
    first.begin_inspection(begin(true)).await.unwrap();

    // IN4: a hazard, a problem that is none, a major hazard.
    let findings = vec![cast.finding("B03", false), cast.finding("", false), cast.finding("B01", true)];
    first.record_findings(of!(RecordFindingsRequest, name, findings: findings)).await.unwrap();

    // IN5: the site head refuses to sign; two officers write it down.
    let record = cast.draw(first, &name, "D02").await.unwrap();
    let refusing = SignRecordRequest { refused: true, ..cast.signing(&name, &record) };
    assert_eq!(reason_of(first.sign_record(refusing.clone()).await), "INSPECTION_REFUSAL_INCOMPLETE");
    first.sign_record(SignRecordRequest { reason: text("对检查结果有异议"), ..refusing }).await.unwrap();
    let signed = cast.get(&name).await;
    assert!(signed.signing_refused && signed.certificates.len() == 2 && signed.signing_reason == text("对检查结果有异议"));
    assert_eq!(reason_of(cast.close(&name).await), "INSPECTION_HAS_FINDINGS");

    // IN7: the record is approved by a head who was not there; then the order.
    assert_eq!(reason_of(first.issue_order(cast.order(&name, None)).await), "INSPECTION_DOCUMENT_NOT_APPROVED");
    let approve = || of!(ApproveDocumentRequest, record);
    assert_eq!(reason_of(first.approve_document(approve()).await), "INSPECTION_HEAD_ON_SITE");
    head.approve_document(approve()).await.unwrap();
    // An opinion on a re-inspection rests on an order, and there is none yet.
    assert_eq!(reason_of(cast.draw(first, &name, "D05").await), "DOCUMENT_PREDECESSOR_MISSING");
    // Drawn up by mistake and voided: the number stays, the next one has the next.
    let mistaken = cast.draw(first, &name, "D04").await.unwrap();
    head.void_document(of!(VoidDocumentRequest, mistaken, reason: text("误填"))).await.unwrap();
    assert_eq!(reason_of(cast.draw(first, &name, "D05").await), "DOCUMENT_PREDECESSOR_MISSING", "a voided order is none");
    let late = cast.order(&name, Some(TODAY.plus(31)));
    assert_eq!(reason_of(first.issue_order(late).await), "INSPECTION_DEADLINE_OUTSIDE");
    first.issue_order(cast.order(&name, Some(TODAY.plus(10)))).await.unwrap();
    let order = cast.get(&name).await.order_document;
    assert_eq!(cast.document(&order).await.number, "(腾)安监责改〔2015〕2号");
    let list = ListDocumentsRequest { parent: cast.parent(), kind: "D04".to_owned(), ..Default::default() };
    let orders = head.list_documents(list).await.unwrap().documents;
    let gap: Vec<_> = orders.iter().map(|one| (one.number.as_str(), one.state(), one.void_reason.clone())).collect();
    assert_eq!(
        gap,
        [
            ("(腾)安监责改〔2015〕1号", DocumentState::Voided, text("误填")),
            ("(腾)安监责改〔2015〕2号", DocumentState::Drawn, String::new())
        ]
    );
    assert_eq!(reason_of(head.void_document(of!(VoidDocumentRequest, order, reason: text("误填"))).await), "DOCUMENT_IN_USE");

    // IN8, IN10: fed back once the order is approved; each hazard goes on as a record of its own.
    let feed = || of!(FeedBackRequest, name, department: text("行业主管部门"), finder: text("检查人员"));
    assert_eq!(reason_of(first.feed_back(feed()).await), "INSPECTION_DOCUMENT_NOT_APPROVED");
    cast.approve(&order).await;
    assert_eq!(cast.seen(&cast.reporter).await, Vec::<String>::new());
    first.feed_back(feed()).await.unwrap();
    let told = cast.reporter.get_inspection(of!(GetInspectionRequest, name)).await.unwrap();
    assert_eq!((told.state(), told.plan.as_str(), told.findings.len()), (InspectionState::FedBack, "", 3));
    let [general, problem, major] = told.findings.as_slice() else { panic!() };
    assert!(problem.hazard.is_empty() && problem.dossier.is_empty());
    let hazard = cast.reporter.get_hazard(of!(GetHazardRequest, general.hazard)).await.unwrap();
    let deadline = Some(TODAY.plus(10).wire());
    assert_eq!((hazard.state(), hazard.source, hazard.ordered_deadline), (HazardState::General, 5, deadline));
    assert_eq!(hazard.inspection, name);
    let dossier = cast.reporter.get_dossier(of!(GetDossierRequest, major.dossier)).await.unwrap();
    assert_eq!(
        (dossier.state(), dossier.ordered_deadline, dossier.inspection),
        (DossierState::Identified, deadline, name.clone())
    );
    // No assignment goes beyond the order's day, and without one it is that day.
    let assignment = |deadline: Option<Day>| {
        let (responsible, reinspector) = (text("整改人"), text("复查人"));
        of!(AssignRectificationRequest, hazard.name, responsible: responsible, reinspector: reinspector, acceptor: text("验收人"),
            closer: text("销号人"), measure: text("补装"), deadline: deadline.map(Day::wire))
    };
    let beyond = cast.regulator.assign_rectification(assignment(Some(TODAY.plus(11)))).await;
    assert_eq!(reason_of(beyond), "HAZARD_BEYOND_ORDER");
    cast.regulator.assign_rectification(assignment(None)).await.unwrap();
    let hazard = cast.reporter.get_hazard(of!(GetHazardRequest, general.hazard)).await.unwrap();
    assert_eq!(hazard.deadline, deadline);

    // Receipts of both.
    let receipt = || of!(ConfirmFeedbackRequest, name, receiver: text("签收人"));
    cast.reporter.confirm_feedback(receipt()).await.unwrap();
    assert_eq!(reason_of(cast.reporter.confirm_feedback(receipt()).await), "INSPECTION_ALREADY_RECEIVED");
    cast.department.confirm_feedback(receipt()).await.unwrap();
    // IN9: the head reports it, not who was there.
    let report = || of!(EscalateInspectionRequest, name, office: text("县安委办"), leaders: text("县长、县委书记"), reason: text("存在重大隐患"));
    assert_eq!(reason_of(first.escalate_inspection(report()).await), "INSPECTION_HEAD_ON_SITE");
    head.escalate_inspection(report()).await.unwrap();
    assert_eq!(reason_of(head.escalate_inspection(report()).await), "INSPECTION_ALREADY_ESCALATED");

    // The order is served; its receiver refuses to sign.
    let documents = || ListDocumentsRequest { parent: cast.parent(), ..Default::default() };
    assert_eq!(cast.reporter.list_documents(documents()).await.unwrap().documents, []);
    let serve = |witnesses: Vec<String>| {
        of!(ServeDocumentRequest, order, on: Some(TODAY.wire()), manner: ServiceManner::Left.into(), receiver: text("收件人"),
            refused: true, reason: text("拒绝签字"), witnesses: witnesses)
    };
    let one = vec!["测试-001".to_owned()];
    assert_eq!(reason_of(first.serve_document(serve(one)).await), "DOCUMENT_REFUSAL_INCOMPLETE");
    first.serve_document(serve(vec!["测试-001".to_owned(), "测试-002".to_owned()])).await.unwrap();
    let shown = cast.reporter.list_documents(documents()).await.unwrap().documents;
    assert_eq!(shown.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), [order.as_str()]);

    // Anybody who holds the paper can check it; nobody else.
    let paper = cast.reporter.get_document(of!(GetDocumentRequest, order)).await.unwrap();
    let stranger = stage.world.door(COUNTY).anonymous();
    let check = |number: &str, code: &str| VerifyDocumentRequest {
        parent: cast.parent(),
        number: number.to_owned(),
        code: code.to_owned(),
    };
    let spaced = format!("{} {}", &paper.code[..5].to_lowercase(), &paper.code[5..]);
    let genuine = stranger.verify_document(check(&paper.number, &spaced)).await.unwrap().document.unwrap();
    assert_eq!((genuine.kind.as_str(), genuine.state()), ("D04", DocumentState::Served));
    assert_eq!(
        (genuine.content_hash, genuine.body, genuine.on),
        (paper.content_hash.clone(), text("安监局"), Some(TODAY.wire()))
    );
    for (number, code) in [(paper.number.as_str(), "0000000000"), ("(腾)安监责改〔2015〕1号", paper.code.as_str())] {
        assert_eq!(stranger.verify_document(check(number, code)).await.unwrap_err().code(), Code::NotFound);
    }

    // IN11, IN12, IN14: the enterprise asks; one item fails; it is ordered again.
    cast.reporter.apply_for_recheck(of!(ApplyForRecheckRequest, name)).await.unwrap();
    let single = RecheckInspectionRequest { officers: cast.officers[..1].to_vec(), ..cast.looked(&name, &[1, 2, 3], &[]) };
    assert_eq!(reason_of(first.recheck_inspection(single).await), "INSPECTION_TOO_FEW_OFFICERS");
    assert_eq!(reason_of(first.recheck_inspection(cast.looked(&name, &[1, 2], &[])).await), "INSPECTION_ITEMS_WRONG");
    first.recheck_inspection(cast.looked(&name, &[1, 2], &[3])).await.unwrap();
    let rechecked = cast.get(&name).await;
    assert_eq!(rechecked.findings[2].outcome(), FindingOutcome::Failed);
    let opinion = cast.document(&rechecked.opinion).await;
    assert_eq!((opinion.kind.as_str(), opinion.rests_on.as_str()), ("D05", order.as_str()));
    assert_eq!(reason_of(cast.close(&name).await), "INSPECTION_HAS_FINDINGS");
    cast.ordered(&name, TODAY.plus(3)).await;
    cast.feed_back(&name).await;
    let again = cast.get(&name).await;
    assert_eq!(again.findings[2].dossier, major.dossier, "nothing is opened twice");
    // By time: due at the end of the order's day.
    stage.advance(TODAY.plus(4).at(0, 1)).await.unwrap();
    let due = cast.get(&name).await;
    assert_eq!((due.state(), due.recheck_due_on), (InspectionState::RecheckDue, Some(TODAY.plus(3).wire())));
    cast.second.recheck_inspection(cast.looked(&name, &[3], &[])).await.unwrap();
    // IN13.
    cast.close(&name).await.unwrap();
    assert_eq!(cast.get(&name).await.state(), InspectionState::Closed);
    for (id, value) in [
        ("inspections_special", "1"),
        ("findings_hazards", "2"),
        ("findings_problems", "1"),
        ("feedback_rate", "100.00"),
        ("orders_issued", "2"),
        ("rechecks_due", "2"),
        ("rechecks_done", "2"),
        ("recheck_on_time_rate", "100.00"),
        ("inspections_escalated", "1"),
        ("documents_drawn", "6"),
        ("documents_voided", "1"),
        ("inspection_coverage_month", "50.00"),
        ("inspection_intensity", "0.50"),
    ] {
        assert_eq!(figure(cast, id).await, value, "{id}");
    }
}

/// IN6, IN14, IN15, IN16 and the reminders of time. Begins after the special inspection.
async fn short_ways(stage: &mut Stage, cast: &Cast) {
    let first = &cast.first;
    // IN6: nothing found.
    let clean = cast.signed(Vec::new()).await;
    let nothing = first.issue_order(cast.order(&clean, None)).await;
    assert_eq!(reason_of(nothing), "INSPECTION_ITEMS_WRONG");
    cast.close(&clean).await.unwrap();

    // IN7 on the spot, fed back at once, then a case: what was ordered on the spot failed.
    let spot = cast.signed(vec![cast.finding("B03", false)]).await;
    first.issue_order(of!(IssueOrderRequest, spot, kind: OrderKind::OnTheSpot.into())).await.unwrap();
    cast.feed_back(&spot).await;
    cast.reporter.apply_for_recheck(of!(ApplyForRecheckRequest, spot)).await.unwrap();
    first.recheck_inspection(cast.looked(&spot, &[], &[1])).await.unwrap();
    assert_eq!(cast.get(&spot).await.opinion, "", "no order by document, no opinion by document");
    first.file_case(of!(FileCaseRequest, spot, text: text("立案审批"))).await.unwrap();
    let case = cast.get(&spot).await;
    assert_eq!(case.state(), InspectionState::Case);
    let form = cast.document(&case.case_form).await;
    let served =
        of!(ServeDocumentRequest, form.name, on: form.on, manner: ServiceManner::Direct.into(), receiver: text("收件人"));
    cast.approve(&form.name).await;
    assert_eq!(reason_of(first.serve_document(served).await), "DOCUMENT_INTERNAL");

    // IN15: another department's field, with the chain of three papers.
    let other = cast.recorded(vec![cast.finding("", false)]).await;
    let hand =
        of!(TransferInspectionRequest, other, department: text("住建局"), reason: text("属建筑施工领域"), text: text("抄告"));
    first.transfer_inspection(hand).await.unwrap();
    let reply = || of!(RecordTransferReplyRequest, other, text: text("已接收"));
    assert_eq!(
        reason_of(first.record_transfer_reply(reply()).await),
        "DOCUMENT_PREDECESSOR_MISSING",
        "the notice is not approved"
    );
    cast.approve(&cast.get(&other).await.transfer_notice).await;
    let result = || of!(RecordTransferResultRequest, other, text: text("已处理"));
    assert_eq!(reason_of(first.record_transfer_result(result()).await), "INSPECTION_NOT_TRANSFERRED");

    // Left lying: a plan, an order, a handover.
    let planned = cast.planned(&cast.regulator, cast.planning(InspectionKind::Comprehensive)).await;
    let lying = cast.signed(vec![cast.finding("B03", false)]).await;
    cast.ordered(&lying, TODAY.plus(20)).await;
    let told = cast.signed(vec![cast.finding("B03", false)]).await;
    cast.ordered(&told, TODAY.plus(6)).await;
    cast.feed_back(&told).await;
    stage.advance(Day::new(2015, 10, 2).at(9, 0)).await.unwrap();
    let reminders = async |name: &str| cast.get(name).await.reminders().collect::<Vec<_>>();
    use InspectionReminder as R;
    assert_eq!(reminders(&planned).await, [R::Unfulfilled]);
    assert_eq!(reminders(&lying).await, [R::FeedbackLate]);
    assert!(cast.get(&lying).await.overdue, "IN16");
    assert_eq!(reminders(&told).await, [R::ReceiptMissing, R::RecheckLate]);
    assert_eq!(reminders(&other).await, [R::ReplyMissing]);
    for (reminder, name) in [(R::Unfulfilled, &planned), (R::RecheckLate, &told), (R::ReplyMissing, &other)] {
        let list = ListInspectionsRequest { parent: cast.parent(), reminder: reminder.into(), ..Default::default() };
        let names: Vec<_> =
            cast.commission.list_inspections(list).await.unwrap().inspections.into_iter().map(|one| one.name).collect();
        assert_eq!(names, [name.as_str()], "{reminder:?}");
    }
    assert_eq!(figure(cast, "inspections_unfulfilled").await, "1");
    assert_eq!(figure(cast, "orders_overdue").await, "1");
    // The chain ends after all.
    first.record_transfer_reply(reply()).await.unwrap();
    cast.approve(&cast.get(&other).await.transfer_reply).await;
    first.record_transfer_result(result()).await.unwrap();
    let handed = cast.get(&other).await;
    assert_eq!(cast.document(&handed.transfer_result).await.rests_on, handed.transfer_reply);
}

/// Number, kind, day and hash of every document reach the city; what it says does not.
async fn shown_above(stage: &Stage, cast: &Cast) {
    use prost::Message as _;
    let list = ListDocumentsRequest { parent: cast.parent(), ..Default::default() };
    let documents = cast.regulator.list_documents(list).await.unwrap().documents;
    let wanted: Vec<(String, i32)> = documents.iter().map(|one| (one.number.clone(), one.state)).collect();
    let disk = Disk::open(&stage.world, "bs").await;
    let query = "SELECT body FROM facts WHERE kind = 'document' ORDER BY key";
    let mut held = Vec::new();
    for _ in 0..200 {
        let bodies: Vec<Vec<u8>> = disk.column(query).await;
        held = bodies
            .iter()
            .map(|body| DocumentRecord::decode(body.as_slice()).unwrap())
            .map(|one| (one.number, one.state))
            .collect();
        held.sort();
        let mut sorted = wanted.clone();
        sorted.sort();
        if held == sorted {
            disk.close().await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the city holds {held:?}, the county has {wanted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same() {
    let mut stage = small::frozen(2041, 2).await;
    let cast = cast(&stage).await;
    special_inspection(&mut stage, &cast).await;
    short_ways(&mut stage, &cast).await;
    shown_above(&stage, &cast).await;
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
    if stage.world.database().is_none() {
        let disk = Disk::open(&stage.world, COUNTY).await;
        assert_eq!(crate::replay::differences(&disk).await, Vec::<String>::new());
        disk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_covert_visit_is_nobody_s_business_before_it_happened_and_a_draw_can_be_repeated() {
    let stage = small::frozen(2042, 8).await;
    let cast = cast(&stage).await;
    let other_expert =
        people::hire(&stage.world.administrator(COUNTY), "expert-9", Role::Expert, Confined::default()).await.unwrap();
    let covert = PlanInspectionsRequest {
        covert: true,
        officers: vec![cast.officers[0].clone(), cast.officers[2].clone()],
        ..cast.planning(InspectionKind::Expert)
    };
    let name = cast.planned(&cast.commission, covert.clone()).await;
    let positions: Vec<u64> = cast
        .regulator
        .list_entries(ListEntriesRequest {
            parent: cast.parent(),
            subject: name.split('/').skip(2).collect::<Vec<_>>().join("/"),
            ..Default::default()
        })
        .await
        .unwrap()
        .entries
        .iter()
        .map(|entry| entry.position)
        .collect();
    assert_eq!(positions.len(), 1);
    let nothing = Vec::<String>::new();
    let assign = of!(AssignInspectionRequest, name, on: Some(TODAY.wire()));
    cast.regulator.assign_inspection(assign).await.unwrap();
    let hidden = async |by: &Caller| {
        assert_eq!(cast.seen(by).await, nothing);
        let told = by.get_inspection(of!(GetInspectionRequest, name)).await.unwrap_err();
        assert_eq!(told.code(), Code::NotFound, "{told}");
    };
    for by in [&cast.reporter, &other_expert] {
        hidden(by).await;
    }
    // Nor by the trail, nor by figures.
    let prove = ProveEntryRequest { parent: cast.parent(), position: positions[0] };
    assert_eq!(cast.reporter.prove_entry(prove.clone()).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(figure(&cast, "inspections_planned").await, "0");
    assert_eq!(cast.seen(&cast.expert).await, std::slice::from_ref(&name), "who is assigned knows");

    let begin = of!(BeginInspectionRequest, name, place: text("作业区"), certificates_shown: true);
    cast.expert.begin_inspection(begin).await.unwrap();
    hidden(&cast.reporter).await;
    let findings = vec![cast.finding("B03", false)];
    cast.expert.record_findings(of!(RecordFindingsRequest, name, findings: findings)).await.unwrap();
    hidden(&cast.reporter).await;
    assert_eq!((figure(&cast, "inspections_planned").await, figure(&cast, "inspections_covert").await), ("1".into(), "1".into()));
    let record = cast.draw(&cast.expert, &name, "D02").await.unwrap();
    cast.expert.sign_record(cast.signing(&name, &record)).await.unwrap();
    cast.approve(&record).await;
    cast.ordered(&name, TODAY.plus(5)).await;
    cast.feed_back(&name).await;
    assert_eq!(cast.seen(&cast.reporter).await, std::slice::from_ref(&name), "what was fed back is told");
    assert_eq!(cast.seen(&other_expert).await, nothing);

    // 双随机: enterprises and officers by lot. Anybody makes the draw again with a program that computes SHA-256.
    let drawing = PlanInspectionsRequest {
        enterprises: Vec::new(),
        officers: Vec::new(),
        seed: "测试摇号 2015-09-02 8431".to_owned(),
        draw_enterprises: 3,
        draw_officers: 2,
        ..cast.planning(InspectionKind::Special)
    };
    let many = PlanInspectionsRequest { draw_enterprises: 9, ..drawing.clone() };
    assert_eq!(reason_of(cast.regulator.plan_inspections(many).await), "INSPECTION_DRAW_TOO_LARGE");
    let plan = cast.regulator.plan_inspections(drawing.clone()).await.unwrap().resource;
    let shown = cast.regulator.get_plan(of!(GetPlanRequest, plan)).await.unwrap();
    let draw = shown.targets_draw.unwrap();
    assert!(draw.sound && shown.officers_draw.is_some_and(|draw| draw.sound && draw.candidates.len() == 2));
    let mut candidates: Vec<_> = stage.enterprises.values().cloned().collect();
    candidates.sort_by_key(|name| serial_of(name));
    assert_eq!(draw.candidates, candidates);
    let mut scored: Vec<_> = candidates
        .iter()
        .map(|name| {
            let serial = name.rsplit('/').next().unwrap();
            (sha256(&format!("changxiao/draw/v1\ntargets\n{}\n{serial}", drawing.seed)), name.clone())
        })
        .collect();
    scored.sort();
    let expected: Vec<_> = scored.into_iter().take(3).map(|(_, name)| name).collect();
    assert_eq!(draw.drawn, expected);
    let list = ListInspectionsRequest { parent: cast.parent(), ..Default::default() };
    let all = cast.regulator.list_inspections(list).await.unwrap().inspections;
    let inspected: Vec<_> = all.into_iter().filter(|one| one.plan == plan).map(|one| one.enterprise).collect();
    assert_eq!(inspected, expected);
}

fn serial_of(name: &str) -> (u64, u64) {
    let (epoch, position) = name.rsplit('/').next().unwrap().split_once('-').unwrap();
    (epoch.parse().unwrap(), position.parse().unwrap())
}

/// By a program of its own, as a citizen would.
fn sha256(text: &str) -> String {
    use std::io::Write as _;
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    String::from_utf8(told.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_zero_reports_and_six_findings_in_one_inspection_are_told_to_inspectors() {
    let mut stage = small::frozen(2043, 2).await;
    let cast = cast(&stage).await;
    for month in 8..=11 {
        let month = Month::new(2015, month);
        if month.last() >= TODAY {
            stage.advance(month.last().plus(2).at(9, 0)).await.unwrap();
        }
        let acts = vec![Act::Inspect(month.last()), Act::Declare(month)];
        stage.perform(&std::collections::BTreeMap::from([(0, acts.clone()), (1, acts)])).await.unwrap();
    }
    assert_eq!(stage.findings, Vec::<String>::new());
    let list = || ListHintsRequest { parent: cast.parent(), ..Default::default() };
    assert_eq!(cast.department.list_hints(list()).await.unwrap().hints, []);
    let december = Day::new(2015, 12, 3);
    stage.advance(december.at(9, 0)).await.unwrap();
    let plan = PlanInspectionsRequest { month: Some(Month::new(2015, 12).wire()), ..cast.planning(InspectionKind::Special) };
    let name = cast.planned(&cast.department, plan).await;
    cast.department.assign_inspection(of!(AssignInspectionRequest, name, on: Some(december.wire()))).await.unwrap();
    let begin = of!(BeginInspectionRequest, name, place: text("作业区"), certificates_shown: true);
    cast.first.begin_inspection(begin).await.unwrap();
    let findings = vec![cast.finding("B03", false); 6];
    cast.first.record_findings(of!(RecordFindingsRequest, name, findings: findings)).await.unwrap();
    let hints = cast.department.list_hints(list()).await.unwrap().hints;
    let [hint] = hints.as_slice() else { panic!("{hints:?}") };
    assert_eq!((hint.enterprise.as_str(), hint.inspection.as_str(), hint.findings), (cast.enterprise.as_str(), name.as_str(), 6));
    assert_eq!(hint.text_zh, "连续4个月(2015-08至2015-11)零隐患申报,随后检查发现6项隐患和问题");
    assert_eq!(cast.reporter.list_hints(list()).await.unwrap_err().code(), Code::PermissionDenied);
}
