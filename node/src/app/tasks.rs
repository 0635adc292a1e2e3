//! Tasks of follow-up: opened, assigned, worked, answered, sent back, closed. None of it changes the record that the task is about.

use changxiao_domain::{
    actor::{AccountId, Actor},
    clock::Date,
    etag,
    event::{Event, TaskOpened},
    follow_up::Addressee,
    serial::Serial,
    stamp::Moment,
    task::{Refusal, Task},
};

use super::{CountyCommand, Plain, Target, enterprises, sees};
use crate::book::{Known, Needs};

/// A task that a person opens.
#[derive(Clone, Debug)]
pub struct Opening {
    /// What it is about, by the path of its name; may be empty.
    pub about: String,
    /// Enterprise, if it concerns one.
    pub enterprise: Option<Serial>,
    /// For whom.
    pub to: Addressee,
    /// What is to be done.
    pub demand: String,
    /// Last day for the answer.
    pub due: Date,
}

/// Opens a task.
#[must_use]
pub fn open(opening: Opening) -> CountyCommand {
    let wanted = opening.enterprise;
    Box::new(Plain {
        needs: move |needs: &mut Needs| needs.enterprises.extend(wanted),
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let Opening { about, enterprise, to, demand, due } = opening;
            let owner = enterprise.map(|serial| enterprises::seen(known, actor, serial)).transpose()?;
            let today = moment.now.date();
            if due < today {
                return Err(Refusal::DuePast { due, today }.into());
            }
            // What an officer of one industry opens belongs to it.
            let industry = owner.map(|owner| owner.data.industry).or(actor.scope().industry);
            let opened = TaskOpened { rule: String::new(), about, enterprise, industry, to, demand, due };
            Ok((Event::from(opened), format!("tasks/{}", moment.next)))
        },
    })
}

/// A step of a task within the actor's sight.
fn step(
    target: Target,
    also: Option<AccountId>,
    how: impl FnOnce(&Task, &Actor, Moment, &Known) -> Result<Event, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.tasks.insert(target.serial);
            needs.common.accounts.extend(also.clone());
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("tasks/{}", target.serial);
            let task = known.tasks.get(&target.serial).filter(|task| sees(actor, task.enterprise, task.industry));
            let task = task.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, task.version)?;
            let event = how(task, actor, moment, known)?;
            task.acts.allow(std::slice::from_ref(&event), &actor.id())?;
            Ok((event, subject))
        },
    })
}

/// Says who is to do it, and by when.
#[must_use]
pub fn assign(target: Target, assignee: AccountId, due: Option<Date>) -> CountyCommand {
    step(target, Some(assignee.clone()), move |task, _, moment, known| {
        let account = known.common.accounts.get(&assignee).filter(|account| !account.closed);
        let able = account.is_some_and(|account| sees(&account.actor(), task.enterprise, task.industry));
        if !able {
            return Err(Refusal::AssigneeUnknown { account: assignee.to_string() });
        }
        task.assign(assignee.to_string(), due, moment.now)
    })
}

/// What was done so far.
#[must_use]
pub fn work(target: Target, note: String) -> CountyCommand {
    step(target, None, move |task, actor, _, _| task.work(&actor.id(), note))
}

/// The answer.
#[must_use]
pub fn answer(target: Target, result: String) -> CountyCommand {
    step(target, None, move |task, actor, _, _| task.answer(&actor.id(), result))
}

/// The answer is not enough.
#[must_use]
pub fn send_back(target: Target, reason: String) -> CountyCommand {
    step(target, None, move |task, _, _, _| task.send_back(reason))
}

/// Closed, with a result.
#[must_use]
pub fn close(target: Target, result: String) -> CountyCommand {
    step(target, None, move |task, _, _, _| task.close(result))
}
