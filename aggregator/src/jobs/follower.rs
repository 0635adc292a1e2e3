//! Following one child: the protocol's machine says when and what to ask, this task carries it out.
//!
//! One task per child: whatever one child does to its task, the others go on.

use changxiao_tier::protocol::follow::{Action, Follower, Input};
use tokio::sync::watch;

use super::{
    neighbour::{Neighbour, Steady},
    pull::Trouble,
    verdict::{Bench, Verdict},
    watch::{Announced, listen},
};
use crate::store::links;

/// Failures in a row after which a child counts as silent: one may be a restart.
const SILENT_AFTER: u32 = 2;

/// Follows a child until the task is ended.
pub async fn follow(neighbour: Neighbour) {
    let (announce, announced) = watch::channel(None);
    // Ends with this task, because both are driven together.
    tokio::join!(listen(neighbour.clone(), announce), run(neighbour, announced));
}

async fn run(neighbour: Neighbour, mut announced: watch::Receiver<Announced>) {
    let steady = Steady::start();
    let mut stirred = neighbour.stirred.clone();
    let link = loop {
        match links::one(&neighbour.host.read, &neighbour.child).await {
            Ok(link) => break link,
            Err(error) => {
                tracing::error!(child = %neighbour.child, error = %error, "the link cannot be read");
                tokio::time::sleep(neighbour.deadline()).await;
            }
        }
    };
    let mut machine = Follower::new(neighbour.pace, link.held.clone(), steady.now());
    let mut bench = Bench::new(neighbour, link);
    let mut input = Input::Tick;
    loop {
        let random = bench.neighbour().draw();
        input = match machine.step(steady.now(), random, input) {
            Action::Wait { until } => tokio::select! {
                () = steady.until(until) => Input::Tick,
                Ok(()) = announced.changed() => match *announced.borrow_and_update() {
                    Some((epoch, head)) => Input::Announced { epoch, head },
                    None => Input::Tick,
                },
                Ok(()) = stirred.changed() => changed(&mut bench, &machine).await,
            },
            Action::Pull { serial, ask, .. } => match bench.ask(&ask).await {
                Verdict::Applied(link) => {
                    heard(&bench, None);
                    Input::Applied { serial, link }
                }
                Verdict::Changed(link) => Input::Changed { link },
                Verdict::Refused(link, refused) => {
                    let trouble = Trouble::new(refused.reason(), refused.to_string());
                    failing(&mut bench, &machine, &trouble).await;
                    Input::Refused { serial, link, refused }
                }
                Verdict::Failed(trouble) => {
                    failing(&mut bench, &machine, &trouble).await;
                    Input::Failed { serial }
                }
            },
        };
    }
}

/// People released the child, or the register changed: ask from where the stored link stands.
async fn changed(bench: &mut Bench, machine: &Follower) -> Input {
    match bench.reload().await {
        Ok(()) if bench.link.held != *machine.link() || machine.failures() > 0 => {
            Input::Changed { link: bench.link.held.clone() }
        }
        Ok(()) => Input::Tick,
        Err(fault) => {
            tracing::error!(child = %bench.neighbour().child, "the link cannot be read: {fault}");
            Input::Tick
        }
    }
}

fn heard(bench: &Bench, trouble: Option<&str>) {
    let neighbour = bench.neighbour();
    if neighbour.freshness.note(&neighbour.child, trouble) {
        match trouble {
            Some(words) => {
                tracing::info!(region = %neighbour.host.place.region, child = %neighbour.child, "following fails: {words}")
            }
            None => tracing::info!(region = %neighbour.host.place.region, child = %neighbour.child, "following goes on"),
        }
    }
}

async fn failing(bench: &mut Bench, machine: &Follower, trouble: &Trouble) {
    heard(bench, Some(&trouble.detail));
    if machine.failures() + 1 >= SILENT_AFTER
        && let Err(fault) = bench.silent(trouble).await
    {
        tracing::warn!(child = %bench.neighbour().child, "the silence of the child could not be noted: {fault}");
    }
}
