//! Follow-up in the book: the clocks over records, and the tasks and notices that they make. The last chapter, since it looks at what the others did.

use changxiao_domain::{
    clock::Instant,
    declaration::State,
    directive::Order,
    event::Event,
    follow_up::{self, About, Waiting, Watch},
    industry::IndustryCode,
    notice::Notice,
    region::RegionId,
    serial::Serial,
    stamp::Stamp,
    task::Task,
};
use changxiao_proto::county::v1 as pb;
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;
use sea_orm::{ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{
    CountyBook,
    chapter::{Chapter, Said, change, earliest},
    county_directives::directive_of,
    declarations::declaration_of,
    dossiers::dossier_of,
    hazards::hazard_of,
    known::{Known, Needs},
    measures::measure_touched,
    organisation,
};
use crate::store::watches;

/// The chapter.
pub(super) struct FollowUp;

impl Chapter for FollowUp {
    fn needs_of(event: &Event, needs: &mut Needs) {
        match event {
            Event::TaskOpened(event) if !event.rule.is_empty() => {
                needs.watches.insert(event.about.clone());
            }
            Event::NoticeSent(event) if !event.rule.is_empty() => {
                needs.watches.insert(event.about.clone());
            }
            Event::NoticeRead(event) => {
                needs.notices.insert(event.notice);
            }
            Event::DirectiveAnswered(event) => {
                needs.watches.insert(About::Directive(event.directive.clone()).to_string());
            }
            other => needs.tasks.extend(task_of(other)),
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        task_of(event).map(|serial| format!("tasks/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        for about in touched(event, stamp) {
            settle(known, &about, stamp.at);
        }
        for about in About::of(event) {
            for rule in follow_up::begun_by(event.kind()) {
                with_watch(known, &about, |watch| watch.begin(rule.id, stamp.at));
            }
        }
        let here = Serial::new(stamp.epoch, stamp.position);
        match (event, here) {
            (Event::TaskOpened(opened), Some(here)) => {
                known.tasks.put(here, Task::opened(opened, here, stamp));
                fired(known, &opened.about, &opened.rule, stamp.at);
            }
            (Event::NoticeSent(sent), Some(here)) => {
                known.notices.put(here, Notice::sent(sent, here, stamp));
                fired(known, &sent.about, &sent.rule, stamp.at);
            }
            (Event::NoticeRead(read), _) => known.notices.change(&read.notice, |notice| notice.apply_read(stamp)),
            (other, _) => {
                if let Some(serial) = task_of(other) {
                    known.tasks.change(&serial, |task| task.apply(other, stamp));
                }
            }
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.watches.iter().filter_map(|(_, watch)| watch.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<watches::Entity>(db, watches::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let rows = watches::Entity::find().filter(watches::Column::DueMs.lte(at.ms())).order_by_asc(watches::Column::About);
        let due = rows.all(db).await?.into_iter().map(watches::from_row).collect::<Result<Vec<_>, _>>()?;
        let mut needs = Needs { watches: due.iter().map(|watch| watch.about.clone()).collect(), ..Needs::default() };
        for about in due.iter().filter_map(|watch| About::from_path(&watch.about)) {
            match about {
                About::Declaration(enterprise, month) => {
                    needs.enterprise_months.extend([month, month.prev(), month.prev().prev()].map(|m| (enterprise, m)));
                }
                About::Dossier(serial) => {
                    needs.dossiers.insert(serial);
                }
                About::CountyDirective(serial) => {
                    needs.county_directives.insert(serial);
                }
                _ => {}
            }
        }
        known.load(db, needs).await?;
        let mut said = Vec::new();
        for watch in &due {
            for id in watch.due_by(at) {
                let more = follow_up::again(id, in_a_row(known, &watch.about, id)).map(|rule| rule.id);
                for id in [id].into_iter().chain(more) {
                    said.extend(watch.fire(id, at).map(|event| (event, watch.about.clone())));
                }
            }
        }
        Ok(said)
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        for ((enterprise, month), value) in known.enterprise_months.changed() {
            let defaults = match value.state {
                State::Overdue => Some(pb::DefaultKind::DeclarationOverdue),
                State::Missing => Some(pb::DefaultKind::DeclarationMissing),
                State::Late => Some(pb::DefaultKind::DeclarationLate),
                State::Exempt => None,
                // What was in time, or is still open, never was on the list; what is accepted or returned stays as it was.
                State::NotOwed
                | State::Open
                | State::Draft
                | State::Confirmed
                | State::Signed
                | State::OnTime
                | State::Accepted
                | State::Returned => continue,
            };
            let owner = known.enterprises.get(enterprise);
            let body = defaults.map(|kind| {
                pb::Defaulter {
                    enterprise: format!("regions/{region}/enterprises/{enterprise}"),
                    title: owner.map(|owner| owner.data.title.clone()).unwrap_or_default(),
                    industry: owner.map(|owner| owner.data.industry.to_string()).unwrap_or_default(),
                    count: 1,
                    about: vec![kind.as_str_name().to_owned(), format!("declarations/{month}")],
                }
                .encode_to_vec()
            });
            let key = format!("{month}~{enterprise}");
            changes.push(change(Audience::Parent, "defaulter", key, format!("defaulter/{month}"), body));
        }
    }
}

/// For what a record waits, and whose it is.
type Standing = (Waiting, Option<Serial>, Option<IndustryCode>);

fn standing(known: &Known, about: &About) -> Option<Standing> {
    Some(match about {
        About::Declaration(enterprise, month) => {
            let industry = known.enterprises.get(enterprise).map(|owner| owner.data.industry);
            (known.enterprise_months.get(&(*enterprise, *month))?.waiting(), Some(*enterprise), industry)
        }
        About::Hazard(serial) => {
            let hazard = known.hazards.get(serial)?;
            (hazard.waiting(), Some(hazard.enterprise), Some(hazard.industry))
        }
        About::Dossier(serial) => {
            let dossier = known.dossiers.get(serial)?;
            (dossier.waiting(), Some(dossier.enterprise), Some(dossier.industry))
        }
        About::CountyDirective(serial) => {
            let directive = known.county_directives.get(serial)?;
            (directive.waiting(), directive.enterprise, Some(directive.industry))
        }
        About::Measure(serial) => {
            let measure = known.measures.get(serial)?;
            (measure.waiting(), measure.enterprise, measure.industry)
        }
        About::Directive(id) => {
            let held = known.common.directives.get(id)?;
            let waiting = match (&held.directive.order, &held.answer) {
                (Order::Supervision { answer_by, .. }, None) => {
                    vec![("directive_unanswered", Some(answer_by.plus_ms(-1).date()))]
                }
                _ => Vec::new(),
            };
            (waiting, None, None)
        }
        About::Training(serial) => (known.trainings.get(serial)?.waiting(), None, None),
        About::Submission(serial) => (known.submissions.get(serial)?.waiting(), None, None),
        About::Organisation => (known.organisation.get(&())?.waiting(), None, None),
    })
}

/// Lets the clocks over a record run as it stands now. A record that waits for nothing and never did has no row.
fn settle(known: &mut Known, about: &About, now: Instant) {
    let Some((waiting, enterprise, industry)) = standing(known, about) else { return };
    let path = about.to_string();
    let held = known.watches.get(&path).cloned();
    if held.is_none() && waiting.is_empty() {
        return;
    }
    let before = held.unwrap_or_else(|| Watch::new(path.clone(), enterprise, industry));
    let mut after = before.clone();
    after.settle(&waiting, now);
    if after != before {
        known.watches.put(path, after);
    }
}

/// Changes the watch over a record, made if there is none.
fn with_watch(known: &mut Known, about: &About, how: impl FnOnce(&mut Watch)) {
    let Some((_, enterprise, industry)) = standing(known, about) else { return };
    let path = about.to_string();
    let mut watch = known.watches.get(&path).cloned().unwrap_or_else(|| Watch::new(path.clone(), enterprise, industry));
    how(&mut watch);
    known.watches.put(path, watch);
}

/// A rule made its task or notice. One that came on top of another has no clock of its own.
fn fired(known: &mut Known, about: &str, rule: &str, at: Instant) {
    if let Some(mut watch) = known.watches.get(&about.to_owned()).cloned().filter(|_| !rule.is_empty()) {
        watch.fired(rule, at);
        known.watches.put(about.to_owned(), watch);
    }
}

/// How often in a row what a rule follows has happened.
fn in_a_row(known: &Known, about: &str, rule: &str) -> u32 {
    match (rule, About::from_path(about)) {
        ("declaration_missing", Some(About::Declaration(enterprise, month))) => {
            let missing = |month| known.enterprise_months.get(&(enterprise, month)).is_some_and(|m| m.state == State::Missing);
            let months = [month, month.prev(), month.prev().prev()];
            u32::try_from(months.into_iter().take_while(|month| missing(*month)).count()).unwrap_or_default()
        }
        ("progress_missed", Some(About::Dossier(serial))) => {
            known.dossiers.get(&serial).map_or(0, changxiao_domain::dossier::Dossier::missed_in_a_row)
        }
        ("directive_overdue", Some(About::CountyDirective(serial))) => {
            known.county_directives.get(&serial).map_or(0, |directive| directive.overdue_times)
        }
        _ => 0,
    }
}

/// The records whose waiting an event may change.
fn touched(event: &Event, stamp: &Stamp) -> Vec<About> {
    let mut touched = organisation::touched(event, stamp);
    match event {
        Event::MajorHazardIdentified(event) => touched.push(About::Dossier(event.dossier)),
        Event::DirectiveReceived(event) => touched.push(About::Directive(event.directive.clone())),
        Event::DirectiveAnswered(event) => touched.push(About::Directive(event.directive.clone())),
        _ => {}
    }
    touched.extend(hazard_of(event).map(About::Hazard));
    touched.extend(dossier_of(event).map(About::Dossier));
    touched.extend(declaration_of(event).map(|(enterprise, month)| About::Declaration(enterprise, month)));
    touched.extend(directive_of(event).map(About::CountyDirective));
    touched.extend(measure_touched(event).map(About::Measure));
    touched
}

/// The task that a step belongs to.
fn task_of(event: &Event) -> Option<Serial> {
    match event {
        Event::TaskAssigned(event) => Some(event.task),
        Event::TaskWorked(event) => Some(event.task),
        Event::TaskAnswered(event) => Some(event.task),
        Event::TaskReturned(event) => Some(event.task),
        Event::TaskClosed(event) => Some(event.task),
        _ => None,
    }
}
