//! Answering a question: from the register's tree to rows with figures and coverage.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    clock::{Date, Instant},
    coverage::{Coverage, Gap},
    industry,
    refusal::Refusal,
    region::RegionId,
    register::Register,
    rollup::{Asked, Category, Origin, Rollup, heard, standing, unknown_reason},
};
use changxiao_proto::statistics::v1 as pb;

use super::{
    Host, not_found,
    question::{Breakdown, Map, Question},
    stored::stored,
};
use crate::fault::Fault;

/// Most gaps that a refusal names one by one.
const MOST_NAMED: usize = 40;

/// Answers a question for the region `host`.
///
/// # Errors
/// [`Fault::NotFound`] for a region outside the subtree; a refusal for a span that has not begun;
/// `COVERAGE_INCOMPLETE` if gaps are not allowed; [`Fault::Database`].
pub async fn answer(host: &Host, question: &Question) -> Result<pb::QueryResponse, Fault> {
    let span = question.selection.span();
    // Freshness before the facts: what was verified by then is in the facts read after it.
    let freshness = host.freshness();
    let now = host.place.clock.now();
    let register = host.place.registers.current();
    let date = match question.map {
        Map::Then => span.last_month().map_or_else(|| now.date(), |last| last.last_day()),
        Map::Today => now.date(),
    };
    if !register.contains(&question.parent, &question.region, date) {
        return Err(not_found(&question.region));
    }
    question.selection.begun(now).map_err(Refusal::from)?;

    let fresh_within_ms = i64::from(host.fresh_within_seconds) * 1000;
    let asked = Asked { span, now, fresh_within_ms, calendar: &host.calendar };
    let counties = register.counties(&question.region, date);
    let joined = counties.iter().filter(|county| county.joined.is_some());
    let mut held = stored(&host.read, joined.map(|county| &county.id), span).await?;
    let origins = counties.into_iter().map(|county| {
        let stored = held.remove(&county.id).unwrap_or_default();
        let freshness = freshness.get(&county.id);
        let origin = Origin {
            region: county.id.clone(),
            standing: standing(&asked, county.joined, freshness, &stored.held),
            heard: heard(freshness, &stored.held),
            counts: stored.counts,
        };
        (county.id.clone(), origin)
    });
    let origins: BTreeMap<RegionId, Origin> = origins.collect();
    Answer { question, register: &register, date, asked, origins }.response(host.place.sandbox)
}

/// Everything an answer is made of.
struct Answer<'a> {
    question: &'a Question,
    register: &'a Register,
    /// Day of the map.
    date: Date,
    asked: Asked<'a>,
    /// The origins expected behind the whole.
    origins: BTreeMap<RegionId, Origin>,
}

