//! Asking the programs, and their answers as Markdown.

use anyhow::Context as _;
use changxiao_proto::statistics::v1::{Breakdown, Completeness, Coverage, Figure, QueryRequest, Row};

use crate::{
    calendar::civil,
    client::{Caller, reason},
};

/// One table by its name in `docs/worked-example.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name between the markers.
    pub name: String,
    /// Markdown, each line ended.
    pub text: String,
}

/// Figures of the county tables with their headings. `{}` stands for month, quarter or year.
const FIGURES: [(&str, &str); 15] = [
    ("declarations_owed", "owed"),
    ("declarations_on_time", "on time"),
    ("declarations_late", "late"),
    ("declarations_missing", "missing"),
    ("zero_reports", "zero"),
    ("declaration_rate", "rate %"),
    ("declaration_on_time_rate", "on time %"),
    ("zero_report_rate", "zero %"),
    ("general_found", "found"),
    ("general_struck_off", "struck off"),
    ("general_open", "open"),
    ("general_overdue", "overdue"),
    ("general_found_struck_off_{}", "both in {}"),
    ("self_inspections", "inspections"),
    ("enterprises_inspected_{}", "inspected in {}"),
];

/// Counts of a month's cell with their headings.
pub const CELL: &[(&str, &str)] = &[
    ("declarations_owed", "owed"),
    ("declarations_on_time", "on time"),
    ("declarations_late", "late"),
    ("zero_reports", "zero"),
    ("general_found", "found"),
    ("general_struck_off", "struck off"),
    ("general_overdue_entered", "overdue in"),
    ("general_overdue_left", "overdue out"),
    ("enterprises_admitted", "admitted"),
    ("general_found_struck_off_month", "both in month"),
    ("self_inspections", "inspections"),
    ("enterprises_inspected_month", "inspected in month"),
];

/// What is confined to its span, and what it is confined from.
pub const CONFINED: &[(&str, &str)] = &[
    ("general_found", "found"),
    ("general_struck_off", "struck off"),
    ("general_found_struck_off_{}", "both in span"),
    ("self_inspections", "inspections"),
    ("enterprises_inspected_{}", "inspected in span"),
];

/// The word for the kind of a span, as it ends the names of the measures that are confined to it.
fn kind(span: &str) -> &'static str {
    match span.len() {
        4 => "year",
        _ if span.contains('Q') => "quarter",
        _ => "month",
    }
}

/// The question behind a county table.
pub fn question(parent: &str, region: &str, span: &str, breakdown: Breakdown) -> QueryRequest {
    QueryRequest {
        parent: format!("regions/{parent}"),
        region: region.to_owned(),
        span: span.to_owned(),
        indicators: FIGURES.iter().map(|(id, _)| id.replace("{}", kind(span))).collect(),
        breakdown: breakdown.into(),
        ..QueryRequest::default()
    }
}

/// One line per county of Baoshan and one for Baoshan, as the city tells them.
///
/// # Errors
/// If the city does not answer.
pub async fn counties(city: &Caller, name: &str, span: &str) -> anyhow::Result<Table> {
    let answer = city.query(question("bs", "", span, Breakdown::Region)).await.with_context(|| name.to_owned())?;
    let headings: Vec<String> = FIGURES.iter().map(|(_, heading)| heading.replace("{}", kind(span))).collect();
    let mut text = heading(&["region"], headings.iter().map(String::as_str), &["coverage"]);
    for row in answer.rows.iter().chain(&answer.total) {
        let cells: Vec<String> = FIGURES.iter().map(|(id, _)| shown(row, &id.replace("{}", kind(span)))).collect();
        line(&mut text, [row.region.clone()].into_iter().chain(cells).chain([coverage(row.coverage.as_ref())]));
    }
    Ok(Table { name: name.to_owned(), text })
}

