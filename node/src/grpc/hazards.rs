//! `county.v1.Hazards`.

use changxiao_domain::{
    hazard::{Find, State},
    hazard_category::HazardCategory,
};
use changxiao_proto::{
    convert::request::{Invalid, Reader},
    county::v1::{
        self as pb, AcceptHazardRequest, AssignRectificationRequest, GetHazardRequest, ListHazardsRequest, ListHazardsResponse,
        RegisterHazardRequest, ReinspectHazardRequest, ReportRectificationRequest, StrikeOffHazardRequest,
        hazards_server::Hazards,
    },
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Parsed, page},
    fault::Fault,
    journal::store::signed,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{CountyDesk, ENTERPRISE, Envelope, HAZARD, after, cut, target, view, within};
use crate::{app::hazards as app, book::CountyBook, store::hazards};

/// Serves general hazards.
pub struct HazardsService(pub CountyDesk);

fn read_register(wire: RegisterHazardRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let found_on = reader.date("found_on", wire.found_on);
    let category = reader.parse::<HazardCategory>("category", &wire.category);
    let place = reader.text("place", &wire.place, 1, 200);
    let description = reader.text("description", &wire.description, 10, 2_000);
    let source = match u8::try_from(wire.source) {
        Ok(source @ 1..=8) => Some(source),
        _ => {
            reader.wrong("source", format!("must lie from 1 to 8, is {}", wire.source));
            None
        }
    };
    let finder = reader.text("finder", &wire.finder, 1, 60);
    let find = found_on.zip(category).zip(place).zip(description).zip(source).zip(finder).map(
        |(((((found_on, category), place), description), source), finder)| Find {
            found_on,
            category,
            place,
            description,
            source,
            finder,
        },
    );
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    envelope.parsed(reader, parent.zip(find).map(|((_, enterprise), find)| app::register(enterprise, find)))
}

fn read_assign(wire: AssignRectificationRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, HAZARD);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let responsible = reader.text("responsible", &wire.responsible, 1, 60);
    let measure = reader.text("measure", &wire.measure, 2, 2_000);
    let deadline = reader.date("deadline", wire.deadline);
    let command = target.zip(responsible).zip(measure).zip(deadline);
    let command = command.map(|(((target, responsible), measure), deadline)| app::assign(target, responsible, measure, deadline));
    envelope.parsed(reader, command)
}

fn read_rectify(wire: ReportRectificationRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, HAZARD);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let result = reader.text("result", &wire.result, 2, 2_000);
    envelope.parsed(reader, target.zip(result).map(|(target, result)| app::rectify(target, result)))
}

fn read_reinspect(wire: ReinspectHazardRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, HAZARD);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let reason = reader.text("reason", &wire.reason, 0, 2_000);
    let new_deadline = reader.optional_date("new_deadline", wire.new_deadline);
    let command = target.zip(reason).zip(new_deadline);
    let command = command.map(|((target, reason), deadline)| app::reinspect(target, wire.passed, reason, deadline));
    envelope.parsed(reader, command)
}

fn read_accept(wire: AcceptHazardRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, HAZARD);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    envelope.parsed(reader, target.map(app::accept))
}

fn read_strike_off(wire: StrikeOffHazardRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, HAZARD);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    envelope.parsed(reader, target.map(app::strike_off))
}

/// The stored word of a state to filter by; the outer `None` means that it is wrong.
fn state_filter(reader: &mut Reader, number: i32) -> Option<Option<&'static str>> {
    if number == 0 {
        return Some(None);
    }
    let found = hazards::STATES.iter().find(|(state, _): &&(State, _)| i32::from(view::hazard_state(*state)) == number);
    if found.is_none() {
        reader.wrong("state", format!("{number} is not a state"));
    }
    found.map(|(_, word)| Some(*word))
}

#[tonic::async_trait]
impl Hazards for HazardsService {
    async fn register_hazard(&self, request: Request<RegisterHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RegisterHazard", request, read_register).await
    }

    async fn assign_rectification(&self, request: Request<AssignRectificationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AssignRectification", request, read_assign).await
    }

    async fn report_rectification(&self, request: Request<ReportRectificationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReportRectification", request, read_rectify).await
    }

    async fn reinspect_hazard(&self, request: Request<ReinspectHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReinspectHazard", request, read_reinspect).await
    }

    async fn accept_hazard(&self, request: Request<AcceptHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AcceptHazard", request, read_accept).await
    }

    async fn strike_off_hazard(&self, request: Request<StrikeOffHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("StrikeOffHazard", request, read_strike_off).await
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
        let state = state_filter(&mut reader, wanted.state);
        let enterprise = if wanted.enterprise.is_empty() {
            Some(None)
        } else {
            reader.serial_name("enterprise", &wanted.enterprise, ENTERPRISE).map(|(_, serial)| Some(serial))
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
