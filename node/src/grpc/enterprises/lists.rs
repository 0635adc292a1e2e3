//! Lists about enterprises: the catalogue page by page, what happened to one, published name lists.

use changxiao_domain::{
    enterprise::{Enterprise, incoming::Incoming, likeness},
    industry::IndustryCode,
    region::RegionId,
    scope::Scope,
    serial::Serial,
};
use changxiao_proto::{
    convert::{
        request::Reader,
        scalar::{Parts, Wire},
    },
    county::v1 as pb,
    journal::v1 as journal,
};
use changxiao_tier::{
    desk::page,
    fault::Fault,
    journal::{
        entry::Header,
        store::{entry_row, signed, unsigned},
    },
};
use prost::Message as _;
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    grpc::{after, cut, step::state_filter, view, within},
    store::{enterprises, name_lists, transfers},
};

/// A row as a value; a broken row is a fault of ours.
pub(super) fn value(row: enterprises::Model) -> Result<Enterprise, Fault> {
    enterprises::from_row(row).map_err(|fault| Fault::from(DbErr::from(fault)))
}

/// An enterprise within a sight.
pub(super) async fn one(db: &DatabaseConnection, scope: Scope, serial: Serial) -> Result<Option<Enterprise>, Fault> {
    let row = enterprises::Entity::find_by_id(signed(serial.raw())).one(db).await?;
    let found = row.map(value).transpose()?;
    Ok(found.filter(|enterprise| scope.sees(serial, enterprise.data.industry)))
}

pub(super) async fn enterprises(
    db: &DatabaseConnection,
    scope: Scope,
    region: &RegionId,
    request: &pb::ListEnterprisesRequest,
) -> Result<pb::ListEnterprisesResponse, Fault> {
    let mut reader = Reader::default();
    let states = changxiao_domain::enterprise::State::ALL.iter();
    let states = states.map(|state| (view::enterprise_state(*state).into(), state.id()));
    let state = state_filter(&mut reader, request.state, states);
    let state = reader.finish(state)?;
    let (size, token) = page(request.page.as_ref())?;
    let mut filter: Condition = within(scope, enterprises::Column::Serial, Some(enterprises::Column::Industry));
    if let Some(after) = after(token)? {
        filter = filter.add(enterprises::Column::Serial.gt(signed(after.raw())));
    }
    if let Some(state) = state {
        filter = filter.add(enterprises::Column::State.eq(state));
    }
    if request.unfilled {
        filter = filter.add(enterprises::Column::Unfilled.eq(true));
    }
    if request.stale {
        filter = filter.add(enterprises::Column::Stale.eq(true));
    }
    let query = enterprises::Entity::find().filter(filter).order_by_asc(enterprises::Column::Serial).limit(size + 1);
    let mut found = query.all(db).await?.into_iter().map(value).collect::<Result<Vec<_>, _>>()?;
    let next_page_token = cut(&mut found, size, |enterprise| enterprise.serial.to_string());
    let enterprises = found.iter().map(|enterprise| view::enterprise(region, enterprise)).collect();
    Ok(pb::ListEnterprisesResponse { enterprises, next_page_token })
}

pub(super) async fn changes(
    db: &DatabaseConnection,
    serial: Serial,
    request: &pb::ListEnterpriseChangesRequest,
) -> Result<pb::ListEnterpriseChangesResponse, Fault> {
    let (size, token) = page(request.page.as_ref())?;
    let mut query = entry_row::Entity::find()
        .filter(entry_row::Column::Subject.eq(format!("enterprises/{serial}")))
        .order_by_asc(entry_row::Column::Position)
        .limit(size + 1);
    if let Some(token) = token {
        let mut reader = Reader::default();
        let after = reader.parse::<u64>("page.page_token", &token);
        query = query.filter(entry_row::Column::Position.gt(signed(reader.finish(after)?)));
    }
    let mut rows = query.all(db).await?;
    let next_page_token = cut(&mut rows, size, |row| row.position.to_string());
    let changes = rows.iter().map(|row| pb::EnterpriseChange {
        position: unsigned(row.position),
        at_ms: row.effective_ms,
        actor: Header::decode(&row.header).map(|header| header.actor).unwrap_or_default(),
        kind: row.kind.clone(),
        fields: fields(&row.body),
    });
    Ok(pb::ListEnterpriseChangesResponse { changes: changes.collect(), next_page_token })
}

/// Names of the fields that an entry speaks of; personal data are not looked at.
fn fields(body: &[u8]) -> Vec<String> {
    match journal::Event::decode(body).ok().and_then(|event| event.event) {
        Some(journal::event::Event::EnterpriseUpdated(event)) => event.fields,
        Some(journal::event::Event::EnterpriseReturned(event)) => event.reasons.into_iter().map(|one| one.field).collect(),
        _ => Vec::new(),
    }
}

