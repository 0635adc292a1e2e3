//! Is this report believable? Hints for inspectors, each with the records that it rests on. A hint accuses nobody and changes nothing.
//!
//! Source: dossier 8.3: alarm if an enterprise reports nothing found for three months in a row while inspections find hazards.

use crate::{inspection::Inspection, period::Month};

/// Zero reports in a row that are believed [P].
pub const BELIEVED_ZERO_REPORTS: usize = 2;

/// An enterprise that found nothing, and an inspection that did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZeroAgainstFindings {
    /// Months of the zero reports, ascending, the last one before or in the month of the visit.
    pub months: Vec<Month>,
    /// What the inspection found.
    pub findings: usize,
}

impl ZeroAgainstFindings {
    /// The hint in English.
    #[must_use]
    pub fn en(&self) -> String {
        let (first, last) = self.ends();
        format!(
            "reported nothing found for {} months in a row ({first} to {last}); an inspection then found {}",
            self.months.len(),
            self.findings
        )
    }

    /// The hint in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        let (first, last) = self.ends();
        format!("连续{}个月({first}至{last})零隐患申报,随后检查发现{}项隐患和问题", self.months.len(), self.findings)
    }

    fn ends(&self) -> (String, String) {
        let shown = |month: Option<&Month>| month.map(ToString::to_string).unwrap_or_default();
        (shown(self.months.first()), shown(self.months.last()))
    }
}

/// The hint of an inspection, if it gives one. `zero` are the months in which the enterprise reported nothing found.
#[must_use]
pub fn zero_against_findings(inspection: &Inspection, zero: &[Month]) -> Option<ZeroAgainstFindings> {
    let visited = Month::of(inspection.visited_on()?);
    let findings = inspection.findings.len();
    // The report of the visit's own month is filed after it: the row may end there or a month earlier.
    let row_to = |mut end: Month| {
        let mut row = Vec::new();
        while zero.contains(&end) {
            row.insert(0, end);
            let Some(before) = previous(end) else { break };
            end = before;
        }
        row
    };
    let own = row_to(visited);
    let months = if own.is_empty() { row_to(previous(visited)?) } else { own };
    (findings > 0 && months.len() > BELIEVED_ZERO_REPORTS).then_some(ZeroAgainstFindings { months, findings })
}

fn previous(month: Month) -> Option<Month> {
    month.first_day().yesterday().ok().map(Month::of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::tests::visited;

    fn months(texts: &[&str]) -> Vec<Month> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn four_zero_reports_and_six_findings_are_told() {
        let hint = zero_against_findings(&visited("2015-12-03", 6), &months(&["2015-08", "2015-09", "2015-10", "2015-11"]));
        let hint = hint.unwrap();
        assert_eq!(hint.en(), "reported nothing found for 4 months in a row (2015-08 to 2015-11); an inspection then found 6");
        assert_eq!(hint.zh(), "连续4个月(2015-08至2015-11)零隐患申报,随后检查发现6项隐患和问题");
    }

    #[test]
    fn only_an_unbroken_row_up_to_the_visit_counts() {
        for (zero, findings, told) in [
            (vec!["2015-09", "2015-10", "2015-11"], 1, Some(3)),
            (vec!["2015-10", "2015-11", "2015-12"], 1, Some(3)),
            (vec!["2015-09", "2015-10", "2015-11"], 0, None),
            (vec!["2015-10", "2015-11"], 6, None),
            (vec!["2015-08", "2015-10", "2015-11"], 6, None),
            (vec!["2015-08", "2015-09", "2015-10"], 6, None),
            (vec![], 6, None),
        ] {
            let hint = zero_against_findings(&visited("2015-12-03", findings), &months(&zero));
            assert_eq!(hint.map(|hint| hint.months.len()), told, "{zero:?} {findings}");
        }
    }
}
