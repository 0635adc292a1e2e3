//! After three months of invented business: `verify` replays the journal into the same tables, and every cell is what a plain
//! count of the tables gives.

use std::collections::BTreeMap;

use changxiao_domain::indicator::{Counter, TABLE};
use changxiao_proto::statistics::v1::Cell;
use changxiao_tests::{
    calendar::{Day, Month},
    story::{
        behaviour::Behaviour,
        plan::{self, Act},
    },
};
use prost::Message as _;

use crate::hazards;
use crate::support::{
    database::Disk,
    small::{self, COUNTY},
};

/// Month, industry category, indicator.
type Key = (String, String, String);

/// How each indicator is counted: a query for (month, industry category, number). What the tables do not keep is left to
/// [`BALANCES`].
const COUNTS: &[(&str, &str)] = &[
    (
        "declarations_owed",
        "SELECT m.month, e.industry, 1 FROM enterprise_months m JOIN enterprises e ON e.serial = m.enterprise WHERE m.state <> '-'",
    ),
    (
        "declarations_on_time",
        "SELECT m.month, e.industry, 1 FROM enterprise_months m JOIN enterprises e ON e.serial = m.enterprise WHERE NOT m.filed_late AND (m.state IN ('on_time', 'late', 'accepted') OR m.state = 'returned' AND NOT m.returned_as_empty)",
    ),
    (
        "declarations_late",
        "SELECT m.month, e.industry, 1 FROM enterprise_months m JOIN enterprises e ON e.serial = m.enterprise WHERE m.filed_late AND (m.state IN ('on_time', 'late', 'accepted') OR m.state = 'returned' AND NOT m.returned_as_empty)",
    ),
    (
        "zero_reports",
        "SELECT m.month, e.industry, 1 FROM enterprise_months m JOIN enterprises e ON e.serial = m.enterprise WHERE m.filed_statement <> '' AND (m.state IN ('on_time', 'late', 'accepted') OR m.state = 'returned' AND NOT m.returned_as_empty)",
    ),
    (
        "declarations_exempt",
        "SELECT m.month, e.industry, 1 FROM enterprise_months m JOIN enterprises e ON e.serial = m.enterprise WHERE m.state = 'exempt'",
    ),
    (
        "declarations_proxied",
        "SELECT m.month, e.industry, 1 FROM enterprise_months m JOIN enterprises e ON e.serial = m.enterprise WHERE m.filed_by_proxy AND (m.state IN ('on_time', 'late', 'accepted') OR m.state = 'returned' AND NOT m.returned_as_empty)",
    ),
    (
        "inspections_special",
        "SELECT substr(visited_on, 1, 7), industry, 1 FROM inspections WHERE ended_ms IS NOT NULL AND kind = 1",
    ),
    (
        "inspections_expert",
        "SELECT substr(visited_on, 1, 7), industry, 1 FROM inspections WHERE ended_ms IS NOT NULL AND kind = 2",
    ),
    (
        "inspections_comprehensive",
        "SELECT substr(visited_on, 1, 7), industry, 1 FROM inspections WHERE ended_ms IS NOT NULL AND kind = 3",
    ),
    ("inspections_covert", "SELECT substr(visited_on, 1, 7), industry, 1 FROM inspections WHERE ended_ms IS NOT NULL AND covert"),
    (
        "inspections_planned",
        "SELECT month, industry, 1 FROM inspections WHERE NOT covert OR started_ms IS NOT NULL OR reminders & 2 <> 0",
    ),
    ("inspections_unfulfilled", "SELECT month, industry, 1 FROM inspections WHERE reminders & 2 <> 0"),
    (
        "enterprises_checked_month",
        "SELECT DISTINCT substr(visited_on, 1, 7), industry, 1, enterprise FROM inspections WHERE ended_ms IS NOT NULL",
    ),
    (
        "enterprises_checked_quarter",
        "SELECT MIN(substr(visited_on, 1, 7)), industry, 1 FROM inspections WHERE ended_ms IS NOT NULL GROUP BY enterprise, industry, substr(visited_on, 1, 4), (substr(visited_on, 6, 2) + 2) / 3",
    ),
    (
        "enterprises_checked_year",
        "SELECT MIN(substr(visited_on, 1, 7)), industry, 1 FROM inspections WHERE ended_ms IS NOT NULL GROUP BY enterprise, industry, substr(visited_on, 1, 4)",
    ),
    (
        "findings_hazards",
        "SELECT substr(visited_on, 1, 7), industry, hazards_found FROM inspections WHERE ended_ms IS NOT NULL AND hazards_found > 0",
    ),
    (
        "findings_problems",
        "SELECT substr(visited_on, 1, 7), industry, problems_found FROM inspections WHERE ended_ms IS NOT NULL AND problems_found > 0",
    ),
    (
        "findings_fed_back",
        "SELECT substr(visited_on, 1, 7), industry, hazards_found + problems_found FROM inspections WHERE fed_back_on IS NOT NULL",
    ),
    ("inspections_escalated", "SELECT substr(escalated_on, 1, 7), industry, 1 FROM inspections WHERE escalated_on IS NOT NULL"),
    ("inspections_transferred", "SELECT substr(handed_on, 1, 7), industry, 1 FROM inspections WHERE handed_on IS NOT NULL"),
    ("documents_drawn", "SELECT substr(drawn_on, 1, 7), industry, 1 FROM documents"),
    ("general_found", "SELECT substr(found_on, 1, 7), industry, 1 FROM hazards WHERE downgraded_from IS NULL"),
    ("general_struck_off", "SELECT substr(struck_off_on, 1, 7), industry, 1 FROM hazards WHERE struck_off_on IS NOT NULL"),
    ("major_found", "SELECT substr(found_on, 1, 7), industry, 1 FROM dossiers WHERE upgraded_from IS NULL"),
    ("major_struck_off", "SELECT substr(struck_off_on, 1, 7), industry, 1 FROM dossiers WHERE struck_off_on IS NOT NULL"),
    ("major_listed_left", "SELECT substr(struck_off_on, 1, 7), industry, 1 FROM dossiers WHERE struck_off_on IS NOT NULL"),
    (
        "enterprises_admitted",
        "SELECT strftime('%Y-%m', approved_ms / 1000 + 8 * 3600, 'unixepoch'), industry, 1 FROM enterprises WHERE state = 'approved'",
    ),
    (
        "self_inspections",
        "SELECT substr(s.held_on, 1, 7), e.industry, 1 FROM self_inspections s JOIN enterprises e ON e.serial = s.enterprise WHERE s.counts AND s.state = 'signed'",
    ),
    (
        "self_inspections_due",
        "SELECT strftime('%Y-%m', s.ends_ms / 1000 + 8 * 3600 - 1, 'unixepoch'), s.industry, 1 FROM self_inspections s WHERE s.rule IS NOT NULL AND s.counts",
    ),
    (
        "self_inspections_done",
        "SELECT strftime('%Y-%m', s.ends_ms / 1000 + 8 * 3600 - 1, 'unixepoch'), s.industry, 1 FROM self_inspections s WHERE s.rule IS NOT NULL AND s.counts AND s.state IN ('done', 'signed') AND NOT s.late",
    ),
    (
        "self_inspections_missed",
        "SELECT strftime('%Y-%m', s.ends_ms / 1000 + 8 * 3600 - 1, 'unixepoch'), s.industry, 1 FROM self_inspections s WHERE s.rule IS NOT NULL AND s.counts AND s.missed",
    ),
    (
        "self_inspections_made_up",
        "SELECT strftime('%Y-%m', s.ends_ms / 1000 + 8 * 3600 - 1, 'unixepoch'), s.industry, 1 FROM self_inspections s WHERE s.rule IS NOT NULL AND s.counts AND s.state IN ('done', 'signed') AND s.late",
    ),
    (
        "self_inspections_cancelled",
        "SELECT strftime('%Y-%m', s.ends_ms / 1000 + 8 * 3600 - 1, 'unixepoch'), s.industry, 1 FROM self_inspections s WHERE s.rule IS NOT NULL AND s.counts AND s.state = 'cancelled'",
    ),
    (
        "self_inspections_signed_in_time",
        "SELECT strftime('%Y-%m', s.ends_ms / 1000 + 8 * 3600 - 1, 'unixepoch'), s.industry, 1 FROM self_inspections s WHERE s.rule IS NOT NULL AND s.counts AND s.signed_in_time",
    ),
    (
        "general_found_struck_off_month",
        "SELECT substr(found_on, 1, 7), industry, 1 FROM hazards WHERE substr(found_on, 1, 7) = substr(struck_off_on, 1, 7) AND downgraded_from IS NULL",
    ),
    (
        "general_found_struck_off_quarter",
        "SELECT substr(found_on, 1, 7), industry, 1 FROM hazards WHERE substr(found_on, 1, 4) = substr(struck_off_on, 1, 4) AND (substr(found_on, 6, 2) + 2) / 3 = (substr(struck_off_on, 6, 2) + 2) / 3 AND downgraded_from IS NULL",
    ),
    (
        "general_found_struck_off_year",
        "SELECT substr(found_on, 1, 7), industry, 1 FROM hazards WHERE substr(found_on, 1, 4) = substr(struck_off_on, 1, 4) AND downgraded_from IS NULL",
    ),
    (
        "major_found_struck_off_month",
        "SELECT substr(found_on, 1, 7), industry, 1 FROM dossiers WHERE substr(found_on, 1, 7) = substr(struck_off_on, 1, 7) AND upgraded_from IS NULL",
    ),
    (
        "major_found_struck_off_quarter",
        "SELECT substr(found_on, 1, 7), industry, 1 FROM dossiers WHERE substr(found_on, 1, 4) = substr(struck_off_on, 1, 4) AND (substr(found_on, 6, 2) + 2) / 3 = (substr(struck_off_on, 6, 2) + 2) / 3 AND upgraded_from IS NULL",
    ),
    (
        "major_found_struck_off_year",
        "SELECT substr(found_on, 1, 7), industry, 1 FROM dossiers WHERE substr(found_on, 1, 4) = substr(struck_off_on, 1, 4) AND upgraded_from IS NULL",
    ),
    (
        "enterprises_inspected_month",
        "SELECT DISTINCT substr(s.held_on, 1, 7), e.industry, 1, e.serial FROM self_inspections s JOIN enterprises e ON e.serial = s.enterprise WHERE s.counts AND s.state = 'signed'",
    ),
    (
        "enterprises_inspected_quarter",
        "SELECT MIN(substr(s.held_on, 1, 7)), e.industry, 1 FROM self_inspections s JOIN enterprises e ON e.serial = s.enterprise WHERE s.counts AND s.state = 'signed' GROUP BY e.serial, substr(s.held_on, 1, 4), (substr(s.held_on, 6, 2) + 2) / 3",
    ),
    (
        "enterprises_inspected_year",
        "SELECT MIN(substr(s.held_on, 1, 7)), e.industry, 1 FROM self_inspections s JOIN enterprises e ON e.serial = s.enterprise WHERE s.counts AND s.state = 'signed' GROUP BY e.serial, substr(s.held_on, 1, 4)",
    ),
];