/// Those who are taken, in the order of a name list: by their scores, then by their serials.
pub(super) async fn taken(db: &DatabaseConnection, scope: Scope, industry: Option<IndustryCode>) -> Result<Vec<Serial>, Fault> {
    let filter = within(scope, enterprises::Column::Serial, Some(enterprises::Column::Industry));
    let filter = filter.add_option(industry.map(|industry| enterprises::Column::Industry.eq(industry.to_string())));
    let query = enterprises::Entity::find().filter(filter).order_by_asc(enterprises::Column::Serial);
    let mut all = query.all(db).await?.into_iter().map(value).collect::<Result<Vec<_>, _>>()?;
    all.retain(Enterprise::is_taken);
    all.sort_by_key(|enterprise| std::cmp::Reverse(enterprise.score()));
    Ok(all.iter().map(|enterprise| enterprise.serial).collect())
}

pub(super) async fn name_list(
    db: &DatabaseConnection,
    scope: Scope,
    region: &RegionId,
    serial: Serial,
) -> Result<Option<pb::NameList>, Fault> {
    let Some(row) = name_lists::Entity::find_by_id(signed(serial.raw())).one(db).await? else { return Ok(None) };
    let list = name_lists::from_row(row).map_err(|fault| Fault::from(DbErr::from(fault)))?;
    let keys = list.enterprises.iter().map(|serial| signed(serial.raw()));
    let rows = enterprises::Entity::find().filter(enterprises::Column::Serial.is_in(keys)).all(db).await?;
    let known = rows.into_iter().map(value).collect::<Result<Vec<_>, _>>()?;
    let mut lines = Vec::new();
    for (number, serial) in (1_u32..).zip(&list.enterprises) {
        let Some(enterprise) = known.iter().find(|enterprise| enterprise.serial == *serial) else { continue };
        // Numbers are those of the document; lines outside the caller's sight are not there for them.
        if scope.sees(*serial, enterprise.data.industry) {
            lines.push(pb::NameListLine {
                number,
                enterprise: format!("regions/{region}/enterprises/{serial}"),
                title: enterprise.data.title.clone(),
                industry: enterprise.data.industry.to_string(),
                score: enterprise.score(),
                reason: enterprise.choice_reason.clone(),
            });
        }
    }
    let on = list.on.put(&mut Parts::default());
    Ok(Some(pb::NameList { name: format!("regions/{region}/nameLists/{serial}"), on, title: list.title, lines }))
}

fn offered(row: transfers::Model) -> Result<Incoming, Fault> {
    transfers::from_row(row).map_err(|fault| Fault::from(DbErr::from(fault)))
}

/// Identifiers of an offer; none if there is no such offer.
pub(super) async fn claims(db: &DatabaseConnection, offer: &str) -> Result<Vec<(String, String)>, Fault> {
    let row = transfers::Entity::find_by_id(offer.to_owned()).one(db).await?;
    Ok(row.map(offered).transpose()?.map(|offer| offer.claims).unwrap_or_default())
}

pub(super) async fn transfers(
    db: &DatabaseConnection,
    scope: Scope,
    region: &RegionId,
    request: &pb::ListTransfersRequest,
) -> Result<pb::ListTransfersResponse, Fault> {
    let (size, token) = page(request.page.as_ref())?;
    let mut query = transfers::Entity::find().order_by_asc(transfers::Column::Offer).limit(size + 1);
    if let Some(token) = token {
        query = query.filter(transfers::Column::Offer.gt(token));
    }
    let mut found = query.all(db).await?.into_iter().map(offered).collect::<Result<Vec<_>, _>>()?;
    let next_page_token = cut(&mut found, size, |offer| offer.offer.clone());
    let seen = found.iter().filter(|offer| scope.sees_industry(offer.industry.as_str()));
    Ok(pb::ListTransfersResponse { transfers: seen.map(|offer| view::transfer(region, offer)).collect(), next_page_token })
}

/// Entries of the same township, or of none, that look like this one.
pub(super) async fn duplicates(
    db: &DatabaseConnection,
    scope: Scope,
    region: &RegionId,
    own: &Enterprise,
) -> Result<pb::ListPossibleDuplicatesResponse, Fault> {
    let mut filter = within(scope, enterprises::Column::Serial, Some(enterprises::Column::Industry))
        .add(enterprises::Column::Serial.ne(signed(own.serial.raw())))
        .add(enterprises::Column::MergedInto.is_null())
        .add(enterprises::Column::State.is_not_in(["removed", "moved"]));
    if !own.data.township.is_empty() {
        filter = filter.add(enterprises::Column::Township.is_in([own.data.township.as_str(), ""]));
    }
    let rows = enterprises::Entity::find().filter(filter).order_by_asc(enterprises::Column::Serial).all(db).await?;
    let mut alike = Vec::new();
    for other in rows.into_iter().map(value) {
        let other = other?;
        let likeness = likeness::likeness(&own.data, &other.data);
        if likeness >= likeness::POSSIBLE {
            alike.push(pb::PossibleDuplicate {
                enterprise: format!("regions/{region}/enterprises/{}", other.serial),
                title: other.data.title,
                address: other.data.address,
                likeness,
            });
        }
    }
    alike.sort_by_key(|one| std::cmp::Reverse(one.likeness));
    Ok(pb::ListPossibleDuplicatesResponse { duplicates: alike })
}
