//! Self-inspections in the book: windows that open and end, each inspection's own steps, and what they count for.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    clock::Instant,
    enterprise::Enterprise,
    event::{Event, InspectionRound, SelfInspectionsFellDue, SelfInspectionsMissed},
    indicator::Counter as C,
    period::Month,
    rule_table::{self, TableKind, Versions},
    self_inspection::{Counted, InspectionId, SelfInspection, round_id},
    serial::Serial,
    stamp::Stamp,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{
    CountyBook,
    chapter::{Chapter, Said, earliest},
    count::count,
    known::{Known, Needs},
};
use crate::store::{clocks, enterprise_months, enterprises, rule_tables, self_inspections as store, serial};

/// The chapter.
pub(super) struct SelfInspections;

impl Chapter for SelfInspections {
    fn needs_of(event: &Event, needs: &mut Needs) {
        match event {
            Event::SelfInspectionsFellDue(event) => {
                needs.enterprises.extend(event.rounds.iter().flat_map(|round| &round.enterprises));
            }
            Event::SelfInspectionsMissed(event) => needs.self_inspections.extend(event.rounds.iter().flat_map(keys)),
            other => {
                let Some((enterprise, id, on)) = inspection_of(other) else { return };
                needs.enterprises.insert(enterprise);
                needs.self_inspections.extend(id.map(|id| (enterprise, id)));
                if let Some(on) = on {
                    needs.enterprise_months.insert((enterprise, Month::of(on)));
                    needs.inspected.insert((enterprise, on.year()));
                }
            }
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        match event {
            Event::SelfInspectionsFellDue(fallen) => {
                for round in &fallen.rounds {
                    for enterprise in &round.enterprises {
                        let Some(industry) = known.enterprises.get(enterprise).map(|owner| owner.data.industry) else { continue };
                        let task = SelfInspection::fallen_due(round, fallen.table, *enterprise, industry, stamp);
                        settle(known, Counted::default(), &task);
                        known.self_inspections.put((*enterprise, task.id.clone()), task);
                    }
                }
                known.clocks.put(clocks::INSPECTIONS, stamp.at);
            }
            Event::SelfInspectionsMissed(missed) => {
                for key in missed.rounds.iter().flat_map(keys) {
                    step(known, &key, event, stamp);
                }
            }
            Event::SelfInspectionRecorded(recorded) if recorded.task.is_none() => {
                let Some(industry) = known.enterprises.get(&recorded.enterprise).map(|owner| owner.data.industry) else { return };
                let value = SelfInspection::unasked(recorded, industry, stamp);
                let key = (value.enterprise, value.id.clone());
                known.self_inspections.put(key.clone(), value);
                step(known, &key, event, stamp);
            }
            other => {
                if let Some((enterprise, Some(id), _)) = inspection_of(other) {
                    step(known, &(enterprise, id), event, stamp);
                }
            }
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.self_inspections.iter().filter_map(|(_, inspection)| inspection.due()).min()
    }

    async fn due(book: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        let ends = earliest::<store::Entity>(db, store::Column::DueMs, after).await?;
        let (opens, _) = next_opening(book, db).await?;
        Ok(ends.into_iter().chain(opens).min())
    }

    async fn passed(book: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let mut said: Vec<Said> = Vec::new();
        let rounds = missed(db, at).await?;
        if !rounds.is_empty() {
            said.push((SelfInspectionsMissed { rounds }.into(), format!("inspections/{}", at.date())));
        }
        let (opens, versions) = next_opening(book, db).await?;
        if opens.is_some_and(|opens| opens <= at) {
            let event = fall_due(db, &versions, opens.unwrap_or(at)).await?;
            said.push((event.into(), format!("inspections/{}", at.date())));
        }
        let mut needs = Needs::default();
        for (event, _) in &said {
            Self::needs_of(event, &mut needs);
        }
        known.load(db, needs).await?;
        Ok(said)
    }
}

/// Keys of the inspections of a round.
fn keys(round: &InspectionRound) -> impl Iterator<Item = (Serial, InspectionId)> + '_ {
    let id = InspectionId::of_task(&round.rule, round.opens);
    round.enterprises.iter().map(move |enterprise| (*enterprise, id.clone()))
}

/// Enterprise, name and day of an inspection's own event; no name for one that no rule asked for.
fn inspection_of(event: &Event) -> Option<(Serial, Option<InspectionId>, Option<changxiao_domain::clock::Date>)> {
    match event {
        Event::SelfInspectionRecorded(event) => Some((event.enterprise, event.task.clone(), Some(event.on))),
        Event::SelfInspectionPlanned(event) => Some((event.enterprise, Some(event.inspection.clone()), Some(event.on))),
        Event::SelfInspectionStarted(event) => Some((event.enterprise, Some(event.inspection.clone()), Some(event.on))),
        Event::SelfInspectionMadeUp(event) => Some((event.enterprise, Some(event.inspection.clone()), Some(event.on))),
        Event::SelfInspectionFinished(event) => Some((event.enterprise, Some(event.inspection.clone()), None)),
        Event::SelfInspectionSigned(event) => Some((event.enterprise, Some(event.inspection.clone()), None)),
        Event::SelfInspectionCancelled(event) => Some((event.enterprise, Some(event.inspection.clone()), None)),
        _ => None,
    }
}

/// Lets an event take effect on an inspection; what it adds to the figures follows from how it stands.
fn step(known: &mut Known, key: &(Serial, InspectionId), event: &Event, stamp: &Stamp) {
    let Some(before) = known.self_inspections.get(key).map(SelfInspection::counted) else { return };
    known.self_inspections.change(key, |inspection| inspection.apply(event, stamp));
    let Some(after) = known.self_inspections.get(key).cloned() else { return };
    settle(known, before, &after);
}

/// Books the difference. What a task counts, it counts in the month of its window's last day, so that no rate exceeds 100 %.
fn settle(known: &mut Known, before: Counted, inspection: &SelfInspection) {
    let after = inspection.counted();
    if let Some(month) = inspection.due_month() {
        for (counter, before, after) in [
            (C::SelfInspectionsDue, before.due, after.due),
            (C::SelfInspectionsDone, before.done, after.done),
            (C::SelfInspectionsMissed, before.missed, after.missed),
            (C::SelfInspectionsMadeUp, before.late, after.late),
            (C::SelfInspectionsCancelled, before.cancelled, after.cancelled),
            (C::SelfInspectionsSignedInTime, before.signed_in_time, after.signed_in_time),
        ] {
            let change = i64::from(after) - i64::from(before);
            if change != 0 {
                known.bookings.book(month, inspection.industry, counter, change);
            }
        }
    }
    if let Some(on) = inspection.on.filter(|_| after.signed && !before.signed) {
        let month = Month::of(on);
        count(known, inspection.enterprise, month, |counts| counts.self_inspections += 1);
        known.bookings.book(month, inspection.industry, C::SelfInspections, 1);
        let key = (inspection.enterprise, month.year());
        let held = known.inspected.get(&key).copied().unwrap_or_default();
        let now = known.bookings.book_first_inspection(held, month, inspection.industry);
        if now != held {
            known.inspected.put(key, now);
        }
    }
}

/// The next instant at which a window opens, with the table that says so.
async fn next_opening(book: &CountyBook, db: &impl ConnectionTrait) -> Result<(Option<Instant>, Versions), DbErr> {
    let spoken = clocks::Entity::find_by_id(clocks::INSPECTIONS).one(db).await?;
    let since = spoken.map_or(book.since, |row| Instant::from_ms(row.at_ms));
    let versions = rule_tables::read(db, TableKind::Frequencies).await?;
    Ok((versions.next_opening(since), versions))
}

/// The windows that open at an instant, with the enterprises that they concern: in the catalogue and producing, their industry rolled out, not
/// exempt for the month of the window.
async fn fall_due(db: &impl ConnectionTrait, versions: &Versions, opens: Instant) -> Result<SelfInspectionsFellDue, DbErr> {
    let rollouts = rule_tables::read(db, TableKind::Rollouts).await?;
    let rollouts = rule_table::rollout_dates(&rollouts, opens.date());
    let rows = enterprises::Entity::find()
        .filter(enterprises::Column::State.eq("approved"))
        .order_by_asc(enterprises::Column::Serial)
        .all(db)
        .await?;
    let held = rows.into_iter().map(enterprises::from_row).collect::<Result<Vec<Enterprise>, _>>()?;
    let exempt = exempt(db, Month::of(opens.date())).await?;
    let (table, rules) = versions.opening_at(opens);
    let mut rounds = Vec::new();
    for (rule, window) in rules {
        let concerned = held.iter().filter(|enterprise| {
            let industry = enterprise.data.industry;
            let rollout = rollouts.get(&industry).copied().unwrap_or(industry.industry().rollout);
            industry.industry().frequency == rule.category
                && enterprise.inspects(opens, rollout)
                && !exempt.contains(&enterprise.serial)
        });
        let enterprises: Vec<Serial> = concerned.map(|enterprise| enterprise.serial).collect();
        let round = InspectionRound { rule: rule.id, opens: window.opens, ends: window.ends, counts: rule.counts, enterprises };
        if !round.enterprises.is_empty() && round_id(&round).is_ok() {
            rounds.push(round);
        }
    }
    Ok(SelfInspectionsFellDue { table, rounds })
}

/// Enterprises let off for a month.
async fn exempt(db: &impl ConnectionTrait, month: Month) -> Result<BTreeSet<Serial>, DbErr> {
    let raw: Vec<i64> = enterprise_months::Entity::find()
        .select_only()
        .column(enterprise_months::Column::Enterprise)
        .filter(enterprise_months::Column::Month.eq(month.to_string()))
        .filter(enterprise_months::Column::State.eq("exempt"))
        .into_tuple()
        .all(db)
        .await?;
    Ok(raw.into_iter().map(|raw| serial("enterprise_months", "enterprise", raw)).collect::<Result<_, _>>()?)
}

/// Inspections whose window ended by an instant, by rule and window.
async fn missed(db: &impl ConnectionTrait, at: Instant) -> Result<Vec<InspectionRound>, DbErr> {
    let rows = store::Entity::find()
        .filter(store::Column::DueMs.lte(at.ms()))
        .order_by_asc(store::Column::Inspection)
        .order_by_asc(store::Column::Enterprise)
        .all(db)
        .await?;
    let mut rounds: BTreeMap<InspectionId, InspectionRound> = BTreeMap::new();
    for row in rows {
        let inspection = store::from_row(row)?;
        let Some(task) = inspection.task.as_ref().filter(|_| inspection.falls_missed(at)) else { continue };
        let round = rounds.entry(inspection.id.clone()).or_insert_with(|| InspectionRound {
            rule: task.rule.clone(),
            opens: task.window.opens,
            ends: task.window.ends,
            counts: inspection.counts,
            enterprises: Vec::new(),
        });
        round.enterprises.push(inspection.enterprise);
    }
    Ok(rounds.into_values().collect())
}
