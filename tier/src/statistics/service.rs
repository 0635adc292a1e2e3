//! `statistics.v1` on the wire.

use changxiao_domain::{
    indicator::{CATALOGUE, Counter, Indicator, TABLE, Within},
    scope::Scope,
};
use changxiao_proto::{
    convert::request::Reader,
    statistics::v1::{self as pb, indicators_server::Indicators, rollups_server::Rollups},
};
use tonic::{Request, Response, Status};

use super::{Hosts, answer::answer, host, question::Question};
use crate::{fault::Fault, policy::Caller};

/// Number of the first indicator that is computed and therefore in no cell. Counters have the numbers below, by their
/// place in a cell, and leave room for those to come.
const FIRST_COMPUTED: usize = 1_000;

/// Rollups of the regions hosted here.
#[derive(Clone)]
pub struct RollupsService {
    hosts: Hosts,
}

impl RollupsService {
    /// For these regions.
    #[must_use]
    pub const fn new(hosts: Hosts) -> Self {
        Self { hosts }
    }

    /// Answers one question.
    ///
    /// # Errors
    /// [`Fault::Invalid`], a refusal of `domain::rollup`, [`Fault::NotFound`], `COVERAGE_INCOMPLETE`, [`Fault::Database`].
    pub async fn answer(&self, request: &pb::QueryRequest) -> Result<pb::QueryResponse, Fault> {
        let question = Question::read(request)?;
        answer(host(&self.hosts, &question.parent)?, &question).await
    }
}

/// The question within a sight: an account of one industry gets the figures of that industry, whatever else it asks for is not
/// there, and figures of a single enterprise are in no cell.
fn narrowed(mut request: pb::QueryRequest, scope: Scope) -> Result<pb::QueryRequest, Fault> {
    if scope.enterprise.is_some() {
        return Err(Fault::NotFound { what: request.parent });
    }
    if let Some(own) = scope.industry.map(|own| own.to_string()) {
        if let Some(other) = request.industries.iter().find(|asked| **asked != own) {
            return Err(Fault::NotFound { what: format!("industries/{other}") });
        }
        request.industries = vec![own];
    }
    Ok(request)
}

#[tonic::async_trait]
impl Rollups for RollupsService {
    async fn query(&self, request: Request<pb::QueryRequest>) -> Result<Response<pb::QueryResponse>, Status> {
        let question = Question::read(request.get_ref())?;
        let scope = Caller::of(request.extensions(), &question.parent)?.actor.scope();
        let narrowed = narrowed(request.into_inner(), scope)?;
        Ok(Response::new(self.answer(&narrowed).await?))
    }
}

/// The catalogue of indicators, the same for every region of this version.
#[derive(Clone)]
pub struct IndicatorsService {
    hosts: Hosts,
}

impl IndicatorsService {
    /// For these regions.
    #[must_use]
    pub const fn new(hosts: Hosts) -> Self {
        Self { hosts }
    }

    /// Lists the catalogue.
    ///
    /// # Errors
    /// [`Fault::Invalid`] or [`Fault::NotFound`] for the parent.
    pub fn list(&self, request: &pb::ListIndicatorsRequest) -> Result<pb::ListIndicatorsResponse, Fault> {
        let mut reader = Reader::default();
        let parent = reader.region_name("parent", &request.parent);
        host(&self.hosts, &reader.finish(parent)?)?;
        let indicators = TABLE.iter().enumerate().map(|(place, one)| listed(place, one)).collect();
        Ok(pb::ListIndicatorsResponse { catalogue: CATALOGUE, indicators })
    }
}

#[tonic::async_trait]
impl Indicators for IndicatorsService {
    async fn list_indicators(
        &self,
        request: Request<pb::ListIndicatorsRequest>,
    ) -> Result<Response<pb::ListIndicatorsResponse>, Status> {
        let mut reader = Reader::default();
        let parent = reader.region_name("parent", &request.get_ref().parent);
        Caller::of(request.extensions(), &reader.finish(parent).map_err(Fault::from)?)?;
        Ok(Response::new(self.list(request.get_ref())?))
    }
}

fn listed(place: usize, indicator: &Indicator) -> pb::Indicator {
    let number = place.checked_sub(Counter::COUNT).map_or(place, |computed| FIRST_COMPUTED + computed);
    let span = match indicator.within() {
        None => "any",
        Some(Within::Month) => "month",
        Some(Within::Quarter) => "quarter",
        Some(Within::Year) => "year",
    };
    pb::Indicator {
        id: indicator.id.to_owned(),
        number: u32::try_from(number).unwrap_or(u32::MAX),
        name_zh: indicator.name_zh.to_owned(),
        name_en: indicator.name_en.to_owned(),
        unit: indicator.unit.to_owned(),
        kind: indicator.kind_id().to_owned(),
        span: span.to_owned(),
        formula: indicator.formula(),
        source: indicator.source.to_owned(),
    }
}
