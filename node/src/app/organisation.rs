//! The county's organisation: officers, leading group, users, trainings, submissions.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    etag,
    event::Event,
    organisation::{self, Batch, Member, Officers, Organisation, Refusal, SubmissionKind, Trainee},
    stamp::Moment,
};

use super::{CountyCommand, Plain, Target};
use crate::book::{Known, Needs};

/// Something about the bureau as a whole.
fn bureau(how: impl FnOnce(&Organisation) -> Result<Event, Refusal> + Send + Sync + 'static) -> CountyCommand {
    Box::new(Plain {
        needs: |needs: &mut Needs| {
            needs.organisation.insert(());
        },
        decide: move |_: &Actor, _: Moment, known: &Known| {
            let none = Organisation::default();
            Ok((how(known.organisation.get(&()).unwrap_or(&none))?, "organisation".to_owned()))
        },
    })
}

/// Names who leads, who is responsible, who keeps the data.
#[must_use]
pub fn name_officers(officers: Officers) -> CountyCommand {
    bureau(move |_| Ok(Organisation::name_officers(officers)))
}

/// Sets the members of the leading group.
#[must_use]
pub fn set_group(members: Vec<Member>, from: Date) -> CountyCommand {
    bureau(move |county| county.set_group(members, from))
}

/// Files the list with the city.
#[must_use]
pub fn file_group() -> CountyCommand {
    bureau(Organisation::file_group)
}

/// A new record of a collection.
fn enter(collection: &'static str, how: impl FnOnce(Moment) -> Result<Event, Refusal> + Send + Sync + 'static) -> CountyCommand {
    Box::new(Plain {
        needs: |_: &mut Needs| {},
        decide: move |_: &Actor, moment: Moment, _: &Known| Ok((how(moment)?, format!("{collection}/{}", moment.next))),
    })
}

/// Somebody learned the system.
#[must_use]
pub fn record_trainee(trainee: Trainee) -> CountyCommand {
    enter("users", move |moment| organisation::record_trainee(trainee, moment))
}

/// Plans a batch of training.
#[must_use]
pub fn plan_training(batch: Batch) -> CountyCommand {
    enter("trainings", move |moment| organisation::plan_training(batch, moment))
}

/// Enters what is to be submitted.
#[must_use]
pub fn demand_submission(kind: SubmissionKind, title: String, due: Date) -> CountyCommand {
    enter("submissions", move |moment| organisation::demand_submission(kind, title, due, moment))
}

/// A step of a record of one of the collections.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) on $table:ident ($held:ident, $moment:ident, $known:ident) => $how:expr;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(target: Target, $($arg: $type),*) -> CountyCommand {
            Box::new(Plain {
                needs: move |needs: &mut Needs| {
                    needs.$table.insert(target.serial);
                },
                decide: move |_: &Actor, $moment: Moment, $known: &Known| {
                    let subject = format!("{}/{}", stringify!($table), target.serial);
                    let $held = $known.$table.get(&target.serial);
                    let $held = $held.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
                    etag::check(target.seen, $held.version)?;
                    Ok(($how?, subject))
                },
            })
        }
    )*};
}

steps! {
    /// Certifies a trained user.
    certify_user(until: Date) on users (user, moment, _known) => organisation::certify(user, until, moment.now);
    /// A user works elsewhere.
    release_user() on users (user, _moment, _known) => user.leave();
    /// A training was held.
    hold_training(on: Date, attended: u32) on trainings (training, moment, _known) => training.hold(on, attended, moment.now);
    /// A training is reported.
    report_training(report: String) on trainings (training, _moment, _known) => training.submit(report);
    /// Submits what is due.
    make_submission(text: String, signer: String) on submissions (submission, _moment, known) => {
        let head = known.organisation.get(&()).map(|county| county.bureau_head.clone()).unwrap_or_default();
        submission.make(text, signer, &head)
    };
    /// The city used it.
    credit_submission(remark: String) on submissions (submission, _moment, _known) => submission.credit(remark);
}
