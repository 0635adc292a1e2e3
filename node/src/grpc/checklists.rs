//! `county.v1.Checklists`.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    checklist::{self, Checklist, ChecklistId, Draft, Item, MOST_ITEMS, Version},
    enterprise::Enterprise,
    industry::IndustryCode,
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{
    convert::request::{BadName, Name, Reader},
    county::v1::{self as pb, checklists_server::Checklists},
    types::v1::Receipt,
};
use changxiao_tier::{fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use tonic::{Request, Response, Status};

use super::{CHECKLIST, CountyDesk, ENTERPRISE, Envelope, step::Read};
use crate::{
    app::self_inspections as app,
    store::{checklists as store, enterprises},
};

/// Serves checklists.
pub struct ChecklistsService(pub CountyDesk);

fn items(reader: &mut Reader, wire: &[pb::ChecklistItem], least: usize) -> Option<Vec<(String, String)>> {
    if wire.len() < least || wire.len() > MOST_ITEMS {
        reader.wrong("items", format!("must be {least} to {MOST_ITEMS}, are {}", wire.len()));
        return None;
    }
    let read: Vec<_> = wire
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let text = reader.text(&format!("items[{at}].text"), &item.text, 2, 500);
            // The county says what an item rests on; an enterprise may know better than to.
            let clause = reader.text(&format!("items[{at}].clause"), &item.clause, least * 2, 200);
            text.zip(clause)
        })
        .collect();
    read.into_iter().collect()
}

fn read_publish(wire: pb::PublishChecklistRequest) -> Read {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let id = reader.parse::<ChecklistId>("checklist_id", &wire.checklist_id);
    let title = reader.text("title", &wire.title, 2, 200);
    let industries: Vec<_> = wire
        .industries
        .iter()
        .enumerate()
        .map(|(at, code)| reader.parse::<IndustryCode>(&format!("industries[{at}]"), code))
        .collect();
    let source = reader.text("source", &wire.source, 2, 500);
    let items = items(&mut reader, &wire.items, 1);
    let command = (|| {
        let industries = industries.into_iter().collect::<Option<_>>()?;
        Some(app::publish(id?, Draft { title: title?, industries, source: source?, items: items? }))
    })();
    Envelope { region, request_id, validate_only: wire.validate_only }.parsed(reader, command)
}

fn read_adapt(wire: pb::AdaptChecklistRequest) -> Read {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let id = reader.parse::<ChecklistId>("checklist", &wire.checklist);
    let items = items(&mut reader, &wire.items, 0);
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    envelope.parsed(reader, (|| Some(app::adapt(parent?.1, id?, items?)))())
}

fn view_items(items: &[Item]) -> Vec<pb::ChecklistItem> {
    let view = |item: &Item| pb::ChecklistItem { key: item.key.clone(), text: item.text.clone(), clause: item.clause.clone() };
    items.iter().map(view).collect()
}

fn view(region: &RegionId, id: &ChecklistId, version: &Version, own: Option<&Version>) -> pb::Checklist {
    pb::Checklist {
        name: format!("regions/{region}/checklists/{id}"),
        version: version.number,
        title: version.title.clone(),
        industries: version.industries.iter().map(ToString::to_string).collect(),
        source: version.source.clone(),
        items: view_items(&version.items),
        own_items: own.map(|own| view_items(&own.items)).unwrap_or_default(),
        own_items_version: own.map_or(0, |own| own.number),
    }
}

/// Lists that the county or an enterprise has in its table, by name.
async fn held(db: &DatabaseConnection, owner: Option<Serial>) -> Result<BTreeMap<ChecklistId, Checklist>, Fault> {
    let rows = store::Entity::find().filter(store::Column::Owner.eq(store::raw(owner))).all(db).await?;
    let lists = rows.into_iter().map(store::from_row).collect::<Result<Vec<_>, _>>();
    let lists = lists.map_err(|fault| Fault::from(DbErr::from(fault)))?;
    Ok(lists.into_iter().map(|list| (list.id.clone(), list)).collect())
}

impl ChecklistsService {
    /// The enterprise of a request within its region and the caller's sight; none if none is named.
    async fn owner<T>(&self, request: &Request<T>, region: &RegionId, named: &str) -> Result<Option<Enterprise>, Fault> {
        if named.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::default();
        let serial = reader.serial_within("enterprise", named, ENTERPRISE, Some(region));
        let serial = reader.finish(serial)?;
        let (host, actor) = self.0.admit(request, region)?;
        let row = enterprises::Entity::find_by_id(signed(serial.raw())).one(&host.read).await?;
        let owner = row.map(enterprises::from_row).transpose().map_err(|fault| Fault::from(DbErr::from(fault)))?;
        let owner = owner.filter(|owner| actor.sees(serial, owner.data.industry));
        owner.map(Some).ok_or_else(|| Fault::NotFound { what: named.to_owned() })
    }
}

#[tonic::async_trait]
impl Checklists for ChecklistsService {
    async fn list_checklists(
        &self,
        request: Request<pb::ListChecklistsRequest>,
    ) -> Result<Response<pb::ListChecklistsResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let owner = self.owner(&request, &region, &request.get_ref().enterprise).await?;
        let published = held(&host.read, None).await?;
        let own = match &owner {
            Some(owner) => held(&host.read, Some(owner.serial)).await?,
            None => BTreeMap::new(),
        };
        let names: BTreeSet<&ChecklistId> = published.keys().chain(checklist::shipped().iter().map(|list| &list.id)).collect();
        let checklists = names.into_iter().filter_map(|id| {
            let list = checklist::of_county(id, published.get(id))?;
            let version = match &owner {
                Some(owner) => list.meant_for(owner.data.industry).ok()?,
                None => list.newest()?,
            };
            Some(view(&region, id, version, own.get(id).and_then(Checklist::newest)))
        });
        Ok(Response::new(pb::ListChecklistsResponse { checklists: checklists.collect() }))
    }

    async fn get_checklist(&self, request: Request<pb::GetChecklistRequest>) -> Result<Response<pb::Checklist>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let name = reader.read("name", Name::parse(&wanted.name, CHECKLIST));
        let id = name.as_ref().and_then(|name| name.id::<ChecklistId>(0));
        if name.is_some() && id.is_none() {
            reader.wrong("name", BadName { given: wanted.name.chars().take(200).collect(), wanted: CHECKLIST });
        }
        let (name, id) = reader.finish(name.zip(id)).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &name.region)?;
        let owner = self.owner(&request, &name.region, &wanted.enterprise).await?;
        let missing = || Fault::NotFound { what: wanted.name.clone() };
        let list = checklist::of_county(&id, held(&host.read, None).await?.get(&id)).ok_or_else(missing)?;
        let version = if wanted.version == 0 { list.newest() } else { list.version(wanted.version) };
        let own = match &owner {
            Some(owner) => held(&host.read, Some(owner.serial)).await?.remove(&id),
            None => None,
        };
        let own = own.as_ref().and_then(|own| match wanted.own_items_version {
            0 => own.newest(),
            number => own.version(number),
        });
        Ok(Response::new(view(&name.region, &id, version.ok_or_else(missing)?, own)))
    }

    async fn publish_checklist(&self, request: Request<pb::PublishChecklistRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("PublishChecklist", request, read_publish).await
    }

    async fn adapt_checklist(&self, request: Request<pb::AdaptChecklistRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AdaptChecklist", request, read_adapt).await
    }
}
