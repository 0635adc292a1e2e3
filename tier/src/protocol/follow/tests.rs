use proptest::prelude::*;

use super::*;
use crate::protocol::held::Quarantine;
use crate::protocol::refused::Fault;

const PACE: Pace =
    Pace { interval_ms: 60_000, deadline_ms: 10_000, backoff_first_ms: 1_000, backoff_max_ms: 30_000, probe_ms: 600_000 };

fn link() -> HeldLink {
    HeldLink::new("bs-tengchong".parse().unwrap())
}

fn at(ms: i64) -> Instant {
    Instant::from_ms(ms)
}

fn refused(remedy: Remedy) -> Refused {
    Refused::new(remedy, Fault::FactsDiffer)
}

/// A follower that just asked, with the serial of the question and the time.
fn asking() -> (Follower, u64, i64) {
    let mut follower = Follower::new(PACE, link(), at(0));
    let Action::Wait { until } = follower.step(at(0), 0, Input::Tick) else { panic!("asked before its offset") };
    let Action::Pull { serial, deadline, .. } = follower.step(until, 0, Input::Tick) else { panic!("did not ask") };
    assert_eq!(deadline, until.plus_ms(PACE.deadline_ms));
    (follower, serial, until.ms())
}

fn wait(action: &Action, now: i64) -> i64 {
    match action {
        Action::Wait { until } => until.ms() - now,
        Action::Pull { .. } => 0,
    }
}

#[test]
fn children_start_at_their_own_places_in_the_interval() {
    let places: std::collections::BTreeSet<i64> =
        (0..20).map(|n| start_offset(&format!("county-{n}").parse().unwrap(), PACE.interval_ms)).collect();
    assert!(places.len() > 15 && places.iter().all(|place| (0..PACE.interval_ms).contains(place)), "{places:?}");
}

#[test]
fn after_success_it_rests_for_the_interval_or_until_news() {
    let (mut follower, serial, now) = asking();
    assert_eq!(wait(&follower.step(at(now), 0, Input::Applied { serial, link: link() }), now), PACE.interval_ms);
    let stale = Input::Announced { epoch: 0, head: 0 };
    assert!(matches!(follower.step(at(now + 1), 0, stale), Action::Wait { .. }));
    assert!(matches!(follower.step(at(now + 2), 0, Input::Announced { epoch: 0, head: 5 }), Action::Pull { .. }));
}

#[test]
fn news_during_a_question_leads_to_another_one() {
    let (mut follower, serial, now) = asking();
    follower.step(at(now), 0, Input::Announced { epoch: 0, head: 5 });
    assert!(matches!(follower.step(at(now + 1), 0, Input::Applied { serial, link: link() }), Action::Pull { .. }));
}

#[test]
fn who_wants_to_know_now_is_not_kept_waiting_but_by_a_quarantine() {
    let (mut follower, serial, now) = asking();
    follower.step(at(now), 0, Input::Failed { serial });
    let Action::Pull { serial, .. } = follower.step(at(now + 1), 0, Input::Wanted) else {
        panic!("a failing child is asked, too")
    };
    // During a question: what it reads may be older than the wish.
    follower.step(at(now + 2), 0, Input::Wanted);
    let Action::Pull { serial, .. } = follower.step(at(now + 3), 0, Input::Applied { serial, link: link() }) else { panic!() };
    let mut quarantined = link();
    quarantined.quarantine = Some(Quarantine { reason: "JOURNAL_FORKED", since: at(now) });
    follower.step(at(now + 4), 0, Input::Refused { serial, link: quarantined, refused: refused(Remedy::Quarantine) });
    assert!(matches!(follower.step(at(now + 5), 0, Input::Wanted), Action::Wait { .. }));
}

#[test]
fn an_answer_to_a_question_that_was_given_up_does_not_end_the_next_one() {
    let (mut follower, serial, now) = asking();
    let action = follower.step(at(now + PACE.deadline_ms), 0, Input::Tick);
    let again = now + PACE.deadline_ms + wait(&action, now + PACE.deadline_ms);
    let Action::Pull { serial: second, .. } = follower.step(at(again), 0, Input::Tick) else { panic!() };
    assert_ne!(serial, second);
    let deadline = wait(&follower.step(at(again), 0, Input::Failed { serial }), again);
    assert_eq!(deadline, PACE.deadline_ms, "still waits for the second answer");
}

#[test]
fn a_quarantined_child_is_only_looked_at_now_and_then_until_it_is_released() {
    let (mut follower, serial, now) = asking();
    let mut quarantined = link();
    quarantined.quarantine = Some(Quarantine { reason: "JOURNAL_FORKED", since: at(now) });
    let input = Input::Refused { serial, link: quarantined.clone(), refused: refused(Remedy::Quarantine) };
    assert!(wait(&follower.step(at(now), 0, input), now) >= PACE.probe_ms / 2);
    assert!(matches!(follower.step(at(now), 0, Input::Announced { epoch: 9, head: 9 }), Action::Wait { .. }));
    quarantined.release(Some(2));
    let Action::Pull { ask, .. } = follower.step(at(now), 0, Input::Changed { link: quarantined }) else { panic!() };
    assert_eq!((ask.epoch, ask.cursor), (0, 0), "takes everything");
}

#[test]
fn a_pull_that_must_be_repeated_whole_backs_off_and_asks_for_everything() {
    let (mut follower, serial, now) = asking();
    let mut whole = link();
    whole.take_full = true;
    let pause = wait(&follower.step(at(now), 0, Input::Applied { serial, link: whole }), now);
    assert!(pause >= PACE.backoff_first_ms / 2);
    assert_eq!(follower.failures(), 1);
}

proptest! {
    #[test]
    fn waits_grow_to_a_cap_and_keep_their_jitter_within_half(random in proptest::collection::vec(any::<u64>(), 1..80)) {
        let (mut follower, mut serial, mut now) = asking();
        for (failures, random) in random.into_iter().enumerate() {
            let action = follower.step(at(now), random, Input::Failed { serial });
            let full = PACE.backoff_first_ms.saturating_mul(1 << failures.min(20)).min(PACE.backoff_max_ms);
            let pause = wait(&action, now);
            prop_assert!(pause >= full / 2 && pause <= full, "{pause} of {full} after {failures}");
            now += pause;
            let Action::Pull { serial: next, .. } = follower.step(at(now), random, Input::Tick) else {
                return Err(TestCaseError::fail("did not ask after its wait"));
            };
            serial = next;
        }
    }

    #[test]
    fn nothing_that_happens_panics_or_asks_twice_at_once(events in proptest::collection::vec((0u8..6, any::<u64>(), 0i64..20_000), 1..60)) {
        let mut follower = Follower::new(PACE, link(), at(0));
        let (mut now, mut open) = (0, None);
        for (kind, random, step) in events {
            now += step;
            let serial = open.unwrap_or(random);
            let input = match kind {
                0 => Input::Tick,
                1 => Input::Announced { epoch: 1, head: random },
                2 => Input::Applied { serial, link: link() },
                3 => Input::Refused { serial, link: link(), refused: refused(Remedy::Retry) },
                4 => Input::Failed { serial },
                _ => Input::Failed { serial: serial.wrapping_add(1) },
            };
            let ended = matches!(kind, 2..=4);
            match follower.step(at(now), random, input) {
                Action::Pull { serial: next, deadline, .. } => {
                    prop_assert!(deadline.ms() > now);
                    prop_assert_ne!(Some(next), open);
                    open = Some(next);
                }
                Action::Wait { until } => {
                    prop_assert!(until.ms() > now);
                    if ended { open = None; }
                }
            }
        }
    }
}
