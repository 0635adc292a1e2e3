//! Four eyes (四眼原则): which two acts on one record must not be done by one and the same person. One table; whoever decides a step of a
//! hazard or a dossier asks it, whatever the step.
//!
//! Source: design §8; R18 (整改、复查、验收、销号 each has its own responsible person). A person may hold several roles of an enterprise; what the
//! enterprise alone does may therefore be one person where the table says so. Nothing that an authority decides is ever relaxed.

use std::collections::BTreeMap;

use crate::{event::Event, refusals};

macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident $id:literal $zh:literal $($event:ident)|+;)*) => {
        /// Something that somebody does to a hazard, a dossier, an enterprise, an inspection or a document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $($(#[$doc])* $act,)* }

        impl Act {
            /// Every act.
            pub const ALL: &[Self] = &[$(Self::$act),*];

            /// Stable name, in tables and pages.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$act => $id,)* }
            }

            /// Chinese name.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$act => $zh,)* }
            }

            /// The act that an event is, if it is one of these.
            #[must_use]
            pub const fn of(event: &Event) -> Option<Self> {
                match event {
                    $($(Event::$event(_))|+ => Some(Self::$act),)*
                    _ => None,
                }
            }
        }
    };
}

acts! {
    /// Rectification was reported.
    ReportRectification "report_rectification" "填报整改" HazardRectified | HazardFixedOnSpot;
    /// Somebody looked again.
    Reinspect "reinspect" "复查" HazardReinspected;
    /// The rectification was accepted.
    AcceptHazard "accept_hazard" "验收" HazardAccepted;
    /// The hazard was struck off.
    StrikeOffHazard "strike_off_hazard" "销号" HazardStruckOff;
    /// A later deadline was asked for.
    AskExtension "ask_extension" "申请延期" ExtensionAsked;
    /// A later deadline was decided on.
    DecideExtension "decide_extension" "审批延期" ExtensionDecided;
    /// Voiding was asked for.
    AskVoiding "ask_voiding" "申请作废" VoidingAsked;
    /// Voiding was decided on.
    DecideVoiding "decide_voiding" "审批作废" VoidingDecided;
    /// The dossier was sent to the three bodies.
    FileDossier "file_dossier" "报送备案" DossierFiled;
    /// A body confirmed.
    ConfirmFiling "confirm_filing" "确认备案" FilingConfirmed;
    /// A later deadline of a treatment was asked for.
    AskTreatmentExtension "ask_treatment_extension" "申请治理延期" TreatmentExtensionAsked;
    /// A later deadline of a treatment was decided on.
    DecideTreatmentExtension "decide_treatment_extension" "审批治理延期" TreatmentExtensionDecided;
    /// The treatment was ended.
    CompleteTreatment "complete_treatment" "治理结束" TreatmentCompleted;
    /// The institution's conclusion was entered.
    RecordAssessment "record_assessment" "录入评估结论" TreatmentAssessed;
    /// Acceptance was applied for.
    ApplyForAcceptance "apply_for_acceptance" "申请复查验收" AcceptanceApplied;
    /// Acceptance was decided on.
    DecideAcceptance "decide_acceptance" "复查验收" AcceptanceDecided;
    /// The dossier was struck off.
    StrikeOffDossier "strike_off_dossier" "摘牌销号" DossierStruckOff;
    /// Resumption of production was asked for.
    AskResumption "ask_resumption" "申请恢复生产" ResumptionAsked;
    /// Resumption of production was decided on.
    DecideResumption "decide_resumption" "审批恢复生产" ResumptionDecided;
    /// The basic information was handed in.
    SubmitEnterprise "submit_enterprise" "提交基本信息" EnterpriseSubmitted;
    /// The basic information was checked and handed to the city.
    RequestAdmission "request_admission" "核对并报市审核" AdmissionRequested;
    /// A stop of production was reported.
    AskStop "ask_stop" "申报停产" StopAsked;
    /// A stop of production was decided on.
    DecideStop "decide_stop" "确认停产" StopDecided;
    /// A restart of production was asked for.
    AskRestart "ask_restart" "申请复产" RestartAsked;
    /// A restart of production was decided on.
    DecideRestart "decide_restart" "确认复产" RestartDecided;
    /// What an inspection found was written down.
    RecordFindings "record_findings" "记录检查情况" FindingsRecorded;
    /// The record of an inspection was signed.
    SignRecord "sign_record" "签署检查记录" RecordSigned;
    /// What an inspection found was ordered to be put right.
    IssueOrder "issue_order" "责令整改" OrderIssued;
    /// An inspection was reported upward.
    EscalateInspection "escalate_inspection" "上报安委会办公室" InspectionEscalated;
    /// A document was drawn up.
    DrawDocument "draw_document" "制作文书" DocumentDrawn;
    /// A document was approved.
    ApproveDocument "approve_document" "审批文书" DocumentApproved;
}

