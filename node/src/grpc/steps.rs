//! Which method carries out which transition: the map from the table of transitions to the wire, written out in `docs/transitions.md`.

use changxiao_domain::machine::Machine;

/// Machine, event of its table, method that carries it out; `time` for what deadlines do by themselves, `city: …` for a method of the tier
/// above whose directive takes effect here.
pub const STEPS: &[(Machine, &str, &str)] = &[
    (Machine::Admission, "propose", "Enterprises/ProposeEnterprise"),
    (Machine::Admission, "enlist", "Enterprises/EnlistEnterprise"),
    (Machine::Admission, "exclude", "Enterprises/ExcludeEnterprise"),
    (Machine::Admission, "invite", "Enterprises/InviteEnterprise"),
    (Machine::Admission, "submit", "Enterprises/SubmitEnterprise"),
    (Machine::Admission, "check", "Enterprises/RequestAdmission"),
    (Machine::Admission, "return", "Enterprises/ReturnEnterprise"),
    (Machine::Admission, "approve", "city: Admissions/DecideAdmission"),
    (Machine::Admission, "refuse", "city: Admissions/DecideAdmission"),
    (Machine::Admission, "stop", "Enterprises/DecideStop"),
    (Machine::Admission, "resume", "Enterprises/DecideRestart"),
    (Machine::Admission, "remove", "city: Admissions/DecideRemoval"),
    (Machine::Admission, "fall_stale", "time"),
    (Machine::Declaration, "open", "time"),
    (Machine::Declaration, "edit", "Declarations/EditDeclaration"),
    (Machine::Declaration, "confirm", "Declarations/ConfirmDeclaration"),
    (Machine::Declaration, "sign", "Declarations/SignDeclaration"),
    (Machine::Declaration, "file", "Declarations/FileDeclaration"),
    (Machine::Declaration, "fall_overdue", "time"),
    (Machine::Declaration, "file_late", "Declarations/FileDeclaration"),
    (Machine::Declaration, "accept", "Declarations/AcceptDeclaration"),
    (Machine::Declaration, "return", "Declarations/ReturnDeclaration"),
    (Machine::Declaration, "refile", "Declarations/FileDeclaration"),
    (Machine::Declaration, "refile_late", "Declarations/FileDeclaration"),
    (Machine::Declaration, "go_missing", "time"),
    (Machine::Declaration, "exempt", "Declarations/ExemptDeclaration"),
    (Machine::Declaration, "correct", "Declarations/DecideCorrection"),
    (Machine::Declaration, "proxy", "Declarations/ProxyDeclaration"),
    (Machine::SelfInspection, "fall_due", "time"),
    (Machine::SelfInspection, "plan", "SelfInspections/PlanSelfInspection"),
    (Machine::SelfInspection, "start", "SelfInspections/StartSelfInspection"),
    (Machine::SelfInspection, "finish", "SelfInspections/FinishSelfInspection"),
    (Machine::SelfInspection, "sign", "SelfInspections/SignSelfInspection"),
    (Machine::SelfInspection, "miss", "time"),
    (Machine::SelfInspection, "make_up", "SelfInspections/MakeUpSelfInspection"),
    (Machine::SelfInspection, "cancel", "SelfInspections/CancelSelfInspection"),
    (Machine::GeneralHazard, "register", "Hazards/RegisterHazard"),
    (Machine::GeneralHazard, "assess_general", "Hazards/AssessHazard"),
    (Machine::GeneralHazard, "assess_major", "Hazards/UpgradeHazard"),
    (Machine::GeneralHazard, "fix_on_spot", "Hazards/FixOnSpot"),
    (Machine::GeneralHazard, "assign", "Hazards/AssignRectification"),
    (Machine::GeneralHazard, "rectify", "Hazards/ReportRectification"),
    (Machine::GeneralHazard, "reinspect_pass", "Hazards/ReinspectHazard"),
    (Machine::GeneralHazard, "reinspect_fail", "Hazards/ReinspectHazard"),
    (Machine::GeneralHazard, "accept", "Hazards/AcceptHazard"),
    (Machine::GeneralHazard, "strike_off", "Hazards/StrikeOffHazard"),
    (Machine::GeneralHazard, "fall_overdue", "time"),
    (Machine::GeneralHazard, "ask_extension", "Hazards/AskExtension"),
    (Machine::GeneralHazard, "decide_extension", "Hazards/DecideExtension"),
    (Machine::GeneralHazard, "upgrade", "Hazards/UpgradeHazard"),
    (Machine::GeneralHazard, "ask_void", "Hazards/AskVoiding"),
    (Machine::GeneralHazard, "consent_void", "Hazards/DecideVoiding"),
    (Machine::GeneralHazard, "refuse_void", "Hazards/DecideVoiding"),
    (Machine::GeneralHazard, "recur", "Hazards/RegisterHazard"),
    (Machine::MajorHazard, "identify", "Dossiers/IdentifyMajorHazard"),
    (Machine::MajorHazard, "protect", "Dossiers/RecordProtection"),
    (Machine::MajorHazard, "open_dossier", "Dossiers/OpenDossier"),
    (Machine::MajorHazard, "complete", "Dossiers/CompleteDossier"),
    (Machine::MajorHazard, "file", "Dossiers/FileDossier"),
    (Machine::MajorHazard, "confirm", "Dossiers/ConfirmFiling"),
    (Machine::MajorHazard, "confirm_last", "Dossiers/ConfirmFiling"),
    (Machine::MajorHazard, "list", "Dossiers/ListForSupervision"),
    (Machine::MajorHazard, "decline_listing", "Dossiers/DeclineListing"),
    (Machine::MajorHazard, "treat", "Dossiers/StartTreatment"),
    (Machine::MajorHazard, "report_progress", "Dossiers/ReportProgress"),
    (Machine::MajorHazard, "miss_progress", "time"),
    (Machine::MajorHazard, "ask_extension", "Dossiers/AskTreatmentExtension"),
    (Machine::MajorHazard, "decide_extension", "Dossiers/DecideTreatmentExtension"),
    (Machine::MajorHazard, "fall_overdue", "time"),
    (Machine::MajorHazard, "escalate", "time"),
    (Machine::MajorHazard, "finish", "Dossiers/CompleteTreatment"),
    (Machine::MajorHazard, "commission", "Dossiers/CommissionAssessment"),
    (Machine::MajorHazard, "assess_pass", "Dossiers/RecordAssessment"),
    (Machine::MajorHazard, "assess_fail", "Dossiers/RecordAssessment"),
    (Machine::MajorHazard, "apply", "Dossiers/ApplyForAcceptance"),
    (Machine::MajorHazard, "accept", "Dossiers/DecideAcceptance"),
    (Machine::MajorHazard, "refuse", "Dossiers/DecideAcceptance"),
    (Machine::MajorHazard, "strike_off", "Dossiers/StrikeOffDossier"),
    (Machine::MajorHazard, "ask_resumption", "Dossiers/AskResumption"),
    (Machine::MajorHazard, "decide_resumption", "Dossiers/DecideResumption"),
    (Machine::MajorHazard, "downgrade", "Dossiers/DowngradeDossier"),
    (Machine::MajorHazard, "fall_undossiered", "time"),
    (Machine::Inspection, "plan", "Inspections/PlanInspections"),
    (Machine::Inspection, "assign", "Inspections/AssignInspection"),
    (Machine::Inspection, "begin", "Inspections/BeginInspection"),
    (Machine::Inspection, "record", "Inspections/RecordFindings"),
    (Machine::Inspection, "sign", "Inspections/SignRecord"),
    (Machine::Inspection, "close_clean", "Inspections/CloseInspection"),
    (Machine::Inspection, "order", "Inspections/IssueOrder"),
    (Machine::Inspection, "feed_back", "Inspections/FeedBack"),
    (Machine::Inspection, "escalate", "Inspections/EscalateInspection"),
    (Machine::Inspection, "open_hazard", "Inspections/FeedBack"),
    // Time does so at the end of the order's day, the enterprise before it.
    (Machine::Inspection, "fall_due", "Inspections/ApplyForRecheck"),
    (Machine::Inspection, "recheck", "Inspections/RecheckInspection"),
    (Machine::Inspection, "close", "Inspections/CloseInspection"),
    (Machine::Inspection, "reorder", "Inspections/IssueOrder"),
    (Machine::Inspection, "file_case", "Inspections/FileCase"),
    (Machine::Inspection, "transfer", "Inspections/TransferInspection"),
    (Machine::Inspection, "fall_overdue", "time"),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fmt::Write as _, path::Path};

    use changxiao_domain::machine::{self, Transition};

    use super::*;
    use crate::grpc::policy::RULES;

    fn carried_out_by(row: &Transition) -> Option<&'static str> {
        STEPS.iter().find(|(machine, event, _)| (*machine, *event) == (row.machine, row.event)).map(|(_, _, by)| *by)
    }

    /// The test that proves the transitions of a machine.
    fn proof(machine: Machine) -> &'static str {
        match machine {
            Machine::Admission => "`domain` enterprise::tests, `tests` it catalogue",
            Machine::Declaration => "`domain` declaration::tests, `tests` it declarations",
            Machine::SelfInspection => "`domain` self_inspection::tests, `tests` it self_inspections",
            Machine::GeneralHazard => "`domain` hazard::tests, `tests` it hazards",
            Machine::Inspection => "`domain` inspection::tests, `tests` it inspections",
            Machine::MajorHazard => "`domain` dossier::tests, `tests` it dossiers",
            _ => "`domain` and `tests` it, not yet by the table",
        }
    }

    fn page() -> String {
        let mut page = "# Transitions, and what carries them out\n\nGenerated from `deploy/data/transitions.csv` and `node/src/grpc/steps.rs` by \
             `UPDATE_TRANSITIONS=1 cargo test -p changxiao-node --lib steps`; a test compares it. `time` is what deadlines do by \
             themselves, `city: …` a method of the tier above whose directive takes effect in the county; **open** is not built, or built under fewer states than the table names (`docs/gaps.md`).\n"
            .to_owned();
        for machine in Machine::ALL {
            let rows: Vec<_> = machine::all().iter().filter(|row| row.machine == machine).collect();
            let open = rows.iter().filter(|row| carried_out_by(row).is_none()).count();
            let _ =
                write!(page, "\n## {}\n\n{} transitions, {open} open. Proof: {}.\n\n", machine.id(), rows.len(), proof(machine));
            page.push_str("| row | from | event | to | flag | by |\n|---|---|---|---|---|---|\n");
            for row in rows {
                let by = carried_out_by(row).map_or_else(|| "**open**".to_owned(), |by| format!("`{by}`"));
                let _ = writeln!(page, "| {} | {} | {} | {} | {} | {by} |", row.id, row.from, row.event, row.to, row.flag);
            }
        }
        page
    }

    #[test]
    fn the_page_says_what_the_code_does() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/transitions.md");
        if std::env::var_os("UPDATE_TRANSITIONS").is_some() {
            std::fs::write(&file, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), page(), "UPDATE_TRANSITIONS=1 writes it anew");
    }

    #[test]
    fn every_step_is_in_the_table_and_every_method_has_a_rule() {
        let methods: BTreeSet<_> = RULES.iter().map(|rule| rule.method).collect();
        for (machine, event, by) in STEPS {
            assert!(machine::all().iter().any(|row| (row.machine, row.event) == (*machine, *event)), "{event}");
            let above = by.starts_with("city: ");
            assert!(above || *by == "time" || methods.contains(format!("/changxiao.county.v1.{by}").as_str()), "{by}");
        }
    }
}
