//! The figures as the programs tell them, for people: one line per county, then the city and the province with their coverage.

use std::fmt::Write as _;

use changxiao_proto::statistics::v1::{Breakdown, QueryResponse, Row};

use super::stage::Stage;
use crate::oracle::{CoverageView, Question};

/// Figure and heading of each column.
const COLUMNS: [(&str, &str); 8] = [
    ("declarations_owed", "owing"),
    ("declarations_on_time", "on time"),
    ("declarations_late", "late"),
    ("declarations_missing", "missing"),
    ("general_found", "found"),
    ("general_struck_off", "closed"),
    ("general_overdue", "overdue"),
    ("major_open", "dossiers"),
];

/// The table of one span.
///
/// # Errors
/// If a tier does not answer.
pub async fn table(stage: &Stage, span: &str) -> anyhow::Result<String> {
    let ask = |region: &str, breakdown| Question { region: region.to_owned(), span: span.to_owned(), breakdown };
    let mut text = format!("{span:<18}");
    for (_, heading) in COLUMNS {
        let _ = write!(text, "{heading:>9}");
    }
    text.push_str("   coverage\n");
    let city = stage.ask(&ask("bs", Breakdown::Region)).await?;
    for row in &city.rows {
        line(&mut text, &row.region, row);
    }
    total(&mut text, "Baoshan 保山", &city);
    if stage.desks.contains_key("yn") {
        total(&mut text, "Yunnan 云南", &stage.ask(&ask("yn", Breakdown::None)).await?);
    }
    Ok(text)
}

fn total(text: &mut String, name: &str, answer: &QueryResponse) {
    if let Some(row) = &answer.total {
        line(text, name, row);
    }
}

fn line(text: &mut String, name: &str, row: &Row) {
    // A Chinese character takes two columns.
    let width: usize = name.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum();
    let _ = write!(text, "{name}{}", " ".repeat(18_usize.saturating_sub(width)));
    for (indicator, _) in COLUMNS {
        let figure = row.figures.iter().find(|figure| figure.indicator == indicator);
        let _ = write!(text, "{:>9}", figure.map_or("-", |figure| figure.text.as_str()));
    }
    let coverage = row.coverage.as_ref().map(|coverage| CoverageView::told(coverage).text()).unwrap_or_default();
    let _ = writeln!(text, "   {coverage}");
}
