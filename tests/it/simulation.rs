//! The simulator as part of every test run: honest runs find nothing, defects are found, and a seed is a run.

use changxiao_tests::simulation::{self, Control, Totals, cpu_seconds};

/// Processor time that the honest runs take at least, in seconds.
const BUDGET_SECONDS: f64 = 60.0;
/// Seeds that they are at least.
const SEEDS_LEAST: u64 = 10;
/// Seeds that they are at most, where the kernel does not tell the processor time.
const SEEDS_MOST: u64 = 60;
const DAYS: u64 = 30;

#[test]
fn under_faults_every_tier_shows_what_was_published_and_ends_equal_to_the_model() {
    let start = cpu_seconds().unwrap_or(0.0);
    let (mut totals, mut seeds) = (Totals::default(), 0);
    while seeds < SEEDS_LEAST || (seeds < SEEDS_MOST && cpu_seconds().unwrap_or(start) - start < BUDGET_SECONDS) {
        seeds += 1;
        let report = simulation::run(seeds, DAYS, Control::None);
        println!("seed {seeds}: {}; log {}", report.totals, &report.log_hash[..16]);
        assert_eq!(report.wrong, None, "seed {seeds}; repeat with `simulate --days {DAYS} --seeds 1 --start {seeds}`");
        totals += &report.totals;
    }
    println!("simulator: {seeds} seeds, {totals}, wrong cells 0");
    // A run in which too little happened proves nothing.
    assert!(totals.days >= SEEDS_LEAST * DAYS, "{totals}");
    let per_day = |count: u64| count / totals.days;
    assert!(per_day(totals.pulls) >= 50 && per_day(totals.proofs) >= 50 && per_day(totals.events) >= 10, "{totals}");
    for (what, count) in [
        ("lost", totals.lost),
        ("doubled", totals.doubled),
        ("crashes", totals.crashes),
        ("unsynced", totals.unsynced),
        ("partitions", totals.partitions),
        ("restores", totals.restores),
        ("quarantines", totals.quarantines),
        ("tampered", totals.tampered),
        ("effects", totals.effects),
    ] {
        assert!(count > 0, "nothing {what} in {totals}");
    }
}

#[test]
fn every_defect_is_found() {
    for control in Control::ALL {
        let found = simulation::seeds_until_found(control, 1, DAYS, 40);
        let (seeds, report) = found.unwrap_or_else(|| panic!("{} was not found", control.name()));
        println!("control {}: found after {seeds} seeds: {}", control.name(), report.wrong.unwrap_or_default());
    }
}

#[test]
fn one_seed_is_one_run_and_another_seed_another() {
    let hash = |seed| simulation::run(seed, 5, Control::None).log_hash;
    assert_eq!(hash(4711), hash(4711));
    assert_ne!(hash(4711), hash(4712));
}