/// Who does the second act of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The enterprise may, by itself.
    Enterprise,
    /// An authority of the county decides.
    Authority,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Done before.
    pub first: Act,
    /// Done after it.
    pub second: Act,
    /// Who does the second one.
    pub by: By,
    /// Whether it takes two persons; else one may do both.
    pub two: bool,
}

const fn two(first: Act, second: Act, by: By) -> Pair {
    Pair { first, second, by, two: true }
}

const fn one(first: Act, second: Act) -> Pair {
    Pair { first, second, by: By::Enterprise, two: false }
}

/// The table. What does not stand here may be one person.
pub const PAIRS: &[Pair] = &[
    two(Act::ReportRectification, Act::Reinspect, By::Enterprise),
    // Somebody else has looked in between.
    one(Act::ReportRectification, Act::AcceptHazard),
    one(Act::Reinspect, Act::AcceptHazard),
    one(Act::AcceptHazard, Act::StrikeOffHazard),
    two(Act::AskExtension, Act::DecideExtension, By::Authority),
    two(Act::AskVoiding, Act::DecideVoiding, By::Authority),
    two(Act::FileDossier, Act::ConfirmFiling, By::Authority),
    two(Act::AskTreatmentExtension, Act::DecideTreatmentExtension, By::Authority),
    // The institution assesses; the account only enters its conclusion.
    one(Act::CompleteTreatment, Act::RecordAssessment),
    two(Act::CompleteTreatment, Act::DecideAcceptance, By::Authority),
    two(Act::RecordAssessment, Act::DecideAcceptance, By::Authority),
    two(Act::ApplyForAcceptance, Act::DecideAcceptance, By::Authority),
    two(Act::AskResumption, Act::DecideResumption, By::Authority),
    two(Act::SubmitEnterprise, Act::RequestAdmission, By::Authority),
    two(Act::AskStop, Act::DecideStop, By::Authority),
    two(Act::AskRestart, Act::DecideRestart, By::Authority),
    // The officer is not the head.
    two(Act::DrawDocument, Act::ApproveDocument, By::Authority),
    two(Act::SignRecord, Act::ApproveDocument, By::Authority),
    two(Act::IssueOrder, Act::ApproveDocument, By::Authority),
    two(Act::RecordFindings, Act::EscalateInspection, By::Authority),
    two(Act::SignRecord, Act::EscalateInspection, By::Authority),
];

// Never relaxed where an authority decides: such a table does not compile.
const _: () = {
    let mut at = 0;
    while at < PAIRS.len() {
        assert!(PAIRS[at].two || matches!(PAIRS[at].by, By::Enterprise));
        at += 1;
    }
};

refusals! {
    /// The same person did the other half.
    SamePerson { account: String, first: &'static str, second: &'static str, first_zh: &'static str, second_zh: &'static str }
        PermissionDenied "FOUR_EYES_SAME_PERSON"
        "account {account} did `{first}` ({first_zh}); somebody else must do `{second}` ({second_zh})",
        "账号{account}已办理{first_zh}({first}),{second_zh}({second})须由他人办理";
}

/// Who did which act on one record, the last time it was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acts(BTreeMap<Act, String>);

impl Acts {
    /// Notes an event, if it is an act.
    pub fn note(&mut self, event: &Event, by: &str) {
        if let Some(act) = Act::of(event) {
            self.0.insert(act, by.to_owned());
        }
    }

    /// Who did it.
    #[must_use]
    pub fn by(&self, act: Act) -> Option<&str> {
        self.0.get(&act).map(String::as_str)
    }

    /// Whether this person may do what these events are.
    ///
    /// # Errors
    /// The person did the other half of a pair that takes two.
    pub fn allow(&self, events: &[Event], by: &str) -> Result<(), Refusal> {
        for second in events.iter().filter_map(Act::of) {
            for pair in PAIRS.iter().filter(|pair| pair.two && pair.second == second) {
                if self.by(pair.first) == Some(by) {
                    return Err(Refusal::SamePerson {
                        account: by.to_owned(),
                        first: pair.first.id(),
                        second: second.id(),
                        first_zh: pair.first.zh(),
                        second_zh: second.zh(),
                    });
                }
            }
        }
        Ok(())
    }

    /// As one line of text: `act=account` by spaces. Neither holds a space.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|(act, by)| format!("{}={by}", act.id())).collect::<Vec<_>>().join(" ")
    }

    /// Back from that line; `None` if it is no such line.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let acts = text.split(' ').filter(|one| !one.is_empty()).map(|one| {
            let (act, by) = one.split_once('=')?;
            let act = Act::ALL.iter().find(|known| known.id() == act)?;
            Some((*act, by.to_owned()))
        });
        acts.collect::<Option<BTreeMap<_, _>>>().map(Self)
    }
}

#[cfg(test)]
mod tests;
