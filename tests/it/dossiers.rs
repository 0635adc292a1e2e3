//! Major hazards in full against a real county: the long way from the judgement to the resumption of production, the short ways out,
//! and what time says in between.

use changxiao_proto::county::v1::*;
use changxiao_tests::{
    calendar::Day,
    client::{Caller, reason},
    story::stage::Stage,
};

use crate::{
    hazards::figures,
    support::small::{self, COUNTY},
};

const FOUND: Day = Day::new(2015, 9, 1);

struct Cast {
    enterprise: String,
    reporter: Caller,
    legal: Caller,
    department: Caller,
    regulator: Caller,
    commission: Caller,
}

async fn cast(stage: &Stage) -> Cast {
    let administrator = stage.world.administrator(COUNTY);
    let staff = stage.players[&0].lock().await.staff().clone();
    let industry = stage.firms[0].industry.to_lowercase();
    let door = stage.world.door(COUNTY);
    Cast {
        department: door.caller(&small::token(&administrator, &format!("department-{industry}")).await),
        regulator: door.caller(&small::token(&administrator, "regulator-1").await),
        commission: door.caller(&small::token(&administrator, "commission-1").await),
        enterprise: staff.enterprise,
        reporter: staff.reporter,
        legal: staff.legal,
    }
}

fn text(words: &str) -> String {
    format!("(测试){words}")
}

/// A request about one dossier with its own fields.
macro_rules! of {
    ($request:ident, $name:expr $(, $field:ident: $value:expr)*) => {
        $request { name: $name.to_string(), $($field: $value,)* ..Default::default() }
    };
}

impl Cast {
    /// Judged major; nothing else is done yet.
    async fn identified(&self) -> String {
        let judged = IdentifyMajorHazardRequest {
            parent: self.enterprise.clone(),
            found_on: Some(FOUND.wire()),
            category: "B01".to_owned(),
            criterion: text("判定标准第一条"),
            state_and_cause: text("边坡失稳,原因为排水不畅"),
            harm_and_difficulty: text("危及下方作业面,治理周期较长"),
            ..Default::default()
        };
        self.reporter.identify_major_hazard(judged).await.unwrap().resource
    }

    fn plan(&self) -> TreatmentPlan {
        TreatmentPlan {
            measures: text("削坡减载"),
            responsibility: text("矿长负责"),
            funds_yuan: 400_000,
            deadline: Some(Day::new(2015, 12, 1).wire()),
            emergency_plan: text("应急预案"),
            goals: text("消除风险"),
        }
    }

    /// Filed with all three bodies.
    async fn filed(&self) -> String {
        let name = self.identified().await;
        self.legal.record_protection(of!(RecordProtectionRequest, name, protection: text("撤人"))).await.unwrap();
        self.legal.open_dossier(of!(OpenDossierRequest, name, number: text("1号"))).await.unwrap();
        self.legal.complete_dossier(of!(CompleteDossierRequest, name, plan: Some(self.plan()))).await.unwrap();
        self.legal.file_dossier(of!(FileDossierRequest, name)).await.unwrap();
        let bodies = [
            (FilingBody::CommissionOffice, &self.commission),
            (FilingBody::IndustryDepartment, &self.department),
            (FilingBody::DutyDepartment, &self.regulator),
        ];
        for (body, caller) in bodies {
            caller.confirm_filing(of!(ConfirmFilingRequest, name, body: body.into())).await.unwrap();
        }
        name
    }

    fn listing(&self, name: &str, deadline: Day, suspends: bool) -> ListForSupervisionRequest {
        ListForSupervisionRequest {
            name: name.to_owned(),
            notice_number: text("督1号"),
            deadline: Some(deadline.wire()),
            signer: text("签发人"),
            receiver: text("签收人"),
            suspends,
            ..Default::default()
        }
    }

    async fn assess(&self, name: &str, passed: bool) {
        let commission = of!(CommissionAssessmentRequest, name, institution: text("评估机构"), qualification: text("甲级"),
            qualified_until: Some(Day::new(2016, 1, 1).wire()), field: text("边坡"));
        self.legal.commission_assessment(commission).await.unwrap();
        let report = of!(RecordAssessmentRequest, name, report: text("评1号"), authors: vec![text("评估人")], passed: passed);
        self.legal.record_assessment(report).await.unwrap();
    }

    async fn finish(&self, name: &str) {
        self.legal.complete_treatment(of!(CompleteTreatmentRequest, name, statement: text("治理完成"))).await.unwrap();
    }

    async fn get(&self, name: &str) -> Dossier {
        self.regulator.get_dossier(GetDossierRequest { name: name.to_owned() }).await.unwrap()
    }

