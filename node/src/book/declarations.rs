//! Monthly declarations in the book: each one's own steps, and those that time accepts.

use std::collections::BTreeMap;

use changxiao_domain::{
    clock::Instant,
    declaration::EnterpriseMonth,
    event::{DeclarationsAccepted, Event},
    indicator::Counter as C,
    period::Month,
    serial::Serial,
    stamp::Stamp,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};

use super::{
    CountyBook,
    chapter::{Chapter, Said, earliest},
    count::book,
    known::{Known, Needs},
};
use crate::store::enterprise_months;

/// The chapter.
pub(super) struct Declarations;

impl Chapter for Declarations {
    fn needs_of(event: &Event, needs: &mut Needs) {
        if let Event::DeclarationsAccepted(event) = event {
            needs.enterprise_months.extend(event.enterprises.iter().map(|enterprise| (*enterprise, event.month)));
        } else if let Some((enterprise, month)) = declaration_of(event) {
            needs.enterprises.insert(enterprise);
            needs.enterprise_months.insert((enterprise, month));
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if let Event::DeclarationsAccepted(accepted) = event {
            for enterprise in &accepted.enterprises {
                apply_step(known, (*enterprise, accepted.month), event, stamp);
            }
        } else if let Some(key) = declaration_of(event) {
            apply_step(known, key, event, stamp);
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.enterprise_months.iter().filter_map(|(_, month)| month.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<enterprise_months::Entity>(db, enterprise_months::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let (mut said, mut needs) = (Vec::new(), Needs::default());
        for (month, enterprises) in accepted(db, at).await? {
            needs.enterprise_months.extend(enterprises.iter().map(|enterprise| (*enterprise, month)));
            needs.enterprises.extend(&enterprises);
            said.push((DeclarationsAccepted { month, enterprises }.into(), format!("months/{month}")));
        }
        known.load(db, needs).await?;
        Ok(said)
    }
}

/// What the declaration adds to the figures of its month follows from how it stands: the difference is booked.
fn apply_step(known: &mut Known, key: (Serial, Month), event: &Event, stamp: &Stamp) {
    let Some(before) = known.enterprise_months.get(&key).map(EnterpriseMonth::counted) else { return };
    known.enterprise_months.change(&key, |month| month.apply(event, stamp));
    let Some(after) = known.enterprise_months.get(&key).map(EnterpriseMonth::counted) else { return };
    for (counter, before, after) in [
        (C::DeclarationsExempt, before.exempt, after.exempt),
        (C::DeclarationsOnTime, before.on_time, after.on_time),
        (C::DeclarationsLate, before.late, after.late),
        (C::ZeroReports, before.zero, after.zero),
        (C::DeclarationsProxied, before.by_proxy, after.by_proxy),
    ] {
        match (before, after) {
            (false, true) => book(known, key.0, key.1, counter, 1),
            (true, false) => book(known, key.0, key.1, counter, -1),
            (true, true) | (false, false) => {}
        }
    }
}

/// Enterprise and month of a declaration's own event.
pub(super) fn declaration_of(event: &Event) -> Option<(Serial, Month)> {
    match event {
        Event::DeclarationEdited(event) => Some((event.enterprise, event.month)),
        Event::DeclarationConfirmed(event) => Some((event.enterprise, event.month)),
        Event::DeclarationSigned(event) => Some((event.enterprise, event.month)),
        Event::DeclarationFiled(event) => Some((event.enterprise, event.month)),
        Event::DeclarationAccepted(event) => Some((event.enterprise, event.month)),
        Event::DeclarationReturned(event) => Some((event.enterprise, event.month)),
        Event::DeclarationExempted(event) => Some((event.enterprise, event.month)),
        Event::DeclarationProxied(event) => Some((event.enterprise, event.month)),
        Event::CorrectionAsked(event) => Some((event.enterprise, event.month)),
        Event::CorrectionDecided(event) => Some((event.enterprise, event.month)),
        _ => None,
    }
}

/// Filed declarations to which nobody objected by an instant, by month (MD8).
async fn accepted(db: &impl ConnectionTrait, at: Instant) -> Result<BTreeMap<Month, Vec<Serial>>, DbErr> {
    let rows = enterprise_months::Entity::find()
        .filter(enterprise_months::Column::DueMs.lte(at.ms()))
        .order_by_asc(enterprise_months::Column::Enterprise)
        .all(db)
        .await?;
    let mut accepted: BTreeMap<Month, Vec<Serial>> = BTreeMap::new();
    for row in &rows {
        let value = enterprise_months::from_row(row)?;
        accepted.entry(value.month).or_default().push(value.enterprise);
    }
    Ok(accepted)
}