impl Answer<'_> {
    fn response(&self, sandbox: bool) -> Result<pb::QueryResponse, Fault> {
        let whole = self.sum(self.origins.keys());
        if self.question.strict && !whole.coverage().is_complete() {
            return Err(self.incomplete(whole.coverage()));
        }
        let total = self.region_row(&self.question.region, &whole);
        let rows = match self.question.breakdown {
            Breakdown::Whole => vec![total.clone()],
            Breakdown::Region => self.children(),
            Breakdown::Industry => self.categories(),
        };
        Ok(pb::QueryResponse { rows, total: Some(total), cut_off_ms: self.asked.now.ms(), sandbox })
    }

    fn sum<'r>(&self, regions: impl IntoIterator<Item = &'r RegionId>) -> Rollup {
        let origins = regions.into_iter().filter_map(|region| self.origins.get(region));
        Rollup::sum(origins, |category| self.question.counts(category))
    }

    /// One row for each region directly below, with the origins of its own subtree.
    fn children(&self) -> Vec<pb::Row> {
        let children = self.register.children(&self.question.region, self.date).into_iter();
        children
            .map(|child| {
                let counties = self.register.counties(&child.id, self.date);
                self.region_row(&child.id, &self.sum(counties.iter().map(|county| &county.id)))
            })
            .collect()
    }

    /// One row for each category asked for; without a filter for each one of the table, also where nothing was counted,
    /// and for those that only an origin knows.
    fn categories(&self) -> Vec<pb::Row> {
        let categories: BTreeSet<Category> = if self.question.industries.is_empty() {
            let known = industry::all().iter().map(|industry| Category::from(industry.code()));
            known.chain(self.origins.values().flat_map(|origin| origin.counts.keys().cloned())).collect()
        } else {
            self.question.industries.clone()
        };
        categories
            .into_iter()
            .map(|wanted| {
                let rollup = Rollup::sum(self.origins.values(), |category| *category == wanted);
                pb::Row { industry: wanted.to_string(), ..self.figures(&rollup) }
            })
            .collect()
    }

    fn region_row(&self, region: &RegionId, rollup: &Rollup) -> pb::Row {
        let named = self.register.at(region, self.date);
        pb::Row {
            region: region.to_string(),
            region_code: named.map_or_else(String::new, |named| named.code.to_string()),
            region_name: self.name(region),
            ..self.figures(rollup)
        }
    }

    /// A row that says only its figures and what they rest on.
    fn figures(&self, rollup: &Rollup) -> pb::Row {
        let (figures, coverage) = rollup.read(&self.question.selection);
        let figures = figures.unwrap_or_default().into_iter().map(|figure| pb::Figure {
            indicator: figure.indicator.id.to_owned(),
            value: figure.value,
            denominator: figure.denominator,
            text: figure.text(),
        });
        pb::Row { figures: figures.collect(), coverage: Some(self.coverage(coverage)), ..Default::default() }
    }

    fn coverage(&self, coverage: &Coverage) -> pb::Coverage {
        let gaps = |gaps: &[Gap]| gaps.iter().map(|gap| self.gap(&gap.region, gap.since, &gap.reason)).collect();
        let unknown = coverage.unknown().iter().map(|region| {
            let joined = self.register.region(region).and_then(|region| region.joined);
            self.gap(region, None, unknown_reason(&self.asked, joined))
        });
        pb::Coverage {
            expected: coverage.expected(),
            reported: coverage.reported(),
            stale: gaps(coverage.stale()),
            quarantined: gaps(coverage.quarantined()),
            unknown: unknown.collect(),
        }
    }

    fn gap(&self, region: &RegionId, since: Option<Instant>, reason: &str) -> pb::Gap {
        pb::Gap {
            region: region.to_string(),
            region_name: self.name(region),
            since_ms: since.map_or(0, Instant::ms),
            reason: reason.to_owned(),
        }
    }

    fn name(&self, region: &RegionId) -> String {
        self.register.at(region, self.date).map_or_else(String::new, |named| named.name_zh.clone())
    }

    /// The refusal of a strict question: who is missing, since when and why.
    fn incomplete(&self, coverage: &Coverage) -> Fault {
        let told = self.coverage(coverage);
        let gaps: Vec<&pb::Gap> = told.stale.iter().chain(&told.quarantined).chain(&told.unknown).collect();
        let named: Vec<String> = gaps.iter().take(MOST_NAMED).map(|gap| sentence(gap)).collect();
        let named = named.join(", ");
        let span = self.asked.span;
        let (reported, expected) = (told.reported, told.expected);
        let (more_en, more_zh) = match gaps.len().saturating_sub(MOST_NAMED) {
            0 => (String::new(), String::new()),
            n => (format!(" and {n} more"), format!("等,另有{n}个地区")),
        };
        Fault::Precondition {
            reason: "COVERAGE_INCOMPLETE",
            en: format!("{reported} of {expected} regions reported for {span}; missing: {named}{more_en}"),
            zh: format!("{span}应报{expected}个地区,已报{reported}个;缺:{named}{more_zh}"),
        }
    }
}

/// A gap in one breath, such as `bs-shidian 施甸县 (SILENT since 2015-08-20T00:00:00.000+08:00)`.
fn sentence(gap: &pb::Gap) -> String {
    let pb::Gap { region, region_name, since_ms, reason } = gap;
    match since_ms {
        0 => format!("{region} {region_name} ({reason})"),
        ms => format!("{region} {region_name} ({reason} since {})", Instant::from_ms(*ms)),
    }
}