/// Tables keep how things stand, not the month in which they came to it: of these the sum over all months is compared. The
/// second list is subtracted.
const BALANCES: &[(&[&str], &[&str], &str)] = &[
    (&["general_overdue_entered"], &["general_overdue_left"], "SELECT COUNT(*) FROM hazards WHERE overdue"),
    (&["major_overdue_entered"], &["major_overdue_left"], "SELECT COUNT(*) FROM dossiers WHERE overdue"),
    (&["major_listed_entered"], &[], "SELECT COUNT(*) FROM dossiers WHERE listed"),
    (&["general_upgraded"], &[], "SELECT COUNT(*) FROM hazards WHERE state = 'upgraded'"),
    (&["major_downgraded"], &[], "SELECT COUNT(*) FROM dossiers WHERE state = 'downgraded'"),
    (&["major_returned"], &[], "SELECT COALESCE(SUM(returned), 0) FROM dossiers"),
    (&["major_extended"], &[], "SELECT COALESCE(SUM(extensions), 0) FROM dossiers"),
    (&["major_progress_missed"], &[], "SELECT COALESCE(SUM(progress_missed), 0) FROM dossiers"),
    (&["major_undossiered"], &[], "SELECT COUNT(*) FROM dossiers WHERE undossiered"),
    (&["general_voided"], &[], "SELECT COUNT(*) FROM hazards WHERE state = 'voided'"),
    (&["general_recurred"], &[], "SELECT COUNT(*) FROM hazards WHERE recurred"),
    (&["general_entered_late"], &[], "SELECT COUNT(*) FROM hazards WHERE late_entry"),
    (&["general_returned"], &[], "SELECT COALESCE(SUM(returned), 0) FROM hazards"),
    (&["general_extended"], &[], "SELECT COALESCE(SUM(extensions), 0) FROM hazards"),
    (&["orders_issued"], &[], "SELECT COALESCE(SUM(orders), 0) FROM inspections"),
    (&["orders_overdue"], &[], "SELECT COALESCE(SUM(times_overdue), 0) FROM inspections"),
    (&["rechecks_due"], &[], "SELECT COALESCE(SUM(times_due), 0) FROM inspections"),
    (&["rechecks_on_time"], &[], "SELECT COALESCE(SUM(times_on_time), 0) FROM inspections"),
    (&["rechecks_done"], &[], "SELECT COALESCE(SUM(times_rechecked), 0) FROM inspections"),
    (&["inspections_cases"], &[], "SELECT COUNT(*) FROM inspections WHERE case_form IS NOT NULL"),
    (&["documents_voided"], &[], "SELECT COUNT(*) FROM documents WHERE state = 'voided'"),
    (&["enterprises_removed"], &[], "SELECT 0"),
];

