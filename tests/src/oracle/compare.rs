//! An answer beside what it must be, figure by figure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use changxiao_proto::statistics::v1::{Breakdown, QueryResponse, Row};

use super::{
    counts::{Cells, Counts},
    coverage::CoverageView,
    figures::{Figure, figures},
    ledger::Ledger,
    span::Span,
};
use crate::calendar::Month;

/// County-level regions of Yunnan in the register.
pub const YUNNAN_COUNTIES: u32 = 129;
/// County-level regions of Baoshan in the register.
pub const BAOSHAN_COUNTIES: u32 = 5;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Region that is asked and summed over, such as `bs`.
    pub region: String,
    /// Span as written in the query.
    pub span: String,
    /// Breakdown.
    pub breakdown: Breakdown,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}",
            self.region,
            self.span,
            self.breakdown.as_str_name().trim_start_matches("BREAKDOWN_").to_lowercase()
        )
    }
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The question, the row and the figure.
    pub what: String,
    /// What the programs say.
    pub told: String,
    /// What the clients' own records say.
    pub counted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<60} programs: {:>10}   oracle: {:>10}", self.what, self.told, self.counted)
    }
}

/// What a tier must know now: everything, except that of a region cut off it knows what stood when the line was cut.
pub struct View {
    cells: Cells,
    counties: BTreeSet<String>,
    /// Counties whose figures are old at the tiers above, with the first month that they had not closed when they were cut off.
    stale: BTreeMap<String, Month>,
}

impl View {
    /// Nobody is cut off.
    pub fn of(ledger: &Ledger) -> Self {
        View { cells: ledger.cells(), counties: ledger.counties(), stale: BTreeMap::new() }
    }

    /// The tiers above know of these counties only what the snapshot knew.
    pub fn with_stale(ledger: &Ledger, stale: &BTreeMap<String, Ledger>) -> Self {
        let mut view = View::of(ledger);
        for (county, snapshot) in stale {
            view.cells.retain(|(of, _, _), _| of != county);
            view.cells.extend(snapshot.cells().into_iter().filter(|((of, _, _), _)| of == county));
            view.stale.insert(county.clone(), snapshot.first_open_month(county));
        }
        view
    }

    /// Figures of a row: of some counties, of one industry or all.
    pub fn figures(&self, counties: &BTreeSet<String>, industry: Option<&str>, span: Span) -> BTreeMap<String, Figure> {
        let mut by_month: BTreeMap<Month, Counts> = BTreeMap::new();
        for ((county, month, of), counts) in &self.cells {
            if counties.contains(county) && industry.is_none_or(|industry| industry == of) {
                let sum = by_month.entry(*month).or_default();
                for (name, value) in counts {
                    *sum.entry(name).or_default() += value;
                }
            }
        }
        figures(&by_month, span)
    }

    /// Our counties at or below a region.
    pub fn below(&self, region: &str) -> BTreeSet<String> {
        self.counties.iter().filter(|county| region == "yn" || region == "bs" || *county == region).cloned().collect()
    }

    /// Coverage of a region's figures over a span. A month that a county closed stays reported however long it is away.
    pub fn coverage(&self, region: &str, span: Span) -> CoverageView {
        let ours = self.below(region);
        let expected = match region {
            "yn" => YUNNAN_COUNTIES,
            "bs" => BAOSHAN_COUNTIES,
            _ => 1,
        };
        let last = span.ends().1;
        // A county's own figures are never old to itself.
        let old = self.stale.iter().filter(|(county, open)| **open <= last && *county != region);
        let stale: BTreeSet<String> = old.map(|(county, _)| county.clone()).filter(|county| ours.contains(county)).collect();
        let unknown = expected - ours.len() as u32;
        CoverageView { expected, reported: ours.len() as u32 - stale.len() as u32, stale, quarantined: BTreeSet::new(), unknown }
    }

    /// Coverage of a row within an answer of the tier above, to which a county can be old.
    fn row_coverage(&self, region: &str, span: Span) -> CoverageView {
        let mut coverage = self.coverage(region, span);
        if self.stale.get(region).is_some_and(|open| *open <= span.ends().1) {
            coverage.stale.insert(region.to_owned());
            coverage.reported -= 1;
        }
        coverage
    }