    async fn state(&self, name: &str) -> DossierState {
        self.get(name).await.state()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_major_hazard_takes_the_long_way_and_the_short_ones() {
    let mut stage = small::frozen(16, 2).await;
    let cast = cast(&stage).await;

    // MH1, MH2, MH5: filing waits for protection.
    let forgotten = cast.identified().await;
    let bare = cast.identified().await;
    cast.legal.open_dossier(of!(OpenDossierRequest, bare, number: text("2号"))).await.unwrap();
    cast.legal.complete_dossier(of!(CompleteDossierRequest, bare, plan: Some(cast.plan()))).await.unwrap();
    let early = cast.legal.file_dossier(of!(FileDossierRequest, bare)).await.unwrap_err();
    assert_eq!(reason(&early).as_deref(), Some("DOSSIER_NOT_PROTECTED"), "{early}");

    // MH7: not listed, with a reason; MH21: downgraded, it goes on as a general hazard.
    let declined = cast.filed().await;
    cast.department.decline_listing(of!(DeclineListingRequest, declined, reason: text("已整改"))).await.unwrap();
    assert_eq!(cast.get(&declined).await.not_listed, text("已整改"));
    let downgrade = of!(DowngradeDossierRequest, declined, place: text("边坡"), reason: text("专家意见"), expert: text("专家"),
        head: text("负责人"));
    cast.department.downgrade_dossier(downgrade).await.unwrap();
    let downgraded = cast.get(&declined).await;
    assert_eq!(downgraded.state(), DossierState::Downgraded);
    let hazard = cast.regulator.get_hazard(GetHazardRequest { name: downgraded.hazard }).await.unwrap();
    assert_eq!((hazard.state(), hazard.downgraded_from, hazard.late_entry), (HazardState::General, declined, false));

    // MH6, MH8: listed until 16 October with production stopped.
    let name = cast.filed().await;
    let second = cast.commission.confirm_filing(of!(ConfirmFilingRequest, name, body: 1)).await.unwrap_err();
    assert_eq!(reason(&second).as_deref(), Some("DOSSIER_WRONG_STATE"), "{second}");
    cast.department.list_for_supervision(cast.listing(&name, Day::new(2015, 10, 16), true)).await.unwrap();
    cast.legal.start_treatment(of!(StartTreatmentRequest, name, log: text("开始治理"))).await.unwrap();

    // MH23: five working days later nobody has opened the first one's dossier.
    assert!(!cast.get(&forgotten).await.undossiered);
    stage.advance(Day::new(2015, 9, 11).at(9, 0)).await.unwrap();
    assert!(cast.get(&forgotten).await.undossiered);

    // MH10: the window opens twenty working days before the end.
    let ask = of!(AskTreatmentExtensionRequest, name, deadline: Some(Day::new(2015, 10, 20).wire()), reason: text("雨季"),
        protection: text("专人监测"));
    let early = cast.legal.ask_treatment_extension(ask.clone()).await.unwrap_err();
    assert_eq!(reason(&early).as_deref(), Some("DOSSIER_EXTENSION_OUTSIDE"), "{early}");
    stage.advance(Day::new(2015, 10, 7).at(9, 0)).await.unwrap();
    assert_eq!(cast.get(&name).await.progress_missed, 1, "MH9: September was not reported by 5 October");
    cast.legal.ask_treatment_extension(ask).await.unwrap();
    cast.department
        .decide_treatment_extension(of!(DecideTreatmentExtensionRequest, name, granted: true, reason: String::new()))
        .await
        .unwrap();
    let progress = Progress { month: Some(FOUND.month().wire()), percent: 60, spent_yuan: 1, text: text("迟报") };
    cast.reporter.report_progress(of!(ReportProgressRequest, name, progress: Some(progress))).await.unwrap();

    // MH11: overdue by the new day, not by the old one.
    stage.advance(Day::new(2015, 10, 18).at(9, 0)).await.unwrap();
    assert!(!cast.get(&name).await.overdue);
    stage.advance(Day::new(2015, 10, 22).at(9, 0)).await.unwrap();
    assert!(cast.get(&name).await.overdue);

    // MH12 to MH19, with one failed assessment and one refused acceptance.
    cast.finish(&name).await;
    cast.assess(&name, false).await;
    assert_eq!(cast.state(&name).await, DossierState::Rectifying);
    cast.finish(&name).await;
    cast.assess(&name, true).await;
    cast.legal.apply_for_acceptance(of!(ApplyForAcceptanceRequest, name)).await.unwrap();
    let inspectors = || vec![text("甲"), text("乙")];
    let refuse = of!(DecideAcceptanceRequest, name, accepted: false, reason: text("未贯通"),
        new_deadline: Some(Day::new(2015, 11, 20).wire()), inspectors: inspectors());
    cast.department.decide_acceptance(refuse).await.unwrap();
    cast.finish(&name).await;
    cast.assess(&name, true).await;
    cast.legal.apply_for_acceptance(of!(ApplyForAcceptanceRequest, name)).await.unwrap();
    cast.department
        .decide_acceptance(of!(DecideAcceptanceRequest, name, accepted: true, inspectors: inspectors()))
        .await
        .unwrap();
    cast.department.strike_off_dossier(of!(StrikeOffDossierRequest, name, closing_number: text("销1号"))).await.unwrap();

    // MH20: production goes on only when the authority consents.
    cast.legal.ask_resumption(of!(AskResumptionRequest, name)).await.unwrap();
    let refuse = of!(DecideResumptionRequest, name, consented: false, reason: text("须再查"));
    cast.department.decide_resumption(refuse).await.unwrap();
    assert!(!cast.get(&name).await.resumed);
    cast.legal.ask_resumption(of!(AskResumptionRequest, name)).await.unwrap();
    cast.department.decide_resumption(of!(DecideResumptionRequest, name, consented: true)).await.unwrap();
    let closed = cast.get(&name).await;
    assert_eq!((closed.state(), closed.resumed, closed.returned, closed.extensions), (DossierState::StruckOff, true, 2, 1));
    assert_eq!((closed.notice_signer, closed.institution), (text("签发人"), text("评估机构")));

    let found = ["major_found", "major_downgraded", "major_undossiered", "major_listed_entered", "general_found"];
    assert_eq!(figures(&stage, "2015-09", &found).await, [4, 1, 1, 1, 0]);
    let ended = ["major_struck_off", "major_returned", "major_extended", "major_progress_missed", "major_listed_left"];
    assert_eq!(figures(&stage, "2015-10", &ended).await, [1, 2, 1, 1, 1]);
    assert_eq!(figures(&stage, "2015-10", &["major_open", "general_open", "major_overdue"]).await, [2, 1, 0]);
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}
