//! A page of records found by their serial, within a sight: the same for every such list.

use changxiao_domain::{scope::Scope, serial::Serial};
use changxiao_proto::{convert::request::Reader, types::v1::Page};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{after, cut, within};
use crate::store::RowFault;

/// How a row becomes a record, and the serial under which it is found.
type Reading<M, T> = (fn(M) -> Result<T, RowFault>, fn(&T) -> Serial);

/// Records of a table in ascending order of their serial, as far as the page goes, and the token of the next one.
pub(crate) async fn records<E: EntityTrait, T>(
    db: &DatabaseConnection,
    asked: Option<&Page>,
    filter: Condition,
    serial: E::Column,
    (from_row, key): Reading<E::Model, T>,
) -> Result<(Vec<T>, String), Fault> {
    let (size, token) = page(asked)?;
    let filter = filter.add_option(after(token)?.map(|after| serial.gt(signed(after.raw()))));
    let rows = E::find().filter(filter).order_by_asc(serial).limit(size + 1).all(db).await?;
    let mut found = rows.into_iter().map(from_row).collect::<Result<Vec<_>, _>>().map_err(DbErr::from)?;
    let token = cut(&mut found, size, |one| key(one).to_string());
    Ok((found, token))
}

/// One record, whoever asks.
pub(crate) async fn record<E, T>(
    db: &DatabaseConnection,
    serial: Serial,
    from_row: fn(E::Model) -> Result<T, RowFault>,
) -> Result<Option<T>, Fault>
where
    E: EntityTrait,
    <E::PrimaryKey as sea_orm::PrimaryKeyTrait>::ValueType: From<i64>,
{
    let row = E::find_by_id(signed(serial.raw())).one(db).await?;
    Ok(row.map(from_row).transpose().map_err(DbErr::from)?)
}

/// Rows that may belong to an enterprise and an industry, within a sight.
pub(crate) fn in_sight<C: ColumnTrait>(scope: Scope, enterprise: C, industry: C) -> Condition {
    within(scope, enterprise, Some(industry))
}

/// What a record is about: the path of a name of this region, or nothing.
pub(crate) fn path(
    reader: &mut Reader,
    field: &'static str,
    name: &str,
    region: Option<&changxiao_domain::region::RegionId>,
) -> Option<String> {
    if name.is_empty() {
        return Some(String::new());
    }
    let prefix = format!("regions/{}/", region?);
    let path = name.strip_prefix(&prefix).filter(|path| path.len() <= 200 && path.contains('/'));
    if path.is_none() {
        reader.wrong(field, format!("must be a name such as `{prefix}hazards/1-204`"));
    }
    path.map(str::to_owned)
}

/// An enterprise of this region, or none.
pub(crate) fn enterprise(
    reader: &mut Reader,
    field: &'static str,
    name: &str,
    region: Option<&changxiao_domain::region::RegionId>,
) -> Option<Option<Serial>> {
    if name.is_empty() { Some(None) } else { reader.serial_within(field, name, super::ENTERPRISE, region).map(Some) }
}

/// An industry category, or none.
pub(crate) fn industry(
    reader: &mut Reader,
    field: &'static str,
    code: &str,
) -> Option<Option<changxiao_domain::industry::IndustryCode>> {
    if code.is_empty() { Some(None) } else { reader.parse(field, code).map(Some) }
}

/// Names of one to twenty persons.
pub(crate) fn persons(reader: &mut Reader, field: &'static str, names: &[String]) -> Option<Vec<String>> {
    if names.is_empty() || names.len() > 20 {
        reader.wrong(field, format!("needs 1 to 20 names, has {}", names.len()));
        return None;
    }
    let read: Vec<_> = names.iter().map(|name| reader.text(field, name, 1, 60)).collect();
    read.into_iter().collect()
}

/// The addressee of a number on the wire.
pub(crate) fn addressee(reader: &mut Reader, number: i32) -> Option<changxiao_domain::follow_up::Addressee> {
    let all = changxiao_domain::follow_up::Addressee::ALL;
    let found = all.into_iter().find(|to| i32::from(super::view::addressee(*to)) == number);
    if found.is_none() {
        reader.wrong("to", format!("{number} is not an addressee"));
    }
    found
}

/// The value of a number that counts from 1 in a list of words; numbers on the wire follow the same order.
pub(crate) fn numbered<T: Copy, const N: usize>(
    reader: &mut Reader,
    field: &'static str,
    number: i32,
    words: &[(T, &'static str); N],
) -> Option<T> {
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let found = place.and_then(|place| words.get(place)).map(|(value, _)| *value);
    if found.is_none() {
        reader.wrong(field, format!("must lie from 1 to {N}, is {number}"));
    }
    found
}

/// Begins to read a new record under a parent: its reader, what the parent's name says, and the rest of the envelope.
macro_rules! begin_new {
    ($wire:ident, region) => {{
        let mut reader = changxiao_proto::convert::request::Reader::default();
        let region = reader.region_name("parent", &$wire.parent);
        let request_id = reader.request_id(&$wire.request_id);
        let envelope = $crate::grpc::Envelope { region: region.clone(), request_id, validate_only: $wire.validate_only };
        (reader, region, envelope)
    }};
    ($wire:ident, $pattern:expr) => {{
        let mut reader = changxiao_proto::convert::request::Reader::default();
        let parent = reader.serial_name("parent", &$wire.parent, $pattern);
        let request_id = reader.request_id(&$wire.request_id);
        let region = parent.clone().map(|(region, _)| region);
        let envelope = $crate::grpc::Envelope { region, request_id, validate_only: $wire.validate_only };
        (reader, parent.map(|(_, serial)| serial), envelope)
    }};
}
pub(crate) use begin_new;

/// The region of a list, with its host and the caller.
macro_rules! ask {
    ($desk:expr, $request:ident) => {{
        let mut reader = changxiao_proto::convert::request::Reader::default();
        let region = reader.region_name("parent", &$request.get_ref().parent);
        let region = reader.finish(region).map_err(changxiao_tier::fault::Fault::from)?;
        let (host, actor) = $desk.admit(&$request, &region)?;
        (region, host, actor)
    }};
}
pub(crate) use ask;

/// One record by its name, with its region, its host and the caller.
macro_rules! one {
    ($desk:expr, $request:ident, $pattern:expr) => {{
        let mut reader = changxiao_proto::convert::request::Reader::default();
        let name = reader.serial_name("name", &$request.get_ref().name, $pattern);
        let (region, serial) = reader.finish(name).map_err(changxiao_tier::fault::Fault::from)?;
        let (host, actor) = $desk.admit(&$request, &region)?;
        (region, serial, host, actor)
    }};
}
pub(crate) use one;
