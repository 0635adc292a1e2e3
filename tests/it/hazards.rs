//! General hazards in full against a real county: every path of GH1 to GH15 by gRPC, what time says, the figures that follow, and
//! who may not.

use changxiao_proto::{
    county::v1::*,
    statistics::v1::{Completeness, QueryRequest, RegionMap},
};
use changxiao_tests::{
    calendar::Day,
    client::{Caller, reason},
    story::{inspecting, people::Staff, stage::Stage},
};

use crate::support::small::{self, COUNTY};

const FOUND: Day = Day::new(2015, 9, 1);

/// Who acts for the first enterprise and over it.
pub(crate) struct Cast {
    pub staff: Staff,
    pub regulator: Caller,
}

pub(crate) async fn cast(stage: &Stage) -> Cast {
    let administrator = stage.world.administrator(COUNTY);
    let regulator = stage.world.door(COUNTY).caller(&small::token(&administrator, "regulator-1").await);
    let staff = stage.players[&0].lock().await.staff().clone();
    Cast { staff, regulator }
}

fn text(words: &str) -> String {
    format!("(测试){words}")
}

impl Cast {
    fn find(&self) -> RegisterHazardRequest {
        RegisterHazardRequest {
            parent: self.staff.enterprise.clone(),
            found_on: Some(FOUND.wire()),
            category: "B03".to_owned(),
            place: text("作业区"),
            description: text("消防通道被堵塞,须清理"),
            source: 3,
            finder: text("检查员"),
            ..Default::default()
        }
    }

    /// Registered and judged general in one step.
    async fn general(&self) -> String {
        let find = RegisterHazardRequest { general_by: inspecting::CRITERIA.to_owned(), ..self.find() };
        self.staff.reporter.register_hazard(find).await.unwrap().resource
    }

    fn assignment(&self, name: &str, deadline: Option<Day>) -> AssignRectificationRequest {
        AssignRectificationRequest {
            name: name.to_owned(),
            responsible: text("整改人"),
            reinspector: text("复查人"),
            acceptor: text("验收人"),
            closer: text("销号人"),
            measure: text("清理通道"),
            protection: text("拉警戒线"),
            deadline: deadline.map(Day::wire),
            ..Default::default()
        }
    }

    async fn assigned(&self, deadline: Day) -> String {
        let name = self.general().await;
        self.staff.responsible.assign_rectification(self.assignment(&name, Some(deadline))).await.unwrap();
        name
    }

    async fn report(&self, name: &str) {
        let report =
            ReportRectificationRequest { name: name.to_owned(), result: text("已清理"), cost_yuan: 300, ..Default::default() };
        self.staff.reporter.report_rectification(report).await.unwrap();
    }

    async fn look(&self, by: &Caller, name: &str, again_by: Option<Day>) -> Result<(), tonic::Status> {
        let look = ReinspectHazardRequest {
            name: name.to_owned(),
            passed: again_by.is_none(),
            reason: again_by.map(|_| text("仍有堆放")).unwrap_or_default(),
            new_deadline: again_by.map(Day::wire),
            ..Default::default()
        };
        by.reinspect_hazard(look).await.map(drop)
    }

    async fn close(&self, by: &Caller, name: &str) {
        by.accept_hazard(AcceptHazardRequest { name: name.to_owned(), ..Default::default() }).await.unwrap();
        by.strike_off_hazard(StrikeOffHazardRequest { name: name.to_owned(), ..Default::default() }).await.unwrap();
    }

    async fn get(&self, name: &str) -> Hazard {
        self.staff.reporter.get_hazard(GetHazardRequest { name: name.to_owned() }).await.unwrap()
    }

    async fn ask_extension(&self, name: &str, deadline: Day) -> Result<(), tonic::Status> {
        let ask = AskExtensionRequest {
            name: name.to_owned(),
            deadline: Some(deadline.wire()),
            reason: text("配件未到"),
            protection: text("专人看守"),
            ..Default::default()
        };
        self.staff.reporter.ask_extension(ask).await.map(drop)
    }

    async fn decide_extension(&self, name: &str, granted: bool) {
        let decide =
            DecideExtensionRequest { name: name.to_owned(), granted, reason: text("情况属实"), ..Default::default() };
        self.regulator.decide_extension(decide).await.unwrap();
    }

    fn upgrade(&self, name: &str) -> UpgradeHazardRequest {
        UpgradeHazardRequest {
            name: name.to_owned(),
            reason: text("影响范围扩大"),
            criterion: text("判定标准第3条"),
            state_and_cause: text("通道长期占用"),
            harm_and_difficulty: text("疏散困难"),
            protection: text("停用该区域"),
            ..Default::default()
        }
    }
}

fn state(hazard: &Hazard) -> HazardState {
    hazard.state()
}

