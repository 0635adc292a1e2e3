//! Months of the county in the book: frozen, overdue, closed, lapsed.

use changxiao_domain::{
    clock::Instant,
    county_month::{self, CountyMonth, Step},
    declaration::{EnterpriseMonth, State},
    event::{DeclarationsMissing, DeclarationsOverdue, DeclarationsReminded, Event, MonthClosed, MonthFrozen},
    indicator::Counter as C,
    period::Month,
    rule_table::{self, TableKind},
    serial::Serial,
    stamp::Stamp,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{
    CountyBook,
    chapter::{Chapter, Said},
    count::book,
    known::{Known, Needs},
};
use crate::store::{county_months, enterprise_months, enterprises, rule_tables, serial};

/// The chapter.
pub(super) struct Months;

impl Chapter for Months {
    fn needs_of(event: &Event, needs: &mut Needs) {
        let (month, enterprises): (Month, &[Serial]) = match event {
            Event::MonthFrozen(event) => {
                needs.enterprises.extend(&event.owing);
                (event.month, &event.owing)
            }
            Event::DeclarationsOverdue(event) => (event.month, &event.enterprises),
            Event::DeclarationsMissing(event) => (event.month, &event.enterprises),
            // A reminder changes nothing of a declaration.
            Event::DeclarationsReminded(event) => (event.month, &[]),
            Event::MonthClosed(event) => (event.month, &[]),
            _ => return,
        };
        needs.county_months.insert(month);
        needs.enterprise_months.extend(enterprises.iter().map(|enterprise| (*enterprise, month)));
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        apply(known, event, stamp);
    }

    async fn due(book: &CountyBook, db: &DatabaseConnection, _: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        let (_, _, due) = next_month(book, db).await?;
        Ok(Some(due))
    }

    async fn passed(book: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let (month, step, when) = next_month(book, db).await?;
        if when > at {
            return Ok(Vec::new());
        }
        let event: Event = match step {
            Step::Freeze => MonthFrozen { month, owing: owing(db, month).await? }.into(),
            Step::Remind(days) => {
                let enterprises = standing(db, month, UNFILED).await?;
                DeclarationsReminded { month, days, enterprises }.into()
            }
            Step::FallOverdue => DeclarationsOverdue { month, enterprises: standing(db, month, UNFILED).await? }.into(),
            Step::Close => MonthClosed { month }.into(),
            Step::GoMissing => DeclarationsMissing { month, enterprises: standing(db, month, &[State::Overdue]).await? }.into(),
        };
        let mut needs = Needs::default();
        Self::needs_of(&event, &mut needs);
        known.load(db, needs).await?;
        Ok(vec![(event, format!("months/{month}"))])
    }
}

/// Where a declaration stands that nobody has filed.
const UNFILED: &[State] = &[State::Open, State::Draft, State::Confirmed, State::Signed];

/// The next step of the months and its instant.
async fn next_month(book: &CountyBook, db: &impl ConnectionTrait) -> Result<(Month, Step, Instant), DbErr> {
    let latest = county_months::Entity::find().order_by_desc(county_months::Column::Month).one(db).await?;
    let latest = latest.map(|row| county_months::from_row(&row)).transpose()?;
    let calendar = rule_tables::read(db, TableKind::Deadlines).await?.calendar();
    Ok(county_month::next(&calendar, Month::of(book.since.date()), latest.as_ref()))
}

/// Enterprises that owe a month's declaration (R17; dossier §3 point 6).
async fn owing(db: &impl ConnectionTrait, month: Month) -> Result<Vec<Serial>, DbErr> {
    let rows = enterprises::Entity::find()
        .filter(enterprises::Column::State.is_in(["approved", "stopped"]))
        .order_by_asc(enterprises::Column::Serial)
        .all(db)
        .await?;
    let rollouts = rule_tables::read(db, TableKind::Rollouts).await?;
    let rollouts = rule_table::rollout_dates(&rollouts, month.last_day());
    let mut owing = Vec::new();
    for row in rows {
        let enterprise = enterprises::from_row(row)?;
        let industry = enterprise.data.industry;
        if enterprise.owes(month, rollouts.get(&industry).copied().unwrap_or(industry.industry().rollout)) {
            owing.push(enterprise.serial);
        }
    }
    Ok(owing)
}

/// Enterprises whose declaration of a month stands in one of these states.
async fn standing(db: &impl ConnectionTrait, month: Month, states: &[State]) -> Result<Vec<Serial>, DbErr> {
    let raw: Vec<i64> = enterprise_months::Entity::find()
        .select_only()
        .column(enterprise_months::Column::Enterprise)
        .filter(enterprise_months::Column::Month.eq(month.to_string()))
        .filter(enterprise_months::Column::State.is_in(states.iter().map(|state| state.id())))
        .order_by_asc(enterprise_months::Column::Enterprise)
        .into_tuple()
        .all(db)
        .await?;
    Ok(raw.into_iter().map(|raw| serial("enterprise_months", "enterprise", raw)).collect::<Result<_, _>>()?)
}

fn apply(known: &mut Known, said: &Event, stamp: &Stamp) {
    let version = stamp.position;
    match said {
        Event::MonthFrozen(event) => {
            let owing = u32::try_from(event.owing.len()).unwrap_or(u32::MAX);
            known.county_months.put(
                event.month,
                CountyMonth { month: event.month, state: county_month::State::Frozen, owing, reminded: 0, version },
            );
            for enterprise in &event.owing {
                known.enterprise_months.change_or(
                    (*enterprise, event.month),
                    || EnterpriseMonth::empty(*enterprise, event.month),
                    |value| value.apply(said, stamp),
                );
                book(known, *enterprise, event.month, C::DeclarationsOwed, 1);
            }
        }
        Event::DeclarationsReminded(event) => known.county_months.change(&event.month, |month| {
            month.reminded = event.days;
            month.version = version;
        }),
        Event::DeclarationsOverdue(event) => {
            known.county_months.change(&event.month, |month| {
                month.state = county_month::State::Overdue;
                month.version = version;
            });
            for enterprise in &event.enterprises {
                known.enterprise_months.change(&(*enterprise, event.month), |month| month.apply(said, stamp));
            }
        }
        Event::DeclarationsMissing(event) => {
            known.county_months.change(&event.month, |month| {
                month.state = county_month::State::Lapsed;
                month.version = version;
            });
            for enterprise in &event.enterprises {
                known.enterprise_months.change(&(*enterprise, event.month), |month| month.apply(said, stamp));
            }
        }
        Event::MonthClosed(event) => known.county_months.change(&event.month, |month| {
            month.state = county_month::State::Closed;
            month.version = version;
        }),
        _ => {}
    }
}
