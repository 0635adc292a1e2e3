//! Lists of plans, inspections and hints, within sight.

use changxiao_domain::{
    belief::zero_against_findings,
    inspection::{Inspection, Reminder, State, sight::Sight},
};
use changxiao_proto::{
    convert::{
        request::Reader,
        scalar::{Parts, Wire},
    },
    county::v1::{self as pb, Hint, ListHintsResponse, ListInspectionsResponse, ListPlansResponse},
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::ExprTrait,
};
use tonic::{Request, Response, Status};

use super::shown;
use crate::{
    grpc::{CountyDesk, ENTERPRISE, after, cut, step::state_filter, view, within},
    store::{enterprise_months, inspection_plans, inspections},
};

/// The inspections that somebody may know of, as a condition.
fn seen(sight: &Sight) -> Condition {
    let column = Condition::all();
    match sight {
        Sight::Supervisor => column,
        Sight::Assigned(account) => column.add(inspections::Column::Accounts.contains(inspections::word(account))),
        Sight::Told => column.add(inspections::Column::FedBackOn.is_not_null()),
        Sight::Bystander => {
            let before = State::ALL.iter().filter(|state| !state.has_happened()).map(|state| state.id());
            column.add(
                Condition::any().add(inspections::Column::Covert.eq(false)).add(inspections::Column::State.is_not_in(before)),
            )
        }
    }
}

fn values(rows: Vec<inspections::Model>) -> Result<Vec<Inspection>, Fault> {
    let found = rows.into_iter().map(inspections::from_row).collect::<Result<Vec<_>, _>>();
    found.map_err(|fault| Fault::from(DbErr::from(fault)))
}

pub(super) async fn plans(
    desk: &CountyDesk,
    request: &Request<pb::ListPlansRequest>,
) -> Result<Response<ListPlansResponse>, Status> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &request.get_ref().parent);
    let region = reader.finish(region).map_err(Fault::from)?;
    let (host, actor) = desk.admit(request, &region)?;
    let (size, token) = page(request.get_ref().page.as_ref())?;
    let own = actor.scope().industry.map(|own| inspection_plans::Column::Industry.eq(own.to_string()));
    let mut filter = Condition::all().add_option(own);
    if let Some(after) = after(token)? {
        filter = filter.add(inspection_plans::Column::Serial.gt(signed(after.raw())));
    }
    let query = inspection_plans::Entity::find().filter(filter).order_by_asc(inspection_plans::Column::Serial).limit(size + 1);
    let rows = query.all(&host.read).await.map_err(Fault::from)?;
    let found = rows.into_iter().map(inspection_plans::from_row).collect::<Result<Vec<_>, _>>();
    let mut found = found.map_err(|fault| Fault::from(DbErr::from(fault)))?;
    let next_page_token = cut(&mut found, size, |plan| plan.serial.to_string());
    let plans = found.iter().map(|plan| view::inspection_plan(&region, plan, false)).collect();
    Ok(Response::new(ListPlansResponse { plans, next_page_token }))
}

