use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules::new(5, 900);
const MINUTE: i64 = 60_000;

fn account(number: u8) -> AccountId {
    format!("clerk-{number}").parse().unwrap()
}

fn source(number: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, number])
}

fn at(ms: i64) -> Instant {
    Instant::from_ms(1_800_000_000_000 + ms)
}

#[test]
fn the_fifth_failure_locks_one_source_out_of_one_account_for_a_quarter_of_an_hour() {
    let mut guesses = Guesses::new(RULES);
    for nth in 1..=4 {
        assert_eq!(guesses.charge(&account(1), source(1), at(nth)), Ok(Charged { locks: None }));
    }
    let until = at(5).plus_ms(15 * MINUTE);
    let lock = Lock { until, failures: 5, everywhere: false };
    assert_eq!(guesses.charge(&account(1), source(1), at(5)), Ok(Charged { locks: Some(lock) }));
    assert_eq!(guesses.charge(&account(1), source(1), at(15 * MINUTE)), Err(Locked::Account { until }));
    assert!(guesses.charge(&account(1), source(2), at(15 * MINUTE)).is_ok(), "the holder comes from elsewhere");
    assert!(guesses.charge(&account(2), source(1), at(15 * MINUTE)).is_ok(), "a colleague behind the same address");
    assert!(guesses.charge(&account(1), source(1), until).is_ok(), "the lock is over");
}

#[test]
fn many_sources_lock_the_account_for_everybody_and_an_administrator_unlocks_it() {
    let mut guesses = Guesses::new(RULES);
    let mut locks = Vec::new();
    for nth in 0..20 {
        locks.extend(guesses.charge(&account(1), source(nth), at(i64::from(nth))).unwrap().locks);
    }
    assert_eq!(locks, [Lock { until: at(19).plus_ms(15 * MINUTE), failures: 20, everywhere: true }]);
    assert!(matches!(guesses.charge(&account(1), source(99), at(20)), Err(Locked::Account { .. })));
    assert!(guesses.charge(&account(2), source(1), at(20)).is_ok());
    guesses.unlock(&account(1));
    assert!(guesses.charge(&account(1), source(99), at(21)).is_ok());
}

#[test]
fn spraying_one_password_over_many_accounts_locks_the_source() {
    let mut guesses = Guesses::new(RULES);
    for nth in 0..50 {
        assert!(guesses.charge(&account(nth), source(1), at(i64::from(nth))).is_ok());
    }
    let refused = guesses.charge(&account(60), source(1), at(50));
    assert_eq!(refused, Err(Locked::Source { until: at(49).plus_ms(15 * MINUTE) }));
    assert!(guesses.charge(&account(60), source(2), at(50)).is_ok());
}

#[test]
fn the_right_password_gives_its_charge_back_and_failures_fade() {
    let mut guesses = Guesses::new(RULES);
    for round in 0..1_000 {
        for nth in 0..4 {
            assert!(guesses.charge(&account(1), source(1), at(round * 20 * MINUTE + nth)).unwrap().locks.is_none());
        }
        let _ = guesses.charge(&account(1), source(1), at(round * 20 * MINUTE + 4)).unwrap();
        guesses.clear(&account(1), source(1));
    }
    // A person who signs in often is no sprayer.
    for nth in 0..1_000 {
        assert!(guesses.charge(&account(2), source(2), at(nth)).is_ok(), "{nth}");
        guesses.clear(&account(2), source(2));
    }
}

#[test]
fn attempts_at_once_are_counted_before_any_of_them_is_known() {
    let mut guesses = Guesses::new(RULES);
    let through = (0..1_000).filter(|_| guesses.charge(&account(1), source(1), at(0)).is_ok()).count();
    assert_eq!(through, 5);
}

proptest! {
    /// Whatever is tried, from wherever and whenever: within any quarter of an hour no source sees more than five passwords of an
    /// account looked at, nobody more than twenty, and who is locked stays so until the lock's end.
    #[test]
    fn no_schedule_of_wrong_passwords_gets_more_guesses(
        tries in proptest::collection::vec((0_u8..3, 0_u8..6, 0_i64..5 * MINUTE), 1..400)
    ) {
        let mut guesses = Guesses::new(RULES);
        let mut looked: Vec<(u8, u8, i64)> = Vec::new();
        let mut locks: Vec<(u8, Option<u8>, i64)> = Vec::new();
        let mut now = 0;
        for (of, from, after) in tries {
            now += after;
            match guesses.charge(&account(of), source(from), at(now)) {
                Ok(charged) => {
                    let held = locks.iter().any(|(locked, by, until)| {
                        *locked == of && by.is_none_or(|by| by == from) && now < *until
                    });
                    prop_assert!(!held, "a locked account was looked at");
                    looked.push((of, from, now));
                    if let Some(lock) = charged.locks {
                        locks.push((of, (!lock.everywhere).then_some(from), now + RULES.lock_ms));
                    }
                }
                Err(Locked::Account { until } | Locked::Source { until }) => prop_assert!(until > at(now)),
            }
            let recent = |account: u8, source: Option<u8>| {
                looked.iter().filter(|(of, from, when)| {
                    *of == account && source.is_none_or(|source| source == *from) && now - when < RULES.lock_ms
                }).count()
            };
            // The last failure before a lock and the first ones after it can fall into one window of that length.
            prop_assert!(recent(of, Some(from)) < 2 * 5);
            prop_assert!(recent(of, None) < 2 * 20);
        }
    }
}
