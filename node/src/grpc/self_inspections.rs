//! `county.v1.SelfInspections`.

mod read;

pub(crate) use read::record as read_record;

use changxiao_domain::{
    region::RegionId,
    self_inspection::{InspectionId, State},
    serial::Serial,
};
use changxiao_proto::{
    convert::request::{BadName, Name, Reader},
    county::v1::{self as pb, self_inspections_server::SelfInspections},
    types::v1::Receipt,
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{CountyDesk, ENTERPRISE, SELF_INSPECTION, cut, step::state_filter, view, within};
use crate::store::{enterprises, self_inspections as store};

/// Serves self-inspections.
pub struct SelfInspectionsService(pub CountyDesk);

/// Region, enterprise and name of an inspection.
fn inspection_name(reader: &mut Reader, field: &str, given: &str) -> Option<(RegionId, Serial, InspectionId)> {
    let name = reader.read(field, Name::parse(given, SELF_INSPECTION))?;
    match (name.id::<Serial>(0), name.id::<InspectionId>(1)) {
        (Some(enterprise), Some(id)) => Some((name.region, enterprise, id)),
        _ => {
            reader.wrong(field, BadName { given: given.chars().take(200).collect(), wanted: SELF_INSPECTION });
            None
        }
    }
}

/// Whose inspections are listed: one enterprise's, or those of all.
fn whose(reader: &mut Reader, given: &str) -> Option<(RegionId, Option<Serial>)> {
    let all = Name::parse(given, ENTERPRISE).ok().filter(|name| name.path.first().is_some_and(|(_, id)| id == "-"));
    match all {
        Some(name) => Some((name.region, None)),
        None => reader.serial_name("parent", given, ENTERPRISE).map(|(region, serial)| (region, Some(serial))),
    }
}

/// A page token that is enterprise and name.
fn after(token: Option<String>) -> Result<Option<(Serial, InspectionId)>, Fault> {
    let Some(token) = token else { return Ok(None) };
    let mut reader = Reader::default();
    let (enterprise, id) = token.split_once('/').unwrap_or_default();
    let read = reader.parse::<Serial>("page.page_token", enterprise).zip(reader.parse::<InspectionId>("page.page_token", id));
    Ok(reader.finish(read.map(Some))?)
}

#[tonic::async_trait]
impl SelfInspections for SelfInspectionsService {
    async fn record_self_inspection(
        &self,
        request: Request<pb::RecordSelfInspectionRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordSelfInspection", request, read::record).await
    }

    async fn plan_self_inspection(&self, request: Request<pb::PlanSelfInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("PlanSelfInspection", request, read::plan).await
    }

    async fn start_self_inspection(&self, request: Request<pb::StartSelfInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("StartSelfInspection", request, read::start).await
    }

    async fn finish_self_inspection(
        &self,
        request: Request<pb::FinishSelfInspectionRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("FinishSelfInspection", request, read::finish).await
    }

    async fn sign_self_inspection(&self, request: Request<pb::SignSelfInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("SignSelfInspection", request, read::sign).await
    }

    async fn make_up_self_inspection(
        &self,
        request: Request<pb::MakeUpSelfInspectionRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("MakeUpSelfInspection", request, read::make_up).await
    }

    async fn cancel_self_inspection(
        &self,
        request: Request<pb::CancelSelfInspectionRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("CancelSelfInspection", request, read::cancel).await
    }

    async fn get_self_inspection(
        &self,
        request: Request<pb::GetSelfInspectionRequest>,
    ) -> Result<Response<pb::SelfInspection>, Status> {
        let mut reader = Reader::default();
        let name = inspection_name(&mut reader, "name", &request.get_ref().name);
        let (region, enterprise, id) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let key = (signed(enterprise.raw()), id.to_string());
        let row = store::Entity::find_by_id(key).one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(store::from_row).transpose().map_err(|fault| Fault::from(DbErr::from(fault)))?;
        let found = found.filter(|inspection| actor.sees(inspection.enterprise, inspection.industry));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::self_inspection(&region, &found)))
    }

    async fn list_self_inspections(
        &self,
        request: Request<pb::ListSelfInspectionsRequest>,
    ) -> Result<Response<pb::ListSelfInspectionsResponse>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let parent = whose(&mut reader, &wanted.parent);
        let states = State::ALL.iter().map(|state| (view::self_inspection_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let ((region, enterprise), state) = reader.finish(parent.zip(state)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(wanted.page.as_ref())?;
        if let Some(serial) = enterprise {
            let row = enterprises::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
            let owner = row.map(enterprises::from_row).transpose().map_err(|fault| Fault::from(DbErr::from(fault)))?;
            if !owner.is_some_and(|owner| actor.sees(serial, owner.data.industry)) {
                return Err(Fault::NotFound { what: wanted.parent.clone() }.into());
            }
        }
        let mut filter = within(actor.scope(), store::Column::Enterprise, Some(store::Column::Industry))
            .add_option(enterprise.map(|serial| store::Column::Enterprise.eq(signed(serial.raw()))))
            .add_option(state.map(|state| store::Column::State.eq(state)));
        if let Some((enterprise, id)) = after(token)? {
            let enterprise = signed(enterprise.raw());
            let same =
                Condition::all().add(store::Column::Enterprise.eq(enterprise)).add(store::Column::Inspection.gt(id.as_str()));
            filter = filter.add(Condition::any().add(store::Column::Enterprise.gt(enterprise)).add(same));
        }
        let query = store::Entity::find()
            .filter(filter)
            .order_by_asc(store::Column::Enterprise)
            .order_by_asc(store::Column::Inspection)
            .limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let found = rows.into_iter().map(store::from_row).collect::<Result<Vec<_>, _>>();
        let mut found = found.map_err(|fault| Fault::from(DbErr::from(fault)))?;
        let next_page_token = cut(&mut found, size, |inspection| format!("{}/{}", inspection.enterprise, inspection.id));
        let self_inspections = found.iter().map(|inspection| view::self_inspection(&region, inspection)).collect();
        Ok(Response::new(pb::ListSelfInspectionsResponse { self_inspections, next_page_token }))
    }
}
