//! Which method meets which requirement of the notice, and which test proves it: written out in `docs/requirements.md`.
//!
//! The requirements are `deploy/data/requirements.csv`. What concerns only the tiers above stands with them, not here. A row without a method is open.

/// Requirement, methods of `county.v1` that meet it, tests of the whole that prove it (file and function), and what is missing.
pub const REQUIREMENTS: &[(&str, &[&str], &[&str], &str)] = &[
    ("R1", &[], &[], "the notice itself and its basis: a register of policy documents"),
    ("R2", &[], &[], "the notice itself and its basis: a register of policy documents"),
    (
        "R3",
        &["Notices/SendNotice", "Notices/ReadNotice", "Notices/ListNotices"],
        &["measures::time_opens_tasks_and_only_people_close_them"],
        "",
    ),
    (
        "R4",
        &["Tasks/ListTasks", "Tasks/AssignTask", "Tasks/AnswerTask", "Tasks/CloseTask"],
        &["measures::time_opens_tasks_and_only_people_close_them"],
        "",
    ),
    ("R9", &["Notices/SendNotice", "Notices/ReadNotice"], &["measures::time_opens_tasks_and_only_people_close_them"], ""),
    (
        "R10",
        &[
            "Inspections/PlanInspections",
            "Inspections/AssignInspection",
            "Inspections/RecordFindings",
            "Inspections/CloseInspection",
        ],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R11",
        &["Supervision/ListDirectives", "Supervision/AnswerDirective"],
        &["federation::a_county_cut_off_works_on_and_nothing_is_lost_or_counted_twice"],
        "",
    ),
    (
        "R12",
        &["Trail/ListEntries", "Trail/ProveEntry", "Trail/TraceResponsibility"],
        &[
            "measures::what_is_computed_from_the_records_tells_who_answers_for_what",
            "replay::replay_gives_the_same_tables_and_a_count_of_the_tables_gives_the_same_cells",
        ],
        "",
    ),
    ("R13", &["Lists/GetMechanismBoard"], &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"], ""),
    (
        "R14",
        &["SelfInspections/RecordSelfInspection", "SelfInspections/ListSelfInspections"],
        &["declarations::a_declaration_takes_every_path_of_its_machine"],
        "",
    ),
    (
        "R15",
        &["SelfInspections/ListSelfInspections", "SelfInspections/FinishSelfInspection"],
        &[
            "self_inspections::an_inspection_takes_every_path_of_its_machine",
            "rules::a_county_adopts_its_tables_and_time_goes_by_them",
        ],
        "",
    ),
    (
        "R16",
        &["SelfInspections/ListSelfInspections", "SelfInspections/FinishSelfInspection"],
        &["self_inspections::an_inspection_takes_every_path_of_its_machine"],
        "",
    ),
    (
        "R17",
        &["Declarations/FileDeclaration", "Declarations/ListDeclarations"],
        &["declarations::a_declaration_takes_every_path_of_its_machine"],
        "",
    ),
    (
        "R18",
        &["Hazards/AssignRectification", "Hazards/ReinspectHazard", "Hazards/AcceptHazard", "Hazards/StrikeOffHazard"],
        &["hazards::a_general_hazard_takes_every_path_of_its_machine"],
        "",
    ),
    (
        "R19",
        &["Inspections/PlanInspections", "Inspections/RecordFindings"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R20",
        &["Inspections/PlanInspections", "Inspections/AssignInspection"],
        &["inspections::a_covert_visit_is_nobody_s_business_before_it_happened_and_a_draw_can_be_repeated"],
        "",
    ),
    (
        "R21",
        &["Inspections/PlanInspections"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R22",
        &["Inspections/PlanInspections", "Inspections/ListPlans"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    ("R23", &["Lists/ListDefaulters"], &["measures::time_opens_tasks_and_only_people_close_them"], ""),
    (
        "R24",
        &["Tasks/ListTasks", "Tasks/CloseTask", "Lists/ListDefaulters"],
        &["measures::time_opens_tasks_and_only_people_close_them"],
        "",
    ),
    (
        "R25",
        &["Tasks/ListTasks", "Tasks/CloseTask", "Lists/ListDefaulters"],
        &["measures::time_opens_tasks_and_only_people_close_them"],
        "",
    ),
    (
        "R26",
        &["Enterprises/ProposeEnterprise", "Enterprises/ListEnterprises"],
        &["federation::a_county_cut_off_works_on_and_nothing_is_lost_or_counted_twice"],
        "",
    ),
    (
        "R27",
        &["Declarations/FileDeclaration", "Declarations/ListMonths"],
        &["declarations::a_declaration_takes_every_path_of_its_machine"],
        "",
    ),
    (
        "R28",
        &["Hazards/ListHazards", "Dossiers/ListDossiers", "Lists/ListResponsibilities"],
        &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"],
        "",
    ),
    (
        "R29",
        &["Lists/ListResponsibilities", "Trail/TraceResponsibility"],
        &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"],
        "",
    ),
    (
        "R30",
        &["Lists/GetInPlace", "Lists/AnalyseRectification"],
        &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"],
        "",
    ),
    (
        "R31",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R32",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R33",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R34",
        &["Organisation/RecordTrainee", "Organisation/CertifyUser", "Organisation/GetOrganisation"],
        &["organisation::a_county_with_one_competent_user_is_alarmed_until_there_are_two"],
        "",
    ),
    (
        "R35",
        &["Organisation/RecordTrainee", "Organisation/CertifyUser", "Organisation/GetOrganisation"],
        &["organisation::a_county_with_one_competent_user_is_alarmed_until_there_are_two"],
        "",
    ),
    (
        "R36",
        &["Organisation/NameOfficers", "Organisation/GetOrganisation"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R37",
        &["Organisation/PlanTraining", "Organisation/HoldTraining", "Organisation/ReportTraining"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R38",
        &["Organisation/RecordTrainee", "Organisation/CertifyUser", "Organisation/GetOrganisation"],
        &["organisation::a_county_with_one_competent_user_is_alarmed_until_there_are_two"],
        "",
    ),
    (
        "R39",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R40",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R41",
        &["Enterprises/ProposeEnterprise"],
        &["federation::a_county_cut_off_works_on_and_nothing_is_lost_or_counted_twice"],
        "",
    ),
    (
        "R42",
        &["Enterprises/EnlistEnterprise", "Enterprises/ExcludeEnterprise", "Enterprises/PublishNameList"],
        &["catalogue::an_enterprise_is_chosen_filled_in_returned_checked_and_confirmed"],
        "",
    ),
    (
        "R43",
        &["Enterprises/InviteEnterprise", "Enterprises/UpdateEnterprise", "Enterprises/SubmitEnterprise"],
        &[
            "catalogue::an_enterprise_is_chosen_filled_in_returned_checked_and_confirmed",
            "catalogue::time_reminds_and_lists_those_who_do_not_fill_in",
        ],
        "",
    ),
    (
        "R44",
        &["Enterprises/RequestAdmission"],
        &["federation::a_county_cut_off_works_on_and_nothing_is_lost_or_counted_twice"],
        "",
    ),
    (
        "R45",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R46",
        &["Organisation/NameOfficers", "Organisation/GetOrganisation"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R47",
        &["Checklists/PublishChecklist", "Checklists/AdaptChecklist"],
        &["self_inspections::an_inspection_takes_every_path_of_its_machine"],
        "",
    ),
    ("R48", &["Hazards/RegisterHazard"], &["hazards::a_general_hazard_takes_every_path_of_its_machine"], ""),
    ("R49", &["Lists/AnalyseRectification"], &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"], ""),
    (
        "R50",
        &["Hazards/AssessHazard", "Hazards/UpgradeHazard"],
        &["hazards::a_general_hazard_takes_every_path_of_its_machine"],
        "",
    ),
    (
        "R51",
        &["Hazards/AssignRectification", "Hazards/FixOnSpot"],
        &["hazards::a_general_hazard_takes_every_path_of_its_machine"],
        "",
    ),
    ("R52", &["Dossiers/OpenDossier"], &["dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones"], ""),
    ("R53", &["Dossiers/CompleteDossier"], &["dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones"], ""),
    (
        "R54",
        &["Dossiers/FileDossier", "Dossiers/ConfirmFiling"],
        &["dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones"],
        "",
    ),
    ("R55", &["Dossiers/ListForSupervision"], &["dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones"], ""),
    ("R56", &["Dossiers/ReportProgress"], &["dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones"], ""),
    (
        "R57",
        &["Dossiers/CommissionAssessment", "Dossiers/RecordAssessment"],
        &["dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones"],
        "",
    ),
    (
        "R58",
        &["Dossiers/ApplyForAcceptance", "Dossiers/DecideAcceptance"],
        &["dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones"],
        "",
    ),
    (
        "R59",
        &["Inspections/RecordFindings"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R60",
        &["Inspections/FeedBack", "Inspections/ConfirmFeedback"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R61",
        &["Inspections/IssueOrder", "Documents/DrawUpDocument", "Documents/ServeDocument"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R62",
        &["Inspections/EscalateInspection"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R63",
        &["Inspections/EscalateInspection"],
        &["inspections::a_special_inspection_goes_from_plan_to_closing_and_replay_gives_the_same"],
        "",
    ),
    (
        "R64",
        &[
            "CountyDirectives/DraftCountyDirective",
            "CountyDirectives/IssueCountyDirective",
            "CountyDirectives/ReplyCountyDirective",
            "CountyDirectives/AcceptReply",
        ],
        &["measures::the_six_measures_and_the_directives_of_the_county_take_every_path"],
        "",
    ),
    (
        "R65",
        &["Enterprises/UpdateEnterprise", "Enterprises/SubmitEnterprise"],
        &["catalogue::an_enterprise_is_chosen_filled_in_returned_checked_and_confirmed"],
        "",
    ),
    ("R66", &["Declarations/EditDeclaration"], &["declarations::a_declaration_takes_every_path_of_its_machine"], ""),
    (
        "R67",
        &["Hazards/RegisterHazard", "Hazards/ReportRectification", "Preventions/RecordPrevention"],
        &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"],
        "",
    ),
    ("R68", &["Declarations/GetDeclaration"], &["declarations::a_declaration_takes_every_path_of_its_machine"], ""),
    ("R69", &["Declarations/SignDeclaration"], &["declarations::a_declaration_takes_every_path_of_its_machine"], ""),
    ("R70", &["Declarations/FileDeclaration"], &["declarations::a_declaration_takes_every_path_of_its_machine"], ""),
    (
        "R71",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R72",
        &["Organisation/MakeSubmission", "Organisation/ListSubmissions"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    ("R73", &[], &[], "the city's annual report to the province"),
    (
        "R74",
        &["Organisation/ListPhases"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    ("R75", &[], &[], "the city's annual report to the province"),
    (
        "R76",
        &["Dossiers/ListForSupervision", "CountyDirectives/ReceiveCountyDirective"],
        &[
            "dossiers::a_major_hazard_takes_the_long_way_and_the_short_ones",
            "measures::the_six_measures_and_the_directives_of_the_county_take_every_path",
        ],
        "",
    ),
    (
        "R77",
        &["Organisation/NameOfficers", "Organisation/GetOrganisation"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R78",
        &["Organisation/SetLeadingGroup", "Organisation/FileLeadingGroup"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R79",
        &["Organisation/RecordTrainee"],
        &["organisation::a_county_with_one_competent_user_is_alarmed_until_there_are_two"],
        "",
    ),
    (
        "R80",
        &["Organisation/SetLeadingGroup", "Organisation/FileLeadingGroup"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R81",
        &["Organisation/SetLeadingGroup", "Organisation/FileLeadingGroup"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R88",
        &["Organisation/DemandSubmission", "Organisation/MakeSubmission", "Organisation/CreditSubmission"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R89",
        &["Organisation/DemandSubmission", "Organisation/MakeSubmission", "Organisation/CreditSubmission"],
        &["organisation::the_group_is_filed_trainings_are_reported_and_submissions_made_in_time"],
        "",
    ),
    (
        "R90",
        &["Inspections/PlanInspections"],
        &["inspections::a_covert_visit_is_nobody_s_business_before_it_happened_and_a_draw_can_be_repeated"],
        "",
    ),
    ("R91", &["Measures/PublishWarning"], &["measures::the_six_measures_and_the_directives_of_the_county_take_every_path"], ""),
    (
        "R92",
        &["Measures/RecordInterview", "Measures/PublicizeEnterprise"],
        &["measures::the_six_measures_and_the_directives_of_the_county_take_every_path"],
        "",
    ),
    (
        "R93",
        &["Measures/RecordConsultation"],
        &["measures::the_six_measures_and_the_directives_of_the_county_take_every_path"],
        "",
    ),
    (
        "R94",
        &["Measures/ProposeBlacklisting", "Measures/GiveStatement", "Measures/DecideBlacklisting", "Measures/EndBlacklisting"],
        &["measures::the_six_measures_and_the_directives_of_the_county_take_every_path"],
        "",
    ),
    ("R95", &["Lists/GetInPlace"], &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"], ""),
    ("R96", &[], &[], "checklists; Lists/GetInPlace answers unknown until they are kept"),
    ("R97", &["Lists/GetInPlace"], &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"], ""),
    ("R98", &["Lists/GetInPlace"], &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"], ""),
    ("R99", &["Lists/GetInPlace"], &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"], ""),
    ("R100", &["Lists/GetInPlace"], &["measures::what_is_computed_from_the_records_tells_who_answers_for_what"], ""),
];

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fmt::Write as _,
        path::{Path, PathBuf},
    };

    use super::*;
    use crate::grpc::policy::RULES;

    /// What a county has to do: the mechanism, its preparation, the mechanisms' work, organisation and measures.
    const COUNTY: &[(u32, u32)] = &[(1, 4), (9, 81), (88, 100)];

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    /// Id, Chinese words and English words of every requirement, in order.
    fn notice() -> Vec<(String, String, String)> {
        let text = std::fs::read_to_string(root().join("deploy/data/requirements.csv")).unwrap();
        let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        rows.map(|line| {
            let fields = fields(line);
            (fields[0].clone(), fields[1].clone(), fields[2].clone())
        })
        .collect()
    }

    fn fields(line: &str) -> Vec<String> {
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                other => field.push(other),
            }
        }
        fields.push(field);
        fields
    }

    fn number(id: &str) -> u32 {
        id.trim_start_matches('R').parse().unwrap()
    }

    fn concerns_county(id: &str) -> bool {
        COUNTY.iter().any(|(first, last)| (*first..=*last).contains(&number(id)))
    }

    fn page() -> String {
        let held: BTreeMap<_, _> = REQUIREMENTS.iter().map(|row| (row.0, row)).collect();
        let open = REQUIREMENTS.iter().filter(|row| row.1.is_empty()).count();
        let mut page = format!(
            "# Requirements, and what meets them\n\nGenerated from `deploy/data/requirements.csv` and `node/src/grpc/requirements.rs` by \
             `UPDATE_REQUIREMENTS=1 cargo test -p changxiao-node --lib requirements`; a test compares it. Methods are those of `county.v1`; \
             tests are functions under `tests/it`. **open** is not built, or not wholly.\n\n{} rows of a county, {open} open.\n\n\
             | | the notice | English | by | proof |\n|---|---|---|---|---|\n",
            REQUIREMENTS.len()
        );
        for (id, zh, en) in notice().iter().filter(|(id, _, _)| concerns_county(id)) {
            let Some((_, methods, tests, missing)) = held.get(id.as_str()) else { continue };
            let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let by = if methods.is_empty() { format!("**open**: {missing}") } else { quoted(methods) };
            let _ = writeln!(page, "| {id} | {zh} | {en} | {by} | {} |", quoted(tests));
        }
        page
    }

    #[test]
    fn every_requirement_of_a_county_has_its_row() {
        let rows: Vec<_> = REQUIREMENTS.iter().map(|row| row.0).collect();
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "a row stands twice");
        for (id, zh, _) in notice().iter().filter(|(id, _, _)| concerns_county(id)) {
            assert!(rows.contains(&id.as_str()), "{id} {zh}");
        }
        for (id, methods, tests, missing) in REQUIREMENTS {
            assert_eq!(methods.is_empty(), !missing.is_empty(), "{id}: open rows say what is missing");
            assert_eq!(methods.is_empty(), tests.is_empty(), "{id}: what is built is proved");
        }
    }

    #[test]
    fn methods_and_tests_are_there() {
        let methods: BTreeSet<_> = RULES.iter().map(|rule| rule.method).collect();
        for (id, by, tests, _) in REQUIREMENTS {
            for method in *by {
                assert!(methods.contains(format!("/changxiao.county.v1.{method}").as_str()), "{id}: {method}");
            }
            for test in *tests {
                let (file, function) = test.split_once("::").unwrap();
                let source = std::fs::read_to_string(root().join(format!("tests/it/{file}.rs"))).unwrap();
                assert!(source.contains(&format!("fn {function}(")), "{id}: {test}");
            }
        }
    }

    #[test]
    fn the_page_says_what_the_table_says() {
        let file = root().join("docs/requirements.md");
        if std::env::var_os("UPDATE_REQUIREMENTS").is_some() {
            std::fs::write(&file, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), page(), "UPDATE_REQUIREMENTS=1 writes it anew");
    }
}
