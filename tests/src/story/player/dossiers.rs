//! The steps of a major hazard, each by the people whose step it is.

use anyhow::Context as _;
use changxiao_proto::county::v1::*;

use super::Player;
use crate::{calendar::Day, story::plan::dossiers::Step};

impl Player {
    pub(super) async fn dossier(&mut self, key: u32, step: &Step) -> anyhow::Result<u64> {
        let office = self.office.clone();
        let staff = self.staff.clone();
        let department =
            office.departments.get(&self.industry).with_context(|| format!("no department for {}", self.industry))?;
        if let Step::Identify(found_on) = step {
            let sent = IdentifyMajorHazardRequest {
                parent: staff.enterprise.clone(),
                found_on: Some(found_on.wire()),
                category: "B01".to_owned(),
                criterion: "(测试)判定标准第一条".to_owned(),
                state_and_cause: "(测试)边坡失稳,原因为排水不畅".to_owned(),
                harm_and_difficulty: "(测试)危及下方作业面,治理周期较长".to_owned(),
                protection: "(测试)已撤离人员并设置警戒".to_owned(),
                number: format!("测试档〔2015〕{}号", key % 1_000 + 1),
                ..Default::default()
            };
            let told = staff.reporter.identify_major_hazard(sent.clone()).await?;
            self.names.insert(key, told.resource.clone());
            self.records().dossier_identified(&sent, &told);
            return Ok(1);
        }
        let name = self.named(key)?;
        match step {
            Step::Identify(_) => {}
            Step::Complete(deadline) => {
                let plan = TreatmentPlan {
                    measures: "(测试)削坡减载,增设排水沟".to_owned(),
                    responsibility: "(测试)矿长负责".to_owned(),
                    funds_yuan: 400_000,
                    deadline: Some(deadline.wire()),
                    emergency_plan: "(测试)边坡坍塌应急预案".to_owned(),
                    goals: "(测试)消除失稳风险".to_owned(),
                };
                let sent = CompleteDossierRequest { name, plan: Some(plan), ..Default::default() };
                let told = staff.legal.complete_dossier(sent).await?;
                self.records().acknowledged(&told);
            }
            Step::File => {
                let told = staff.legal.file_dossier(FileDossierRequest { name, ..Default::default() }).await?;
                self.records().acknowledged(&told);
            }
            Step::Confirm => {
                let bodies = [
                    (FilingBody::CommissionOffice, &office.commission),
                    (FilingBody::IndustryDepartment, department),
                    (FilingBody::DutyDepartment, &office.regulator),
                ];
                for (body, caller) in bodies {
                    let sent = ConfirmFilingRequest { name: name.clone(), body: body.into(), ..Default::default() };
                    let told = caller.confirm_filing(sent).await.with_context(|| body.as_str_name())?;
                    self.records().acknowledged(&told);
                }
                return Ok(3);
            }
            Step::List(deadline) => {
                let notice_number = format!("测试督〔2015〕{}号", key % 1_000 + 1);
                let sent = ListForSupervisionRequest {
                    name: name.clone(),
                    notice_number,
                    deadline: Some(deadline.wire()),
                    signer: "测试签发人".to_owned(),
                    receiver: "测试签收人".to_owned(),
                    ..Default::default()
                };
                let told = department.list_for_supervision(sent.clone()).await?;
                self.records().dossier_listed(&sent, &told);
                let start = StartTreatmentRequest { name, log: "(测试)开始治理".to_owned(), ..Default::default() };
                let told = staff.reporter.start_treatment(start).await?;
                self.records().acknowledged(&told);
                return Ok(2);
            }
            Step::Progress(month, percent) => {
                let progress = Progress {
                    month: Some(month.wire()),
                    percent: *percent,
                    spent_yuan: u64::from(*percent) * 4_000,
                    text: "(测试)按计划治理,警戒保持".to_owned(),
                };
                let sent = ReportProgressRequest { name, progress: Some(progress), ..Default::default() };
                let told = staff.reporter.report_progress(sent.clone()).await?;
                self.records().dossier_progressed(&sent, &told);
            }
            Step::Finish => {
                let sent = CompleteTreatmentRequest { name, statement: "(测试)治理完成".to_owned(), ..Default::default() };
                let told = staff.legal.complete_treatment(sent.clone()).await?;
                self.records().dossier_completed(&sent, &told);
            }
            Step::Assess(passed) => {
                let commission = CommissionAssessmentRequest {
                    name: name.clone(),
                    institution: "(测试)评估机构".to_owned(),
                    qualification: "测试甲级0001".to_owned(),
                    qualified_until: Some(Day::new(2030, 12, 31).wire()),
                    field: "(测试)边坡治理".to_owned(),
                    ..Default::default()
                };
                let told = staff.legal.commission_assessment(commission).await?;
                self.records().acknowledged(&told);
                let sent = RecordAssessmentRequest {
                    name,
                    report: "测试评〔2015〕1号".to_owned(),
                    authors: vec!["测试评估人".to_owned()],
                    passed: *passed,
                    ..Default::default()
                };
                let told = staff.legal.record_assessment(sent.clone()).await?;
                self.records().dossier_assessed(&sent, &told);
                return Ok(2);
            }
            Step::Apply => {
                let told = staff.legal.apply_for_acceptance(ApplyForAcceptanceRequest { name, ..Default::default() }).await?;
                self.records().acknowledged(&told);
            }
            Step::Decide(new_deadline) => {
                let sent = DecideAcceptanceRequest {
                    name,
                    accepted: new_deadline.is_none(),
                    reason: new_deadline.map(|_| "(测试)排水沟未贯通".to_owned()).unwrap_or_default(),
                    new_deadline: new_deadline.map(Day::wire),
                    inspectors: vec!["测试人员甲".to_owned(), "测试人员乙".to_owned()],
                    ..Default::default()
                };
                let told = department.decide_acceptance(sent.clone()).await?;
                self.records().dossier_decided(&sent, &told);
            }
            Step::StrikeOff => {
                let closing_number = format!("测试销〔2015〕{}号", key % 1_000 + 1);
                let sent = StrikeOffDossierRequest { name, closing_number, ..Default::default() };
                let told = department.strike_off_dossier(sent.clone()).await?;
                self.records().dossier_struck_off(&sent, &told);
            }
        }
        Ok(1)
    }
}