async fn counted(disk: &Disk) -> BTreeMap<Key, i64> {
    let mut counts = BTreeMap::new();
    for (indicator, query) in COUNTS {
        for row in disk.rows(query).await {
            let key = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap(), (*indicator).to_owned());
            *counts.entry(key).or_insert(0) += row.try_get_by_index::<i64>(2).unwrap();
        }
    }
    counts
}

async fn booked(disk: &Disk) -> BTreeMap<Key, i64> {
    let mut cells = BTreeMap::new();
    for row in disk.rows("SELECT month, industry, counts FROM cells").await {
        let (month, industry): (String, String) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        let packed: Vec<u8> = row.try_get_by_index(2).unwrap();
        for (indicator, value) in TABLE.iter().zip(Cell::decode(packed.as_slice()).unwrap().values) {
            if value != 0 {
                cells.insert((month.clone(), industry.clone(), indicator.id.to_owned()), value);
            }
        }
    }
    cells
}

/// What the cells say and a count of the tables does not, or the other way round.
pub(crate) async fn differences(disk: &Disk) -> Vec<String> {
    let (counted, booked) = (counted(disk).await, booked(disk).await);
    let mut found = Vec::new();
    for (indicator, _) in COUNTS {
        let of = |side: &BTreeMap<Key, i64>| {
            side.iter().filter(|(key, _)| key.2 == *indicator).map(|(key, n)| (key.clone(), *n)).collect::<BTreeMap<_, _>>()
        };
        let (counted, booked) = (of(&counted), of(&booked));
        if counted != booked {
            found.push(format!("{indicator}: tables {counted:?}, cells {booked:?}"));
        }
    }
    let sum = |ids: &[&str]| booked.iter().filter(|(key, _)| ids.contains(&key.2.as_str())).map(|(_, n)| n).sum::<i64>();
    for (added, taken, query) in BALANCES {
        let (cells, tables) = (sum(added) - sum(taken), disk.one::<i64>(query).await);
        if cells != tables {
            found.push(format!("{added:?} less {taken:?}: tables {tables}, cells {cells}"));
        }
    }
    found
}

