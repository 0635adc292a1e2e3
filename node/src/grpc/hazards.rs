//! `county.v1.Hazards`.

mod read;

pub(crate) use read::register as read_register;

use changxiao_domain::hazard::State;
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, GetHazardRequest, ListHazardsRequest, ListHazardsResponse, hazards_server::Hazards},
    types::v1::Receipt,
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{CountyDesk, ENTERPRISE, HAZARD, after, cut, step::state_filter, view, within};
use crate::store::hazards;

/// Serves general hazards.
pub struct HazardsService(pub CountyDesk);

#[tonic::async_trait]
impl Hazards for HazardsService {
    async fn register_hazard(&self, request: Request<pb::RegisterHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RegisterHazard", request, read::register).await
    }

    async fn assess_hazard(&self, request: Request<pb::AssessHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AssessHazard", request, read::assess).await
    }

    async fn upgrade_hazard(&self, request: Request<pb::UpgradeHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("UpgradeHazard", request, read::upgrade).await
    }

    async fn fix_on_spot(&self, request: Request<pb::FixOnSpotRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("FixOnSpot", request, read::fix_on_spot).await
    }

    async fn assign_rectification(&self, request: Request<pb::AssignRectificationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AssignRectification", request, read::assign).await
    }

    async fn report_rectification(&self, request: Request<pb::ReportRectificationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReportRectification", request, read::rectify).await
    }

    async fn reinspect_hazard(&self, request: Request<pb::ReinspectHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReinspectHazard", request, read::reinspect).await
    }

    async fn accept_hazard(&self, request: Request<pb::AcceptHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AcceptHazard", request, read::accept).await
    }

    async fn strike_off_hazard(&self, request: Request<pb::StrikeOffHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("StrikeOffHazard", request, read::strike_off).await
    }

    async fn ask_extension(&self, request: Request<pb::AskExtensionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AskExtension", request, read::ask_extension).await
    }

    async fn decide_extension(&self, request: Request<pb::DecideExtensionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideExtension", request, read::decide_extension).await
    }

    async fn ask_voiding(&self, request: Request<pb::AskVoidingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AskVoiding", request, read::ask_voiding).await
    }

    async fn decide_voiding(&self, request: Request<pb::DecideVoidingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideVoiding", request, read::decide_voiding).await
    }

    async fn get_hazard(&self, request: Request<GetHazardRequest>) -> Result<Response<pb::Hazard>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, HAZARD);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let row = hazards::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(hazards::from_row).transpose().map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let found = found.filter(|hazard| actor.sees(hazard.enterprise, hazard.industry));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::hazard(&region, &found)))
    }

    async fn list_hazards(&self, request: Request<ListHazardsRequest>) -> Result<Response<ListHazardsResponse>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wanted.parent);
        let states = State::ALL.iter().map(|state| (view::hazard_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let enterprise = if wanted.enterprise.is_empty() {
            Some(None)
        } else {
            reader.serial_within("enterprise", &wanted.enterprise, ENTERPRISE, region.as_ref()).map(Some)
        };
        let ((region, state), enterprise) = reader.finish(region.zip(state).zip(enterprise)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(wanted.page.as_ref())?;
        let mut filter = within(actor.scope(), hazards::Column::Enterprise, Some(hazards::Column::Industry));
        if let Some(after) = after(token)? {
            filter = filter.add(hazards::Column::Serial.gt(signed(after.raw())));
        }
        if let Some(state) = state {
            filter = filter.add(hazards::Column::State.eq(state));
        }
        if let Some(enterprise) = enterprise {
            filter = filter.add(hazards::Column::Enterprise.eq(signed(enterprise.raw())));
        }
        if wanted.overdue {
            filter = filter.add(hazards::Column::Overdue.eq(true));
        }
        let query = hazards::Entity::find().filter(filter).order_by_asc(hazards::Column::Serial).limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let found = rows.into_iter().map(hazards::from_row).collect::<Result<Vec<_>, _>>();
        let mut found = found.map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let next_page_token = cut(&mut found, size, |hazard| hazard.serial.to_string());
        let hazards = found.iter().map(|hazard| view::hazard(&region, hazard)).collect();
        Ok(Response::new(ListHazardsResponse { hazards, next_page_token }))
    }
}
