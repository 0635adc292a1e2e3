//! Reading a question: everything that is wrong with it is told at once.

use std::collections::BTreeSet;

use changxiao_domain::{
    industry::IndustryCode,
    period::Span,
    refusal::Refusal,
    region::RegionId,
    rollup::{Category, Selection},
};
use changxiao_proto::{
    convert::request::{Invalid, Reader, Violation},
    statistics::v1 as pb,
};

use crate::fault::Fault;

/// Most entries of a list in a question; both catalogues are shorter.
const MOST_LISTED: usize = 100;

/// By which map rows are cut, coded and named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// The last day of the span.
    Then,
    /// The day of the answer.
    Today,
}

/// How the answer is broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakdown {
    /// One row for the whole.
    Whole,
    /// One row for each region directly below.
    Region,
    /// One row for each category.
    Industry,
}

/// A question that says what it must.
#[derive(Clone, Debug)]
pub struct Question {
    /// The region that answers.
    pub parent: RegionId,
    /// The region to sum over.
    pub region: RegionId,
    /// What is asked for over which span.
    pub selection: Selection,
    /// The only categories counted; all if empty.
    pub industries: BTreeSet<Category>,
    /// Breakdown.
    pub breakdown: Breakdown,
    /// Whether gaps are an error.
    pub strict: bool,
    /// Map.
    pub map: Map,
}

impl Question {
    /// Whether a category is counted.
    pub fn counts(&self, category: &Category) -> bool {
        self.industries.is_empty() || self.industries.contains(category)
    }

    /// Reads a question.
    ///
    /// # Errors
    /// [`Fault::Invalid`] with every violation; [`Fault::Refused`] if only the indicators are wrong, so that a program can
    /// tell why by the reason.
    pub fn read(request: &pb::QueryRequest) -> Result<Self, Fault> {
        let mut reader = Reader::default();
        let parent = reader.region_name("parent", &request.parent);
        let region = if request.region.is_empty() { parent.clone() } else { reader.parse::<RegionId>("region", &request.region) };
        let span = reader.parse::<Span>("span", &request.span);
        let industries = industries(&mut reader, &request.industries);
        let breakdown = enumerated(&mut reader, "breakdown", request.breakdown, |value: pb::Breakdown| match value {
            pb::Breakdown::Unspecified | pb::Breakdown::None => Breakdown::Whole,
            pb::Breakdown::Region => Breakdown::Region,
            pb::Breakdown::Industry => Breakdown::Industry,
        });
        let strict = enumerated(&mut reader, "completeness", request.completeness, |value: pb::Completeness| match value {
            pb::Completeness::Unspecified | pb::Completeness::Any => false,
            pb::Completeness::Strict => true,
        });
        let map = enumerated(&mut reader, "map", request.map, |value: pb::RegionMap| match value {
            pb::RegionMap::Unspecified | pb::RegionMap::Then => Map::Then,
            pb::RegionMap::Today => Map::Today,
        });
        let bounded = short(&mut reader, "indicators", request.indicators.len());
        // Unknown indicators are found out even where the span is wrong as well; any span will do for that.
        let named = if bounded { request.indicators.as_slice() } else { &[] };
        let selected = Selection::new(span.unwrap_or(Span::Year(1)), named);
        let fields = (|| Some((parent?, region?, span?, breakdown?, strict?, map?)))();
        let (parent, region, _, breakdown, strict, map) = match reader.finish(fields) {
            Ok(fields) => fields,
            Err(invalid) => return Err(with_indicators(invalid, span, selected.err()).into()),
        };
        let selection = selected.map_err(Refusal::from)?;
        Ok(Self { parent, region, selection, industries, breakdown, strict, map })
    }
}

/// What is wrong with the indicators joins the other violations. Without a span nothing can be said about spans.
fn with_indicators(mut invalid: Invalid, span: Option<Span>, refusal: Option<changxiao_domain::rollup::Refusal>) -> Invalid {
    use changxiao_domain::rollup::Refusal as Refused;
    let told = refusal.filter(|refusal| span.is_some() || matches!(refusal, Refused::Unknown { .. }));
    if let Some(refusal) = told {
        invalid.0.push(Violation { field: "indicators".to_owned(), why: refusal.to_string() });
    }
    invalid
}

fn industries(reader: &mut Reader, given: &[String]) -> BTreeSet<Category> {
    if !short(reader, "industries", given.len()) {
        return BTreeSet::new();
    }
    let mut industries = BTreeSet::new();
    for (place, code) in given.iter().enumerate() {
        industries.extend(reader.parse::<IndustryCode>(&format!("industries[{place}]"), code).map(Category::from));
    }
    industries
}

fn short(reader: &mut Reader, field: &str, length: usize) -> bool {
    let short = length <= MOST_LISTED;
    if !short {
        reader.wrong(field, format!("must have at most {MOST_LISTED} entries, has {length}"));
    }
    short
}

fn enumerated<W: TryFrom<i32>, T>(reader: &mut Reader, field: &str, given: i32, meaning: impl Fn(W) -> T) -> Option<T> {
    reader.read(field, W::try_from(given).map_err(|_| format!("{given} is not a value known here"))).map(meaning)
}