/// Columns of these spans by category, each as its own county tells it. An owner is an analyst of the county with its categories.
///
/// # Errors
/// If a county does not answer.
pub async fn categories(
    owners: &[(&Caller, &[&str])],
    name: &str,
    columns: &[(&str, &str)],
    spans: &[&str],
) -> anyhow::Result<Table> {
    let mut text = heading(&["span", "region", "category"], columns.iter().map(|(_, heading)| *heading), &[]);
    for span in spans {
        let ids: Vec<String> = columns.iter().map(|(id, _)| id.replace("{}", kind(span))).collect();
        for (county, categories) in owners {
            let region = county.door().region();
            let request = QueryRequest {
                indicators: ids.clone(),
                industries: categories.iter().map(|category| (*category).to_owned()).collect(),
                ..question(region, "", span, Breakdown::Industry)
            };
            for row in county.query(request).await.with_context(|| name.to_owned())?.rows {
                let figures = ids.iter().map(|id| shown(&row, id));
                line(&mut text, [(*span).to_owned(), region.to_owned(), row.industry.clone()].into_iter().chain(figures));
            }
        }
    }
    Ok(Table { name: name.to_owned(), text })
}

/// What the city answers to questions that it must be able to refuse: region, span, and one indicator.
///
/// # Errors
/// If the city does not answer at all.
pub async fn refusals(city: &Caller, name: &str, asked: &[(&str, &str, &str)]) -> anyhow::Result<Table> {
    let mut text = heading(&["region", "span", "indicator", "answer"], [], &[]);
    for (region, span, indicator) in asked {
        let request = QueryRequest {
            indicators: vec![(*indicator).to_owned()],
            completeness: Completeness::Strict.into(),
            ..question("bs", region, span, Breakdown::None)
        };
        let told = match city.query(request).await {
            Ok(answer) => {
                let row = answer.total.unwrap_or_default();
                format!("{}, resting on {}", shown(&row, indicator), coverage(row.coverage.as_ref()))
            }
            Err(refusal) => match reason(&refusal) {
                Some(reason) => format!("`{reason}`: {}", refusal.message()),
                None => return Err(refusal.into()),
            },
        };
        line(&mut text, [*region, *span, *indicator, &told].map(str::to_owned));
    }
    Ok(Table { name: name.to_owned(), text })
}

/// A figure as printed; a dash where there is none, which is not zero.
pub fn shown(row: &Row, id: &str) -> String {
    let text = |figure: &Figure| figure.text.clone();
    row.figures.iter().find(|figure| figure.indicator == id).map_or_else(|| "–".to_owned(), text)
}

/// `2 of 5`, then everyone who is missing, why, and since when.
fn coverage(coverage: Option<&Coverage>) -> String {
    let Some(coverage) = coverage else { return "none told".to_owned() };
    let mut text = format!("{} of {}", coverage.reported, coverage.expected);
    let gaps = coverage.stale.iter().chain(&coverage.quarantined).chain(&coverage.unknown);
    for (place, gap) in gaps.enumerate() {
        let mark = if place == 0 { ":" } else { ";" };
        text.push_str(&format!("{mark} {} {}", gap.region, gap.reason));
        if gap.since_ms != 0 {
            text.push_str(&format!(" since {}", civil(gap.since_ms)));
        }
    }
    text
}

fn heading<'a>(left: &[&str], figures: impl IntoIterator<Item = &'a str>, right: &[&str]) -> String {
    let mut names: Vec<String> = left.iter().map(|&name| name.to_owned()).collect();
    let mut rules = vec!["---".to_owned(); left.len()];
    for figure in figures {
        names.push(figure.to_owned());
        rules.push("---:".to_owned());
    }
    names.extend(right.iter().map(|&name| name.to_owned()));
    rules.extend(vec!["---".to_owned(); right.len()]);
    let mut text = String::new();
    line(&mut text, names);
    text.push_str(&format!("|{}|\n", rules.join("|")));
    text
}

fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<String> = cells.into_iter().collect();
    text.push_str(&format!("| {} |\n", cells.join(" | ")));
}
