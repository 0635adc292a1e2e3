//! The county's organisation in the book: one row for the bureau, rows for users, trainings and submissions.

use changxiao_domain::{
    clock::Instant,
    event::Event,
    organisation::{Organisation, Submission, SubmissionState, Training, User, UserState},
    region::RegionId,
    serial::Serial,
    stamp::Stamp,
};
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait};

use super::{
    CountyBook,
    chapter::{Chapter, Said, change, due_by, earliest},
    known::{Known, Needs},
};
use crate::{
    grpc::view,
    store::{organisation, users},
};

/// The chapter.
pub(super) struct County;

impl Chapter for County {
    fn needs_of(event: &Event, needs: &mut Needs) {
        if is_of_bureau(event) {
            needs.organisation.insert(());
        }
        if let Some(user) = user_of(event) {
            needs.users.insert(user);
            needs.organisation.insert(());
        }
        needs.trainings.extend(training_of(event));
        needs.submissions.extend(submission_of(event));
    }

    fn subject_of(event: &Event) -> Option<String> {
        match event {
            Event::UserTrained(event) => Some(format!("users/{}", event.user)),
            Event::TrainingPlanned(event) => Some(format!("trainings/{}", event.training)),
            Event::SubmissionDemanded(event) => Some(format!("submissions/{}", event.submission)),
            other => user_of(other)
                .map(|user| format!("users/{user}"))
                .or_else(|| training_of(other).map(|training| format!("trainings/{training}")))
                .or_else(|| submission_of(other).map(|submission| format!("submissions/{submission}"))),
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if is_of_bureau(event) {
            known.organisation.change_or((), Organisation::default, |county| county.apply(event, stamp));
        }
        if let Some(user) = User::trained(event, stamp) {
            known.users.put(user.serial, user);
        } else if let Some(serial) = user_of(event) {
            let certified = |known: &Known| known.users.get(&serial).is_some_and(|user| user.state == UserState::Certified);
            let before = certified(known);
            known.users.change(&serial, |user| user.apply(event, stamp));
            let after = certified(known);
            known.organisation.change_or((), Organisation::default, |county| county.count_user(before, after, stamp));
        }
        if let Some(training) = Training::planned(event, stamp) {
            known.trainings.put(training.serial, training);
        } else if let Some(serial) = training_of(event) {
            known.trainings.change(&serial, |training| training.apply(event, stamp));
        }
        let here = Serial::new(stamp.epoch, stamp.position);
        if let Some(submission) = here.and_then(|here| Submission::demanded(event, here, stamp)) {
            known.submissions.put(submission.serial, submission);
        } else if let Some(serial) = submission_of(event) {
            known.submissions.change(&serial, |submission| submission.apply(event, stamp));
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.users.iter().filter_map(|(_, user)| user.due()).min()
    }

    async fn due(book: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        let user = earliest::<users::Entity>(db, users::Column::DueMs, after).await?;
        let (_, summary) = bureau(db).await?.summary_opens(book.since.date().year());
        Ok(user.into_iter().chain([summary]).min())
    }

    async fn passed(book: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let mut said = Vec::new();
        let (year, opens) = bureau(db).await?.summary_opens(book.since.date().year());
        let columns = (users::Column::Serial, users::Column::DueMs);
        let due = due_by::<users::Entity>(db, "users", columns, at).await?;
        let mut needs = Needs { users: due.iter().copied().collect(), ..Needs::default() };
        if opens <= at {
            needs.organisation.insert(());
            said.push((Organisation::open_summary(year), "organisation".to_owned()));
        }
        known.load(db, needs).await?;
        for user in due.iter().filter_map(|serial| known.users.get(serial)) {
            said.extend(user.fall_due(at).map(|event| (event, format!("users/{}", user.serial))));
        }
        Ok(said)
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        for (_, county) in known.organisation.changed() {
            let body = Some(view::organisation(county).encode_to_vec());
            changes.push(change(Audience::Parent, "organisation", "standing".to_owned(), "organisation".to_owned(), body));
        }
        for (serial, submission) in known.submissions.changed() {
            // What nobody wrote yet is the county's own affair until its day is over; then its absence is seen in the standing's list.
            let body = (submission.state != SubmissionState::Due).then(|| view::submission(region, submission).encode_to_vec());
            if body.is_some() {
                changes.push(change(
                    Audience::Parent,
                    "organisation",
                    format!("submissions-{serial}"),
                    "organisation".to_owned(),
                    body,
                ));
            }
        }
    }
}

/// The bureau as stored.
async fn bureau(db: &impl ConnectionTrait) -> Result<Organisation, DbErr> {
    let row = organisation::Entity::find_by_id(1).one(db).await?;
    Ok(row.map(organisation::from_row).transpose()?.unwrap_or_default())
}

const fn is_of_bureau(event: &Event) -> bool {
    matches!(
        event,
        Event::OfficersNamed(_) | Event::LeadingGroupSet(_) | Event::LeadingGroupFiled(_) | Event::AnnualSummaryOpened(_)
    )
}

/// The user that a further step belongs to.
fn user_of(event: &Event) -> Option<Serial> {
    match event {
        Event::UserCertified(event) => Some(event.user),
        Event::CertificationExpired(event) => Some(event.user),
        Event::UserLeft(event) => Some(event.user),
        _ => None,
    }
}

/// The batch that a further step belongs to.
fn training_of(event: &Event) -> Option<Serial> {
    match event {
        Event::TrainingHeld(event) => Some(event.training),
        Event::TrainingReported(event) => Some(event.training),
        _ => None,
    }
}

/// The submission that a further step belongs to.
fn submission_of(event: &Event) -> Option<Serial> {
    match event {
        Event::SubmissionMade(event) => Some(event.submission),
        Event::SubmissionCredited(event) => Some(event.submission),
        _ => None,
    }
}

/// What an event of the organisation touches, for follow-up.
pub(super) fn touched(event: &Event, stamp: &Stamp) -> Vec<changxiao_domain::follow_up::About> {
    use changxiao_domain::follow_up::About;
    match event {
        Event::TrainingPlanned(event) => vec![About::Training(event.training)],
        Event::SubmissionDemanded(event) => vec![About::Submission(event.submission)],
        Event::AnnualSummaryOpened(_) => {
            Serial::new(stamp.epoch, stamp.position).map(About::Submission).into_iter().chain([About::Organisation]).collect()
        }
        other if is_of_bureau(other) || user_of(other).is_some() => vec![About::Organisation],
        other => training_of(other).map(About::Training).into_iter().chain(submission_of(other).map(About::Submission)).collect(),
    }
}
