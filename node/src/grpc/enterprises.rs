//! `county.v1.Enterprises`.

use changxiao_domain::{
    enterprise::{EnterpriseData, Identity},
    industry::IndustryCode,
    personal::Personal,
};
use changxiao_proto::{
    convert::request::{Invalid, Reader},
    county::v1::{
        self as pb, GetEnterpriseRequest, ListEnterprisesRequest, ListEnterprisesResponse, ProposeEnterpriseRequest,
        RequestAdmissionRequest, enterprises_server::Enterprises,
    },
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Parsed, page},
    fault::Fault,
    journal::store::signed,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{CountyDesk, ENTERPRISE, Envelope, after, cut, step::state_filter, target, view, within};
use crate::{app::enterprises as app, book::CountyBook, store::enterprises};

/// Serves enterprises.
pub struct EnterprisesService(pub CountyDesk);

fn identity(reader: &mut Reader, wire: &pb::Enterprise) -> Option<Identity> {
    let (unified, registered) = (!wire.credit_code.is_empty(), !wire.registration_number.is_empty());
    match (unified, registered, wire.no_identifier_reason.is_empty()) {
        (true, false, true) => reader.parse("enterprise.credit_code", &wire.credit_code).map(Identity::Unified),
        (false, true, true) => {
            let number = reader.parse("enterprise.registration_number", &wire.registration_number);
            let organisation = reader.parse("enterprise.organisation_code", &wire.organisation_code);
            number.zip(organisation).map(|(number, organisation)| Identity::Registered(number, organisation))
        }
        (false, false, false) => {
            reader.text("enterprise.no_identifier_reason", &wire.no_identifier_reason, 2, 200).map(Identity::None)
        }
        _ => {
            reader.wrong(
                "enterprise.credit_code",
                "give exactly one: a credit code; a registration number with organisation code; or the reason why there is none",
            );
            None
        }
    }
}

pub(crate) fn read_propose(wire: ProposeEnterpriseRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let envelope = Envelope {
        region: reader.region_name("parent", &wire.parent),
        request_id: reader.request_id(&wire.request_id),
        validate_only: wire.validate_only,
    };
    let given = wire.enterprise.unwrap_or_default();
    let title = reader.text("enterprise.title", &given.title, 2, 120);
    let address = reader.text("enterprise.address", &given.address, 2, 200);
    let township_fits = given.township.len() == 9 && given.township.bytes().all(|b| b.is_ascii_digit());
    if !given.township.is_empty() && !township_fits {
        reader.wrong("enterprise.township", "must be nine digits, or empty if unknown");
    }
    let industry = reader.parse::<IndustryCode>("enterprise.industry", &given.industry);
    let identity = identity(&mut reader, &given);
    let legal = reader.text("enterprise.legal_representative", &given.legal_representative, 1, 60);
    let data =
        title.zip(address).zip(industry).zip(identity).zip(legal).map(|((((title, address), industry), identity), legal)| {
            EnterpriseData {
                title,
                address,
                township: given.township.clone(),
                industry,
                identity,
                legal_representative: Personal::Known(legal),
                synthetic: given.synthetic,
            }
        });
    envelope.parsed(reader, data.map(app::propose))
}

fn read_admission(wire: RequestAdmissionRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, ENTERPRISE);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    envelope.parsed(reader, target.map(app::request_admission))
}

#[tonic::async_trait]
impl Enterprises for EnterprisesService {
    async fn propose_enterprise(&self, request: Request<ProposeEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ProposeEnterprise", request, read_propose).await
    }

    async fn request_admission(&self, request: Request<RequestAdmissionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RequestAdmission", request, read_admission).await
    }

    async fn get_enterprise(&self, request: Request<GetEnterpriseRequest>) -> Result<Response<pb::Enterprise>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, ENTERPRISE);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let row = enterprises::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(enterprises::from_row).transpose().map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let found = found.filter(|enterprise| actor.sees(serial, enterprise.data.industry));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::enterprise(&region, &found)))
    }

    async fn list_enterprises(
        &self,
        request: Request<ListEnterprisesRequest>,
    ) -> Result<Response<ListEnterprisesResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let states = enterprises::STATES.iter().map(|(state, word)| (view::enterprise_state(*state).into(), *word));
        let state = state_filter(&mut reader, request.get_ref().state, states);
        let (region, state) = reader.finish(region.zip(state)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(request.get_ref().page.as_ref())?;
        let mut filter: Condition = within(actor.scope(), enterprises::Column::Serial, Some(enterprises::Column::Industry));
        if let Some(after) = after(token)? {
            filter = filter.add(enterprises::Column::Serial.gt(signed(after.raw())));
        }
        if let Some(state) = state {
            filter = filter.add(enterprises::Column::State.eq(state));
        }
        let query = enterprises::Entity::find().filter(filter).order_by_asc(enterprises::Column::Serial).limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let found = rows.into_iter().map(enterprises::from_row).collect::<Result<Vec<_>, _>>();
        let mut found = found.map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let next_page_token = cut(&mut found, size, |enterprise| enterprise.serial.to_string());
        let enterprises = found.iter().map(|enterprise| view::enterprise(&region, enterprise)).collect();
        Ok(Response::new(ListEnterprisesResponse { enterprises, next_page_token }))
    }
}
