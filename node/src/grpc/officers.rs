//! `county.v1.Officers`.

use changxiao_domain::{
    actor::AccountId,
    industry::IndustryCode,
    officer::{Kind, Registration},
};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, ListOfficersRequest, ListOfficersResponse, officers_server::Officers},
    types::v1::Receipt,
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{
    CountyDesk, Envelope, OFFICER, after, cut, optional,
    step::{Read, begin, one_text},
    view,
};
use crate::{app::officers as app, store::officers};

/// Serves the register of officers.
pub struct OfficersService(pub CountyDesk);

/// A text without a line break.
pub(super) fn line(reader: &mut Reader, field: &'static str, given: &str, most: usize) -> Option<String> {
    let text = reader.text(field, given, 1, most)?;
    if text.contains(['\n', '\t']) {
        reader.wrong(field, "must stand in one line");
        return None;
    }
    Some(text)
}

fn read_register(wire: pb::RegisterOfficerRequest) -> Read {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let kind = u32::try_from(wire.kind).ok().and_then(Kind::from_number);
    if kind.is_none() {
        reader.wrong("kind", "must be an officer or an expert");
    }
    let certificate = line(&mut reader, "certificate", &wire.certificate, 60);
    let name = reader.text("title", &wire.title, 1, 60);
    let body = line(&mut reader, "body", &wire.body, 100);
    let industry = optional::<IndustryCode>(&mut reader, "industry", &wire.industry);
    let account = optional::<AccountId>(&mut reader, "account", &wire.account);
    let from = reader.date("valid_from", wire.valid_from);
    let until = reader.date("valid_until", wire.valid_until);
    let entry = (|| {
        Some(Registration {
            kind: kind?,
            certificate: certificate?,
            name: name?,
            body: body?,
            industry: industry?,
            account: account?,
            valid_from: from?,
            valid_until: until?,
        })
    })();
    Envelope { region, request_id, validate_only: wire.validate_only }.parsed(reader, entry.map(app::register))
}

fn read_renew(wire: pb::RenewOfficerRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, OFFICER);
    let from = reader.date("valid_from", wire.valid_from);
    let until = reader.date("valid_until", wire.valid_until);
    envelope.parsed(reader, (|| Some(app::renew(target?, from?, until?)))())
}

fn read_withdraw(wire: pb::WithdrawOfficerRequest) -> Read {
    one_text(begin!(wire, OFFICER), "reason", &wire.reason, (2, 500), app::withdraw)
}

#[tonic::async_trait]
impl Officers for OfficersService {
    async fn register_officer(&self, request: Request<pb::RegisterOfficerRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RegisterOfficer", request, read_register).await
    }

    async fn renew_officer(&self, request: Request<pb::RenewOfficerRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RenewOfficer", request, read_renew).await
    }

    async fn withdraw_officer(&self, request: Request<pb::WithdrawOfficerRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("WithdrawOfficer", request, read_withdraw).await
    }

    async fn list_officers(&self, request: Request<ListOfficersRequest>) -> Result<Response<ListOfficersResponse>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wanted.parent);
        let valid_on = reader.optional_date("valid_on", wanted.valid_on);
        let (region, valid_on) = reader.finish(region.zip(valid_on)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(wanted.page.as_ref())?;
        // A department sees those of its industry and those of none.
        let mut filter = Condition::all().add_option(actor.scope().industry.map(|own| {
            Condition::any().add(officers::Column::Industry.is_null()).add(officers::Column::Industry.eq(own.to_string()))
        }));
        if let Some(after) = after(token)? {
            filter = filter.add(officers::Column::Serial.gt(signed(after.raw())));
        }
        if let Some(on) = valid_on {
            // Dates are stored as ISO texts of equal length, so texts compare as days do.
            filter = filter
                .add(officers::Column::Withdrawn.eq(""))
                .add(officers::Column::ValidFrom.lte(on.to_string()))
                .add(officers::Column::ValidUntil.gte(on.to_string()));
        }
        let query = officers::Entity::find().filter(filter).order_by_asc(officers::Column::Serial).limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let found = rows.into_iter().map(officers::from_row).collect::<Result<Vec<_>, _>>();
        let mut found = found.map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let next_page_token = cut(&mut found, size, |officer| officer.serial.to_string());
        let now = host.place.clock.now();
        let officers = found.iter().map(|officer| view::officer(&region, officer, now)).collect();
        Ok(Response::new(ListOfficersResponse { officers, next_page_token }))
    }
}
