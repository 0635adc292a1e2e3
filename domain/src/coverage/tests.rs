use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn region(text: &str) -> RegionId {
    text.parse().unwrap()
}

fn gap(text: &str, since: Option<i64>) -> Gap {
    Gap { region: region(text), since: since.map(Instant::from_ms), reason: "SILENT".to_owned() }
}

#[test]
fn a_coverage_says_who_is_missing_and_since_when() {
    let stale = vec![gap("bs-tengchong", None), gap("bs-shidian", Some(1_444_060_800_000))];
    let coverage = Coverage::new(6, 2, stale, vec![gap("bs-changning", None)], vec![region("bs-longling")]).unwrap();
    assert!(!coverage.is_complete());
    assert_eq!(
        coverage.describe(),
        "2 of 6 regions; stale: bs-shidian (SILENT since 2015-10-06T00:00:00.000+08:00), bs-tengchong (SILENT); \
         quarantined: bs-changning (SILENT); unknown: bs-longling"
    );
    assert_eq!(Coverage::new(5, 5, vec![], vec![], vec![]).unwrap().describe(), "5 of 5 regions");
    assert!(Coverage::default().is_complete());
}

#[test]
fn what_does_not_add_up_is_refused() {
    let fault = Coverage::new(5, 5, vec![gap("bs-shidian", None)], vec![], vec![]).unwrap_err();
    assert_eq!(fault, CoverageFault::NotBalanced { expected: 5, classified: 6 });
    let twice = Coverage::new(2, 0, vec![gap("bs-shidian", None)], vec![], vec![region("bs-shidian")]);
    assert_eq!(twice, Err(CoverageFault::ClassifiedTwice { region: region("bs-shidian") }));
    let overflow = Coverage::new(0, u32::MAX, vec![gap("bs-shidian", None)], vec![], vec![]).unwrap_err();
    assert_eq!(overflow.reason(), "COVERAGE_NOT_BALANCED");
}

fn standings() -> impl Strategy<Value = Standing> {
    let gaps = || (prop::option::of(0..9i64), prop::sample::select(vec!["SILENT", "OPEN_MONTH"]));
    let since = |since: Option<i64>| since.map(Instant::from_ms);
    prop_oneof![
        Just(Standing::Reported),
        gaps().prop_map(move |(at, reason)| Standing::Stale { since: since(at), reason: reason.to_owned() }),
        gaps().prop_map(move |(at, reason)| Standing::Quarantined { since: since(at), reason: reason.to_owned() }),
        Just(Standing::Unknown),
    ]
}

/// Regions with their standing, dealt into three disjoint parts.
fn parts() -> impl Strategy<Value = [BTreeMap<RegionId, Standing>; 3]> {
    prop::collection::btree_map("[a-z][a-z0-9]{0,3}", (standings(), 0..3usize), 0..24).prop_map(|all| {
        let mut parts = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
        for (id, (standing, part)) in all {
            parts[part].insert(region(&id), standing);
        }
        parts
    })
}

fn classify(standings: &BTreeMap<RegionId, Standing>) -> Coverage {
    Coverage::classify(standings.keys().cloned(), |region| standings[region].clone())
}

proptest! {
    #[test]
    fn every_expected_region_is_counted_once(parts in parts()) {
        let coverage = classify(&parts[0]);
        let named = coverage.stale().len() + coverage.quarantined().len() + coverage.unknown().len();
        prop_assert_eq!(coverage.expected() as usize, parts[0].len());
        prop_assert_eq!(coverage.expected() as usize, coverage.reported() as usize + named);
        prop_assert_eq!(coverage.is_complete(), parts[0].values().all(|standing| *standing == Standing::Reported));
    }

    #[test]
    fn merging_is_classifying_together(parts in parts()) {
        let [a, b, c] = parts.each_ref().map(classify);
        let together = classify(&parts.into_iter().flatten().collect());
        prop_assert_eq!(a.clone().merge(b.clone()).merge(c.clone()), together.clone());
        prop_assert_eq!(a.clone().merge(b.clone().merge(c.clone())), together.clone());
        prop_assert_eq!(c.merge(a).merge(b), together);
    }

    #[test]
    fn a_coverage_comes_back_from_its_parts(parts in parts()) {
        let coverage = classify(&parts[0]);
        let reversed = |gaps: &[Gap]| gaps.iter().rev().cloned().collect::<Vec<_>>();
        let again = Coverage::new(
            coverage.expected(),
            coverage.reported(),
            reversed(coverage.stale()),
            reversed(coverage.quarantined()),
            coverage.unknown().iter().rev().cloned().collect(),
        );
        prop_assert_eq!(again, Ok(coverage));
    }
}