    /// Everything in an answer that is not as it must be. Empty means that all is equal.
    pub fn differences(&self, question: &Question, answer: &QueryResponse) -> Vec<Difference> {
        let mut found = Vec::new();
        let span = Span::parse(&question.span);
        let counties = self.below(&question.region);
        match &answer.total {
            Some(total) => {
                self.row(&format!("{question} total"), total, self.figures(&counties, None, span), &mut found);
                coverage(&format!("{question} total"), total, &self.coverage(&question.region, span), &mut found);
            }
            None => found.push(difference(format!("{question} total"), "absent", "there")),
        }
        match question.breakdown {
            Breakdown::Region => self.by_region(question, answer, span, &mut found),
            Breakdown::Industry => self.by_industry(question, answer, span, &counties, &mut found),
            Breakdown::None | Breakdown::Unspecified => {}
        }
        found
    }

    fn by_region(&self, question: &Question, answer: &QueryResponse, span: Span, found: &mut Vec<Difference>) {
        let mut seen = BTreeSet::new();
        for row in &answer.rows {
            let what = format!("{question} {}", row.region);
            let counties = self.below_child(&question.region, &row.region);
            if counties.is_empty() {
                if !row.figures.is_empty() {
                    found.push(difference(what, "figures", "none: nobody there ever reported"));
                }
                continue;
            }
            seen.extend(counties.iter().cloned());
            self.row(&what, row, self.figures(&counties, None, span), found);
            coverage(&what, row, &self.row_coverage(&row.region, span), found);
        }
        for missing in self.below(&question.region).difference(&seen) {
            found.push(difference(format!("{question} {missing}"), "no row", "a row"));
        }
    }

    fn by_industry(
        &self,
        question: &Question,
        answer: &QueryResponse,
        span: Span,
        counties: &BTreeSet<String>,
        found: &mut Vec<Difference>,
    ) {
        let mut seen = BTreeSet::new();
        for row in &answer.rows {
            seen.insert(row.industry.clone());
            let what = format!("{question} {}", row.industry);
            self.row(&what, row, self.figures(counties, Some(&row.industry), span), found);
        }
        let mine = self.cells.keys().filter(|(county, _, _)| counties.contains(county)).map(|(_, _, industry)| industry.clone());
        for industry in mine.collect::<BTreeSet<_>>().difference(&seen) {
            // A row of zeros may be left out.
            let expected = self.figures(counties, Some(industry), span);
            if expected.values().any(|figure| figure.value != 0) {
                found.push(difference(format!("{question} {industry}"), "no row", "a row"));
            }
        }
    }

    /// Our counties below a row's region, where the row is a child of the region asked.
    fn below_child(&self, asked: &str, row: &str) -> BTreeSet<String> {
        match (asked, row) {
            (_, "yn") => BTreeSet::new(),
            (_, row) => self.below(row),
        }
    }

    fn row(&self, what: &str, row: &Row, mut expected: BTreeMap<String, Figure>, found: &mut Vec<Difference>) {
        for told in &row.figures {
            let what = format!("{what} {}", told.indicator);
            let Some(counted) = expected.remove(&told.indicator) else {
                found.push(difference(what, &told.text, "unknown to the oracle or not for this span"));
                continue;
            };
            if (told.value, told.denominator, told.text.as_str()) != (counted.value, counted.denominator, counted.text().as_str())
            {
                let said = format!(
                    "{}{}",
                    told.text,
                    told.denominator.map(|whole| format!(" ({}/{whole})", told.value)).unwrap_or_default()
                );
                let own = counted.denominator.map(|whole| format!(" ({}/{whole})", counted.value)).unwrap_or_default();
                found.push(difference(what, said, format!("{}{own}", counted.text())));
            }
        }
        for (missing, counted) in expected {
            found.push(difference(format!("{what} {missing}"), "absent", counted.text()));
        }
    }
}

fn coverage(what: &str, row: &Row, expected: &CoverageView, found: &mut Vec<Difference>) {
    let told = row.coverage.as_ref().map(CoverageView::told);
    if told.as_ref() != Some(expected) {
        let told = told.map_or("absent".to_owned(), |told| format!("{} unknown {}", told.text(), told.unknown));
        found.push(difference(format!("{what} coverage"), told, format!("{} unknown {}", expected.text(), expected.unknown)));
    }
}

fn difference(what: String, told: impl Into<String>, counted: impl Into<String>) -> Difference {
    Difference { what, told: told.into(), counted: counted.into() }
}
