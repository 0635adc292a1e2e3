//! The monthly declaration in full against a real county: every path of MD1 to MD14 by gRPC, what time says, the figures that follow.

use changxiao_proto::county::v1::*;
use changxiao_tests::{
    calendar::{Day, Month},
    client::{Caller, reason},
    story::{declaring, inspecting, people::Staff, stage::Stage},
};
use tonic::Status;

use crate::{
    hazards::figures,
    support::small::{self, COUNTY},
};

const AUGUST: Month = Month::new(2015, 8);

struct Cast {
    staff: Vec<Staff>,
    regulator: Caller,
}

async fn cast(stage: &Stage, number: usize) -> Cast {
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

impl Cast {
    fn name(&self, number: usize) -> String {
        format!("{}/declarations/{AUGUST}", self.staff[number].enterprise)
    }

    async fn get(&self, number: usize) -> Declaration {
        self.regulator.get_declaration(GetDeclarationRequest { name: self.name(number) }).await.unwrap()
    }

    async fn state(&self, number: usize) -> DeclarationState {
        self.get(number).await.state()
    }

    async fn inspect(&self, number: usize) {
        let inspected = inspecting::on_paper(&self.staff[number].enterprise, Day::new(2015, 8, 28));
        self.staff[number].reporter.record_self_inspection(inspected).await.unwrap();
    }

    /// Edited, confirmed, signed and filed as a zero report.
    async fn file(&self, number: usize, late_reason: &str) -> Result<String, Status> {
        let name = self.name(number);
        let content_hash = declaring::sign(&self.staff[number], &name).await.unwrap().content_hash;
        let sent = FileDeclarationRequest { name, content_hash, late_reason: late_reason.to_owned(), ..Default::default() };
        self.staff[number].reporter.file_declaration(sent).await.map(|told| told.resource)
    }

    async fn send_back(&self, number: usize, as_empty: bool) -> Result<(), Status> {
        let sent =
            ReturnDeclarationRequest { name: self.name(number), reason: text("内容不全"), as_empty, ..Default::default() };
        self.regulator.return_declaration(sent).await.map(|_| ())
    }

    async fn find(&self, number: usize) -> String {
        let find = RegisterHazardRequest {
            parent: self.staff[number].enterprise.clone(),
            found_on: Some(Day::new(2015, 8, 30).wire()),
            category: "B03".to_owned(),
            place: text("作业区"),
            description: text("消防通道被堵塞,须清理"),
            source: 3,
            finder: text("检查员"),
            general_by: inspecting::CRITERIA.to_owned(),
            ..Default::default()
        };
        self.staff[number].reporter.register_hazard(find).await.unwrap().resource
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_takes_every_path_of_its_machine() {
    let mut stage = small::frozen(23, 7).await;
    let cast = cast(&stage, 7).await;
    for number in 0..7 {
        cast.inspect(number).await;
    }
    steps_in_their_order(&cast).await;
    exempt_and_proxied(&cast).await;
    // In time on the last day; returned twice, once as empty.
    for number in [3, 4] {
        cast.file(number, "").await.unwrap();
    }
    stage.advance(Day::new(2015, 9, 4).at(9, 0)).await.unwrap();
    assert_eq!(
        refused(cast.regulator.accept_declaration(AcceptDeclarationRequest { name: cast.name(5), ..Default::default() }).await),
        "DECLARATION_WRONG_STATE"
    );
    cast.send_back(3, false).await.unwrap();
    cast.send_back(4, true).await.unwrap();
    let counts = [
        "declarations_owed",
        "declarations_exempt",
        "declarations_on_time",
        "declarations_late",
        "declarations_missing",
        "zero_reports",
        "declarations_proxied",
    ];
    assert_eq!(figures(&stage, "2015-08", &counts).await, [7, 1, 3, 0, 3, 3, 1]);

    // MD6: the due instant passes; what was returned waits on.
    stage.advance(Day::new(2015, 9, 7).at(9, 0)).await.unwrap();
    assert_eq!(cast.state(5).await, DeclarationState::Overdue);
    assert_eq!(cast.state(3).await, DeclarationState::Returned);
    // MD10: refiled, one keeps its mark, the other is late. MD7: late needs a reason.
    cast.file(3, "").await.unwrap();
    cast.file(4, "").await.unwrap();
    assert_eq!((cast.state(3).await, cast.state(4).await), (DeclarationState::OnTime, DeclarationState::Late));
    assert_eq!(refused(cast.file(5, "").await), "DECLARATION_LATE_WITHOUT_REASON");
    cast.file(5, &text("信息员出差")).await.unwrap();
    assert_eq!(cast.get(5).await.late_reason, text("信息员出差"));
    assert_eq!(figures(&stage, "2015-08", &counts).await, [7, 1, 3, 2, 1, 5, 1]);

    // MD8: time accepts after five working days; the county may do so before.
    cast.regulator.accept_declaration(AcceptDeclarationRequest { name: cast.name(4), ..Default::default() }).await.unwrap();
    stage.advance(Day::new(2015, 9, 13).at(9, 0)).await.unwrap();
    // Filed on 2 September: the 3rd and 4th are holidays, Sunday the 6th is worked for one; five working days end on the 10th.
    assert_eq!(cast.state(0).await, DeclarationState::Accepted);
    assert_eq!(cast.state(3).await, DeclarationState::OnTime);
    assert_eq!(refused(cast.send_back(0, false).await), "DECLARATION_WRONG_STATE");
    correction(&stage, &cast).await;

    // MD11: the month after is over. What comes then is late all the same.
    stage.advance(Day::new(2015, 10, 1).at(9, 0)).await.unwrap();
    assert_eq!(cast.state(6).await, DeclarationState::Missing);
    assert_eq!(figures(&stage, "2015-08", &counts).await, [7, 1, 3, 2, 1, 4, 1]);
    cast.file(6, &text("停电")).await.unwrap();
    assert_eq!(cast.state(6).await, DeclarationState::Late);
    assert_eq!(figures(&stage, "2015-08", &counts).await, [7, 1, 3, 3, 0, 5, 1]);
    stage.world.stop(COUNTY).await.unwrap();
}

/// MD2 to MD5: edited, confirmed, signed, filed; each later step is refused before the one it rests on.
async fn steps_in_their_order(cast: &Cast) {
    let (staff, name) = (&cast.staff[0], cast.name(0));
    let shown = cast.get(0).await;
    let confirm = |content_hash: &bytes::Bytes, statement: &str| ConfirmDeclarationRequest {
        name: name.clone(),
        content_hash: content_hash.clone(),
        zero_statement: statement.to_owned(),
        ..Default::default()
    };
    let sign = |content_hash: &bytes::Bytes| SignDeclarationRequest {
        name: name.clone(),
        content_hash: content_hash.clone(),
        ..Default::default()
    };
    let file = |content_hash: &bytes::Bytes| FileDeclarationRequest {
        name: name.clone(),
        content_hash: content_hash.clone(),
        ..Default::default()
    };
    let nothing_found = declaring::NOTHING_FOUND;
    assert_eq!(
        refused(staff.responsible.confirm_declaration(confirm(&shown.content_hash, nothing_found)).await),
        "DECLARATION_WRONG_STATE"
    );
    let stopped = EditDeclarationRequest { name: name.clone(), stopped: true, note: text("检修"), ..Default::default() };
    staff.reporter.edit_declaration(stopped).await.unwrap();
    let edited = cast.get(0).await;
    assert_eq!((edited.state(), edited.producing), (DeclarationState::Draft, false));
    assert_ne!(edited.content_hash, shown.content_hash, "a stopped enterprise signs that it stopped");
    assert_eq!(refused(staff.legal.sign_declaration(sign(&edited.content_hash)).await), "DECLARATION_WRONG_STATE");
    assert_eq!(
        refused(staff.responsible.confirm_declaration(confirm(&edited.content_hash, "")).await),
        "DECLARATION_ZERO_WITHOUT_STATEMENT"
    );
    assert_eq!(
        refused(staff.responsible.confirm_declaration(confirm(&shown.content_hash, nothing_found)).await),
        "DECLARATION_CONTENT_CHANGED"
    );
    staff.responsible.confirm_declaration(confirm(&edited.content_hash, nothing_found)).await.unwrap();
    let confirmed = cast.get(0).await;
    assert_eq!(
        (confirmed.state(), confirmed.confirmed, confirmed.zero_statement.as_str()),
        (DeclarationState::Confirmed, true, nothing_found)
    );
    assert_eq!(refused(staff.reporter.file_declaration(file(&confirmed.content_hash)).await), "DECLARATION_NOT_SIGNED");
    assert_eq!(refused(staff.legal.sign_declaration(sign(&edited.content_hash)).await), "DECLARATION_CONTENT_CHANGED");
    staff.legal.sign_declaration(sign(&confirmed.content_hash)).await.unwrap();
    assert_eq!(cast.state(0).await, DeclarationState::Signed);
    staff.reporter.file_declaration(file(&confirmed.content_hash)).await.unwrap();
    let filed = cast.get(0).await;
    assert_eq!((filed.state(), filed.signed, filed.producing), (DeclarationState::OnTime, true, false));
    assert_eq!(filed.accept_by, Some(Day::new(2015, 9, 10).wire()));
    assert_eq!(
        refused(staff.reporter.edit_declaration(EditDeclarationRequest { name, ..Default::default() }).await),
        "DECLARATION_ALREADY_FILED"
    );
}

/// MD12 and MD14: let off, and declared for by somebody else on paper.
async fn exempt_and_proxied(cast: &Cast) {
    let exempt = ExemptDeclarationRequest { name: cast.name(1), reason: text("水灾"), ..Default::default() };
    cast.regulator.exempt_declaration(exempt.clone()).await.unwrap();
    assert_eq!(cast.get(1).await.exempt_reason, text("水灾"));
    assert_eq!(refused(cast.regulator.exempt_declaration(exempt).await), "DECLARATION_WRONG_STATE");

    let name = cast.name(2);
    let edit = EditDeclarationRequest { name: name.clone(), ..Default::default() };
    assert_eq!(refused(cast.regulator.edit_declaration(edit.clone()).await), "DECLARATION_NOT_PROXIED");
    let proxy =
        ProxyDeclarationRequest {
            name: name.clone(), reason: text("无网络"), paper: vec![5; 32].into(), ..Default::default()
        };
    cast.regulator.proxy_declaration(proxy).await.unwrap();
    // The same road as the enterprise's own, all of it by the office.
    let office = Staff {
        enterprise: cast.staff[2].enterprise.clone(),
        reporter: cast.regulator.clone(),
        responsible: cast.regulator.clone(),
        legal: cast.regulator.clone(),
    };
    let content_hash = declaring::sign(&office, &name).await.unwrap().content_hash;
    let sent = FileDeclarationRequest { name, content_hash, ..Default::default() };
    cast.regulator.file_declaration(sent).await.unwrap();
    let filed = cast.get(2).await;
    assert_eq!((filed.filed_by_proxy, filed.proxy_reason), (true, text("无网络")));
}

/// MD13: the records changed after it was accepted; the legal representative asks, the county decides, figures are never typed.
async fn correction(stage: &Stage, cast: &Cast) {
    let (staff, name) = (&cast.staff[0], cast.name(0));
    let ask = |hash: &bytes::Bytes| AskCorrectionRequest {
        name: name.clone(),
        reason: text("补登记"),
        corrected_hash: hash.clone(),
        ..Default::default()
    };
    let decide = |consent, reason: &str| DecideCorrectionRequest {
        name: name.clone(),
        consent,
        reason: reason.to_owned(),
        ..Default::default()
    };
    let accepted = cast.get(0).await;
    assert_eq!(refused(staff.legal.ask_correction(ask(&accepted.corrected_hash)).await), "DECLARATION_NOTHING_TO_CORRECT");
    cast.find(0).await;
    let changed = cast.get(0).await;
    assert_eq!(changed.figures, accepted.figures, "what was filed stands until it is corrected");
    assert_eq!(changed.corrected_figures.unwrap().general_found, 1);
    assert_eq!(refused(staff.legal.ask_correction(ask(&accepted.content_hash)).await), "DECLARATION_CONTENT_CHANGED");
    assert_eq!(refused(cast.regulator.decide_correction(decide(true, "")).await), "DECLARATION_NO_CORRECTION_ASKED");
    staff.legal.ask_correction(ask(&changed.corrected_hash)).await.unwrap();
    assert_eq!(refused(staff.legal.ask_correction(ask(&changed.corrected_hash)).await), "DECLARATION_CORRECTION_PENDING");
    cast.regulator.decide_correction(decide(false, &text("先核实"))).await.unwrap();
    assert_eq!(cast.get(0).await.corrections, 0);
    assert_eq!(figures(stage, "2015-08", &["zero_reports"]).await, [5]);
    staff.legal.ask_correction(ask(&changed.corrected_hash)).await.unwrap();
    cast.regulator.decide_correction(decide(true, "")).await.unwrap();
    let corrected = cast.get(0).await;
    assert_eq!(
        (corrected.state(), corrected.corrections, corrected.figures.unwrap().general_found),
        (DeclarationState::Accepted, 1, 1)
    );
    assert_eq!(corrected.zero_statement, "");
    assert_eq!(figures(stage, "2015-08", &["zero_reports"]).await, [4]);
}
