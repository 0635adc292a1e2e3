//! Following one child: the protocol's machine says when and what to ask, this task carries it out.
//!
//! One task per child: whatever one child does to its task, the others go on.

use changxiao_tier::{
    protocol::{
        delivery::Ask,
        follow::{Action, Follower, Input},
    },
    telemetry::{metrics, traces},
};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument as _;

use super::{
    neighbour::{Neighbour, Steady},
    pull::Trouble,
    refresh::Wanted,
    verdict::{Bench, Verdict},
    watch::{Announced, Head, listen},
};
use crate::store::links;

/// Failures in a row after which a child counts as silent: one may be a restart.
const SILENT_AFTER: u32 = 2;

/// Follows a child until the task is ended.
pub async fn follow(neighbour: Neighbour, wanted: mpsc::Receiver<Wanted>) {
    let (announce, announced) = watch::channel(None);
    // Ends with this task, because both are driven together.
    tokio::join!(listen(neighbour.clone(), announce), run(neighbour, announced, wanted));
}

async fn run(neighbour: Neighbour, mut announced: watch::Receiver<Announced>, mut wanted: mpsc::Receiver<Wanted>) {
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
    let (mut input, mut cause) = (Input::Tick, String::new());
    // Who waits for the next pull.
    let mut waiting: Vec<oneshot::Sender<bool>> = Vec::new();
    loop {
        let random = bench.neighbour().draw();
        input = match machine.step(steady.now(), random, input) {
            Action::Wait { until } => tokio::select! {
                // The machine does not want to ask.
                () = std::future::ready(()), if !waiting.is_empty() => {
                    tell(&mut waiting, false);
                    Input::Tick
                }
                Some(asked) = wanted.recv() => {
                    cause = asked.cause;
                    waiting.push(asked.told);
                    while let Ok(also) = wanted.try_recv() {
                        waiting.push(also.told);
                    }
                    Input::Wanted
                }
                () = steady.until(until) => Input::Tick,
                Ok(()) = announced.changed() => match announced.borrow_and_update().clone() {
                    Some(told) => {
                        let Head { epoch, head, traceparent } = told;
                        cause = traceparent;
                        Input::Announced { epoch, head }
                    }
                    None => Input::Tick,
                },
                Ok(()) = stirred.changed() => changed(&mut bench, &machine).await,
            },
            Action::Pull { serial, ask, .. } => {
                // What the child announced is why it is pulled; the next pull has a cause of its own.
                let span = span(bench.neighbour(), &std::mem::take(&mut cause));
                let verdict = bench.ask(&ask, !waiting.is_empty()).instrument(span).await;
                count(bench.neighbour(), &ask, &verdict);
                if !matches!(verdict, Verdict::Changed(_)) {
                    tell(&mut waiting, matches!(verdict, Verdict::Applied(_)));
                }
                match verdict {
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
                }
            }
        };
    }
}

/// Tells those who wait how it went.
fn tell(waiting: &mut Vec<oneshot::Sender<bool>>, applied: bool) {
    for told in waiting.drain(..) {
        // Who does not wait any more has heard enough.
        let _ = told.send(applied);
    }
}

fn span(neighbour: &Neighbour, cause: &str) -> tracing::Span {
    let span = tracing::info_span!("pull", region = %neighbour.host.place.region, child = %neighbour.child);
    traces::follow(&span, cause);
    span
}

fn count(neighbour: &Neighbour, ask: &Ask, verdict: &Verdict) {
    let (outcome, unverified) = match verdict {
        // A head that was believed is witnessed; and a tree once witnessed only grows, which the judgement proved.
        Verdict::Applied(link) => {
            ("applied", link.witnessed.as_ref().is_none_or(|tree| tree.epoch == ask.epoch && tree.size < ask.witnessed_size))
        }
        Verdict::Refused(..) => ("refused", false),
        Verdict::Failed(_) => ("failed", false),
        Verdict::Changed(_) => ("changed", false),
    };
    metrics::pulled(neighbour.host.place.region.as_str(), neighbour.child.as_str(), outcome, unverified);
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