#[test]
fn every_counter_is_compared() {
    let mut compared: Vec<&str> = COUNTS.iter().map(|(id, _)| *id).collect();
    compared.extend(BALANCES.iter().flat_map(|(added, taken, _)| added.iter().chain(*taken)));
    compared.sort_unstable();
    let mut wanted: Vec<&str> = TABLE[..Counter::COUNT].iter().map(|indicator| indicator.id).collect();
    wanted.sort_unstable();
    assert_eq!(compared, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_gives_the_same_tables_and_a_count_of_the_tables_gives_the_same_cells() {
    let mut stage = small::approved(2015, 24).await;
    let mut acts = plan::acts(&stage.firms, &Behaviour::read(), 2015, 1.0);
    // One enterprise forgets October until it is too late.
    let october = Month::new(2015, 10);
    for act in acts.values_mut().filter_map(|by_firm| by_firm.get_mut(&0)) {
        act.retain(|act| !matches!(act, Act::Declare(month) if *month == october));
    }
    // Three months are enough to compare.
    for (at_ms, acts) in acts.range(stage.now_ms()..Day::new(2015, 11, 10).at(12, 0)) {
        stage.advance(*at_ms).await.unwrap();
        stage.perform(acts).await.unwrap();
    }
    stage.advance(Day::new(2015, 11, 10).at(12, 0)).await.unwrap();
    let late = vec![Act::Inspect(october.last()), Act::Declare(october)];
    stage.perform(&BTreeMap::from([(0, late)])).await.unwrap();
    assert_eq!(stage.findings, Vec::<String>::new());
    let cast = hazards::cast(&stage).await;
    hazards::end_otherwise(&cast).await;
    let writes = stage.writes;
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    println!("{writes} writes acknowledged\n{told}");
    assert!(told.trim_end().ends_with("sound"), "{told}");

    let disk = Disk::open(&stage.world, COUNTY).await;
    let booked = booked(&disk).await;
    println!("{} counts in cells, all equal to a count of the tables", booked.len());
    for wanted in
        ["declarations_late", "general_overdue_left", "general_found_struck_off_month", "major_listed_entered", "zero_reports"]
    {
        assert!(booked.keys().any(|key| key.2 == wanted), "the play has no {wanted}: it shows too little");
    }
    // The counts are written in SQLite's words; on PostgreSQL `verify` alone compares, row by row with a replay.
    let counts = stage.world.database().is_none();
    if counts {
        assert_eq!(differences(&disk).await, Vec::<String>::new());
    }
    disk.close().await;

    // Both would notice: a hazard moved to another month in its table alone.
    let moved = "UPDATE hazards SET found_on = '2015-07-31' WHERE serial = (SELECT MIN(serial) FROM hazards)";
    Disk::tamper(&stage.world, COUNTY, &[moved]).await;
    let told = format!("{:#}", stage.world.verify(COUNTY).await.unwrap_err());
    println!("{}", told.lines().find(|line| line.contains("NOT SOUND")).unwrap_or(&told));
    assert!(told.contains("NOT SOUND") && told.contains("hazards"), "{told}");
    if counts {
        let disk = Disk::open(&stage.world, COUNTY).await;
        assert_ne!(differences(&disk).await, Vec::<String>::new());
        disk.close().await;
    }
}