/// Plays every path once. Stands at 2 September, 09:00 when it begins, and at 1 October when it ends.
pub(crate) async fn play(stage: &mut Stage, cast: &Cast) {
    let (reporter, responsible, regulator) = (&cast.staff.reporter, &cast.staff.responsible, &cast.regulator);

    // GH1, GH2, GH5: registered, judged later, assigned without a day: the seventh day.
    let plain = reporter.register_hazard(cast.find()).await.unwrap().resource;
    let early = responsible.assign_rectification(cast.assignment(&plain, None)).await.unwrap_err();
    assert_eq!(reason(&early).as_deref(), Some("HAZARD_WRONG_STATE"), "{early}");
    let assess = AssessHazardRequest { name: plain.clone(), criteria: inspecting::CRITERIA.to_owned(), ..Default::default() };
    responsible.assess_hazard(assess).await.unwrap();
    assert_eq!(state(&cast.get(&plain).await), HazardState::General);
    responsible.assign_rectification(cast.assignment(&plain, None)).await.unwrap();
    assert_eq!(cast.get(&plain).await.deadline, Some(Day::new(2015, 9, 9).wire()));
    // GH6 to GH10, with one failed re-inspection.
    cast.report(&plain).await;
    cast.look(responsible, &plain, Some(Day::new(2015, 9, 15))).await.unwrap();
    cast.report(&plain).await;
    cast.look(responsible, &plain, None).await.unwrap();
    cast.close(responsible, &plain).await;
    let closed = cast.get(&plain).await;
    assert_eq!((state(&closed), closed.returned, closed.cost_yuan), (HazardState::StruckOff, 1, 600));
    assert_eq!((closed.closer, closed.late_entry), (text("销号人"), false));

    // GH15: it comes back, once as the struck-off one and never as an open one.
    let again = RegisterHazardRequest { repeat_of: plain.clone(), ..cast.find() };
    let again = reporter.register_hazard(again).await.unwrap().resource;
    assert!(cast.get(&plain).await.recurred);
    let open = RegisterHazardRequest { repeat_of: again.clone(), ..cast.find() };
    let open = reporter.register_hazard(open).await.unwrap_err();
    assert_eq!(reason(&open).as_deref(), Some("HAZARD_REPEATS_NOTHING"), "{open}");

    // GH3: judged major at once; GH13: later. Each goes on as a dossier and is no general hazard any more.
    let dossier = responsible.upgrade_hazard(cast.upgrade(&again)).await.unwrap();
    assert_eq!(dossier.resource, again, "the receipt speaks of the hazard");
    let upgraded = cast.get(&again).await;
    assert_eq!(state(&upgraded), HazardState::Upgraded);
    let dossier = regulator.get_dossier(GetDossierRequest { name: upgraded.dossier }).await.unwrap();
    assert_eq!((dossier.upgraded_from, dossier.found_on), (again, Some(FOUND.wire())));
    let later = cast.assigned(Day::new(2015, 9, 20)).await;
    regulator.upgrade_hazard(cast.upgrade(&later)).await.unwrap();

    // GH4: put right on the spot; the reporter may not look again himself.
    let spot = cast.general().await;
    let fixed = FixOnSpotRequest { name: spot.clone(), result: text("当场清理"), ..Default::default() };
    responsible.fix_on_spot(fixed).await.unwrap();
    let same = cast.look(responsible, &spot, None).await.unwrap_err();
    assert_eq!(reason(&same).as_deref(), Some("FOUR_EYES_SAME_PERSON"), "{same}");
    cast.look(regulator, &spot, None).await.unwrap();
    cast.close(responsible, &spot).await;

    // What an inspection found, the authority looks at again.
    let ordered = RegisterHazardRequest { source: 5, general_by: inspecting::CRITERIA.to_owned(), ..cast.find() };
    let ordered = regulator.register_hazard(ordered).await.unwrap().resource;
    responsible.assign_rectification(cast.assignment(&ordered, Some(Day::new(2015, 9, 10)))).await.unwrap();
    cast.report(&ordered).await;
    let own = cast.look(responsible, &ordered, None).await.unwrap_err();
    assert_eq!(reason(&own).as_deref(), Some("HAZARD_AUTHORITY_REQUIRED"), "{own}");
    cast.look(regulator, &ordered, None).await.unwrap();
    cast.close(regulator, &ordered).await;

    // GH14: voided with the county's consent, not without; refused, it goes on.
    let twice = cast.general().await;
    let ask = |name: &str, of: &str| AskVoidingRequest {
        name: name.to_owned(),
        reason: text("重复登记"),
        duplicate_of: of.to_owned(),
        ..Default::default()
    };
    let decide = |name: &str, consented| DecideVoidingRequest {
        name: name.to_owned(),
        consented,
        reason: text("核实"),
        ..Default::default()
    };
    let unasked = regulator.decide_voiding(decide(&twice, true)).await.unwrap_err();
    assert_eq!(reason(&unasked).as_deref(), Some("HAZARD_NO_VOIDING_ASKED"), "{unasked}");
    let strange = responsible.ask_voiding(ask(&twice, &twice)).await.unwrap_err();
    assert_eq!(reason(&strange).as_deref(), Some("HAZARD_DUPLICATE_UNKNOWN"), "{strange}");
    responsible.ask_voiding(ask(&twice, &plain)).await.unwrap();
    regulator.decide_voiding(decide(&twice, false)).await.unwrap();
    assert_eq!(state(&cast.get(&twice).await), HazardState::General);
    responsible.ask_voiding(ask(&twice, &plain)).await.unwrap();
    regulator.decide_voiding(decide(&twice, true)).await.unwrap();
    let void = cast.get(&twice).await;
    assert_eq!((state(&void), void.duplicate_of), (HazardState::Voided, plain.clone()));

    // GH12: one extension granted, one refused, one never decided; GH11: time says the rest.
    let (granted, refused, silent) =
        (cast.assigned(FOUND.plus(5)).await, cast.assigned(FOUND.plus(5)).await, cast.assigned(FOUND.plus(5)).await);
    for name in [&granted, &refused, &silent] {
        cast.ask_extension(name, Day::new(2015, 9, 25)).await.unwrap();
    }
    let pending = cast.ask_extension(&silent, Day::new(2015, 9, 26)).await.unwrap_err();
    assert_eq!(reason(&pending).as_deref(), Some("HAZARD_EXTENSION_PENDING"), "{pending}");
    cast.decide_extension(&granted, true).await;
    cast.decide_extension(&refused, false).await;
    stage.advance(Day::new(2015, 9, 7).at(9, 0)).await.unwrap();
    let overdue = |hazard: Hazard| (hazard.overdue, hazard.reassess);
    assert_eq!(overdue(cast.get(&granted).await), (false, false));
    assert_eq!(overdue(cast.get(&refused).await), (true, false));
    assert_eq!(overdue(cast.get(&silent).await), (true, false), "silence is not consent");
    let late = cast.ask_extension(&refused, Day::new(2015, 9, 26)).await.unwrap_err();
    assert_eq!(reason(&late).as_deref(), Some("HAZARD_EXTENSION_TOO_LATE"), "{late}");
    stage.advance(Day::new(2015, 10, 1).at(9, 0)).await.unwrap();
    assert_eq!(overdue(cast.get(&granted).await), (true, false), "overdue by its new day");
    assert_eq!(overdue(cast.get(&refused).await), (true, true), "fifteen days later re-assessment is proposed");

    // GH1 again: entered four weeks after it was found.
    let tardy = cast.general().await;
    assert!(cast.get(&tardy).await.late_entry);
}