pub(super) async fn inspections(
    desk: &CountyDesk,
    request: &Request<pb::ListInspectionsRequest>,
) -> Result<Response<ListInspectionsResponse>, Status> {
    let wanted = request.get_ref();
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wanted.parent);
    let enterprise = if wanted.enterprise.is_empty() {
        Some(None)
    } else {
        reader.serial_within("enterprise", &wanted.enterprise, ENTERPRISE, region.as_ref()).map(Some)
    };
    let states = State::ALL.iter().map(|state| (view::inspection_state(*state).into(), state.id()));
    let state = state_filter(&mut reader, wanted.state, states);
    let reminder = match u32::try_from(wanted.reminder) {
        Ok(0) => Some(None),
        Ok(number) if Reminder::from_number(number).is_some() => Some(Reminder::from_number(number)),
        _ => {
            reader.wrong("reminder", format!("{} is not a reminder", wanted.reminder));
            None
        }
    };
    let read = (|| Some((region?, enterprise?, state?, reminder?)))();
    let (region, enterprise, state, reminder) = reader.finish(read).map_err(Fault::from)?;
    let (host, actor) = desk.admit(request, &region)?;
    let (size, token) = page(wanted.page.as_ref())?;
    let sight = Sight::of(&actor);
    let mut filter = within(actor.scope(), inspections::Column::Enterprise, Some(inspections::Column::Industry));
    filter = filter
        .add(seen(&sight))
        .add_option(enterprise.map(|serial| inspections::Column::Enterprise.eq(signed(serial.raw()))))
        .add_option(state.map(|state| inspections::Column::State.eq(state)))
        .add_option(reminder.map(|reminder| {
            let bit = inspections::bit(reminder);
            inspections::Column::Reminders.into_expr().bit_and(bit).ne(0)
        }));
    if let Some(after) = after(token)? {
        filter = filter.add(inspections::Column::Serial.gt(signed(after.raw())));
    }
    let query = inspections::Entity::find().filter(filter).order_by_asc(inspections::Column::Serial).limit(size + 1);
    let mut found = values(query.all(&host.read).await.map_err(Fault::from)?)?;
    let next_page_token = cut(&mut found, size, |inspection| inspection.serial.to_string());
    let inspections = found.iter().map(|inspection| shown(&region, inspection, &sight)).collect();
    Ok(Response::new(ListInspectionsResponse { inspections, next_page_token }))
}

/// Months in which an enterprise reported nothing found.
async fn zero_months(db: &DatabaseConnection, enterprise: i64) -> Result<Vec<changxiao_domain::period::Month>, Fault> {
    let query = enterprise_months::Entity::find()
        .filter(enterprise_months::Column::Enterprise.eq(enterprise))
        .filter(enterprise_months::Column::FiledStatement.ne(""))
        .order_by_asc(enterprise_months::Column::Month);
    let mut months = Vec::new();
    for row in query.all(db).await? {
        let month = enterprise_months::from_row(&row).map_err(DbErr::from)?;
        if month.counted().zero {
            months.push(month.month);
        }
    }
    Ok(months)
}

pub(super) async fn hints(
    desk: &CountyDesk,
    request: &Request<pb::ListHintsRequest>,
) -> Result<Response<ListHintsResponse>, Status> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &request.get_ref().parent);
    let region = reader.finish(region).map_err(Fault::from)?;
    let (host, actor) = desk.admit(request, &region)?;
    let (size, token) = page(request.get_ref().page.as_ref())?;
    let found_something =
        Condition::any().add(inspections::Column::HazardsFound.gt(0)).add(inspections::Column::ProblemsFound.gt(0));
    let mut filter = within(actor.scope(), inspections::Column::Enterprise, Some(inspections::Column::Industry));
    filter = filter.add(seen(&Sight::of(&actor))).add(found_something);
    if let Some(after) = after(token)? {
        filter = filter.add(inspections::Column::Serial.gt(signed(after.raw())));
    }
    let query = inspections::Entity::find().filter(filter).order_by_asc(inspections::Column::Serial).limit(size + 1);
    let mut found = values(query.all(&host.read).await.map_err(Fault::from)?)?;
    // A page may hold less than its size: not every inspection that found something contradicts a report.
    let next_page_token = cut(&mut found, size, |inspection| inspection.serial.to_string());
    let mut hints = Vec::new();
    for inspection in &found {
        let months = zero_months(&host.read, signed(inspection.enterprise.raw())).await?;
        let Some(hint) = zero_against_findings(inspection, &months) else { continue };
        hints.push(Hint {
            enterprise: format!("regions/{region}/enterprises/{}", inspection.enterprise),
            inspection: format!("regions/{region}/inspections/{}", inspection.serial),
            months: hint.months.iter().filter_map(|month| month.put(&mut Parts::default())).collect(),
            findings: u32::try_from(hint.findings).unwrap_or(u32::MAX),
            text_zh: hint.zh(),
            text_en: hint.en(),
        });
    }
    Ok(Response::new(ListHintsResponse { hints, next_page_token }))
}
