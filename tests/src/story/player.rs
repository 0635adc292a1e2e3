//! One enterprise with its people, carrying out its acts one after the other and telling the oracle what was sent and answered.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use anyhow::Context as _;
use changxiao_proto::county::v1::*;

use super::{
    declaring, inspecting,
    people::{Office, Staff},
    plan::Act,
};
use crate::{
    calendar::{Day, Month},
    oracle::Ledger,
};

mod dossiers;

/// The oracle's records, shared by all who act.
pub type Records = Arc<Mutex<Ledger>>;

/// One enterprise.
pub struct Player {
    staff: Staff,
    office: Office,
    industry: String,
    records: Records,
    /// Resource names by the plan's keys.
    names: HashMap<u32, String>,
}

impl Player {
    /// An enterprise whose people have their tokens.
    pub fn new(staff: Staff, office: Office, industry: &str, records: Records) -> Self {
        Player { staff, office, industry: industry.to_owned(), records, names: HashMap::new() }
    }

    /// Who acts for it.
    pub fn staff(&self) -> &Staff {
        &self.staff
    }

    /// The resource that a key of the plan became.
    pub fn name(&self, key: u32) -> Option<&str> {
        self.names.get(&key).map(String::as_str)
    }

    /// Carries out one act; gives back the number of writes.
    ///
    /// # Errors
    /// What the program answered, with the act.
    pub async fn perform(&mut self, act: &Act) -> anyhow::Result<u64> {
        self.attempt(act).await.with_context(|| format!("{}: {act:?}", self.staff.enterprise))
    }

    async fn attempt(&mut self, act: &Act) -> anyhow::Result<u64> {
        match act {
            Act::Inspect(on) => self.inspect(*on).await?,
            Act::Find(key, find) => {
                let sent = RegisterHazardRequest {
                    parent: self.staff.enterprise.clone(),
                    found_on: Some(find.on.wire()),
                    category: find.category.to_owned(),
                    place: "测试作业区".to_owned(),
                    description: find.description.clone(),
                    source: 3,
                    finder: "测试检查员".to_owned(),
                    general_by: inspecting::CRITERIA.to_owned(),
                    ..Default::default()
                };
                let told = self.staff.reporter.register_hazard(sent.clone()).await?;
                self.names.insert(*key, told.resource.clone());
                self.records().hazard_found(&sent, &told);
            }
            Act::Assign(key, deadline) => {
                let sent = AssignRectificationRequest {
                    name: self.named(*key)?,
                    responsible: "测试责任人".to_owned(),
                    reinspector: "测试复查人".to_owned(),
                    acceptor: "测试验收人".to_owned(),
                    closer: "测试销号人".to_owned(),
                    measure: "测试整改措施".to_owned(),
                    deadline: Some(deadline.wire()),
                    ..Default::default()
                };
                let told = self.staff.responsible.assign_rectification(sent.clone()).await?;
                self.records().hazard_assigned(&sent, &told);
            }
            Act::Report(key) => {
                let sent = ReportRectificationRequest {
                    name: self.named(*key)?,
                    result: "测试整改完成".to_owned(),
                    ..Default::default()
                };
                let told = self.staff.reporter.report_rectification(sent.clone()).await?;
                self.records().hazard_reported(&sent, &told);
            }
            Act::Reinspect(key, again_by) => {
                let sent = ReinspectHazardRequest {
                    name: self.named(*key)?,
                    passed: again_by.is_none(),
                    reason: again_by.map(|_| "测试复查不合格".to_owned()).unwrap_or_default(),
                    new_deadline: again_by.map(Day::wire),
                    ..Default::default()
                };
                let told = self.staff.responsible.reinspect_hazard(sent.clone()).await?;
                self.records().hazard_reinspected(&sent, &told);
            }
            Act::Accept(key) => {
                let sent = AcceptHazardRequest { name: self.named(*key)?, ..Default::default() };
                let told = self.staff.responsible.accept_hazard(sent).await?;
                self.records().acknowledged(&told);
            }
            Act::StrikeOff(key) => {
                let sent = StrikeOffHazardRequest { name: self.named(*key)?, ..Default::default() };
                let told = self.staff.responsible.strike_off_hazard(sent.clone()).await?;
                self.records().hazard_struck_off(&sent, &told);
            }
            Act::Declare(month) => {
                self.declare(*month).await?;
                return Ok(4);
            }
            Act::Dossier(key, step) => return self.dossier(*key, step).await,
        }
        Ok(1)
    }

    async fn inspect(&mut self, on: Day) -> anyhow::Result<()> {
        let sent = inspecting::on_paper(&self.staff.enterprise, on);
        let told = self.staff.reporter.record_self_inspection(sent.clone()).await?;
        self.records().inspected(&sent, &told);
        Ok(())
    }

    /// Has the figures confirmed and signed, and files them. A month without a find is declared as a zero report.
    pub async fn declare(&mut self, month: Month) -> anyhow::Result<changxiao_proto::types::v1::Receipt> {
        let name = self.declaration(month);
        let signed = declaring::sign(&self.staff, &name).await?;
        for told in &signed.receipts {
            self.records().acknowledged(told);
        }
        // Whoever is in time is not asked why.
        let late_reason = "信息员出差(测试)".to_owned();
        let sent = FileDeclarationRequest { name, content_hash: signed.content_hash, late_reason, ..Default::default() };
        let told = self.staff.reporter.file_declaration(sent.clone()).await?;
        self.records().declared(&sent, signed.zero, &told);
        Ok(told)
    }

    /// Resource name of the declaration of a month.
    pub fn declaration(&self, month: Month) -> String {
        format!("{}/declarations/{month}", self.staff.enterprise)
    }

    /// The records, for as long as the guard lives: never across a call.
    pub fn records(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.records.lock().unwrap()
    }

    fn named(&self, key: u32) -> anyhow::Result<String> {
        self.names.get(&key).cloned().with_context(|| format!("nothing was made for key {key}"))
    }
}