/// Ends some hazards otherwise than by striking them off, today: one upgraded, one voided.
pub(crate) async fn end_otherwise(cast: &Cast) {
    let (upgraded, void) = (cast.general().await, cast.general().await);
    cast.regulator.upgrade_hazard(cast.upgrade(&upgraded)).await.unwrap();
    let ask = AskVoidingRequest { name: void.clone(), reason: text("误报"), ..Default::default() };
    cast.staff.responsible.ask_voiding(ask).await.unwrap();
    let decide = DecideVoidingRequest { name: void, consented: true, ..Default::default() };
    cast.regulator.decide_voiding(decide).await.unwrap();
}

pub(crate) async fn figures(stage: &Stage, span: &str, indicators: &[&str]) -> Vec<i64> {
    let question = QueryRequest {
        parent: format!("regions/{COUNTY}"),
        span: span.to_owned(),
        indicators: indicators.iter().map(|id| (*id).to_owned()).collect(),
        completeness: Completeness::Any.into(),
        map: RegionMap::Then.into(),
        ..QueryRequest::default()
    };
    let answer = stage.analyst(COUNTY).query(question).await.unwrap();
    answer.total.unwrap().figures.iter().map(|figure| figure.value).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_general_hazard_takes_every_path_of_its_machine() {
    let mut stage = small::frozen(15, 2).await;
    let cast = cast(&stage).await;
    play(&mut stage, &cast).await;
    let flows = [
        "general_found",
        "general_struck_off",
        "general_upgraded",
        "general_voided",
        "general_recurred",
        "general_returned",
        "general_extended",
        "major_found",
    ];
    // Found in September by their day: plain, again, later, spot, ordered, twice, three with extensions, and the tardy one.
    assert_eq!(figures(&stage, "2015-09", &flows).await, [10, 3, 2, 1, 1, 1, 1, 0]);
    assert_eq!(figures(&stage, "2015-09", &["general_open", "major_open", "general_overdue"]).await, [4, 2, 3]);
    assert_eq!(figures(&stage, "2015-10", &["general_entered_late"]).await, [1]);
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}
