//! Laws of the register over generated regions.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;
use crate::clock::Instant;

fn id(index: usize) -> RegionId {
    format!("r{index}").parse().unwrap()
}

/// The day `days` after 1970-01-01.
fn date(days: i64) -> Date {
    Instant::from_ms(0).plus_days(days).date()
}

/// First day, first day after, number of the parent.
type Attribute = (i64, Option<i64>, Option<usize>);

/// Region `index`: the first two are provinces, the next two cities, all others counties.
///
/// Unless `wild`, parents are of a higher level, the first four regions are in force throughout, and of two intervals the
/// first lies before day 31 and the second from there on.
fn region(index: usize, attributes: Vec<Attribute>, wild: bool) -> Region {
    let steady = index < 4 && !wild;
    let kept = if steady { 1 } else { attributes.len() };
    let dated = |(turn, (from, to, parent)): (usize, Attribute)| {
        let (from, to) = match turn {
            _ if wild => (from, to),
            _ if steady => (0, None),
            0 if kept > 1 => (from, Some(to.unwrap_or(31).clamp(from + 1, 31))),
            0 => (from, to.map(|to| to.max(from + 1))),
            _ => (31 + from / 4, to.map(|to| to + 31)),
        };
        Dated {
            from: date(from),
            to: to.map(date),
            code: RegionCode::from_number(100_000 + (10 * index + turn) as u32).unwrap(),
            name_zh: String::new(),
            name_en: String::new(),
            parent: match parent {
                Some(above) if wild => Some(id(above)),
                Some(above) if index > 1 => Some(id(above % (index / 2 * 2).min(4))),
                _ => None,
            },
            basis: String::new(),
        }
    };
    Region {
        id: id(index),
        kind: RegionKind::ALL[(index / 2).min(2)],
        journal_key: None,
        federation_address: None,
        joined: None,
        attributes: attributes.into_iter().take(kept).enumerate().map(dated).collect(),
    }
}

/// One to eleven regions, sometimes a register and sometimes nonsense.
fn anything() -> impl Strategy<Value = Vec<Region>> {
    let attribute = (0..30i64, prop::option::weighted(0.5, 0..40i64), prop::option::weighted(0.8, 0..12usize));
    let attributes = prop::collection::vec(attribute, 1..3);
    (prop::collection::vec(attributes, 1..12), prop::bool::weighted(0.3)).prop_map(|(regions, wild)| {
        regions.into_iter().enumerate().map(|(index, attributes)| region(index, attributes, wild)).collect()
    })
}

/// Checks the queries against the definition of the tree by direct parents, on dates spread over all that occur.
fn check_queries(register: &Register) -> Result<(), TestCaseError> {
    let ids: Vec<&RegionId> = register.regions().map(|region| &region.id).collect();
    for on in (0..72).step_by(5).map(date) {
        for &below in &ids {
            let at = register.at(below, on);
            for &above in &ids {
                let by_parent = above == below && at.is_some()
                    || register.parent(below, on).is_some_and(|up| register.contains(above, up, on));
                prop_assert_eq!(register.contains(above, below, on), by_parent);
                let is_child = register.children(above, on).iter().any(|child| child.id == *below);
                prop_assert_eq!(is_child, register.parent(below, on) == Some(above));
            }
            if let Some(at) = at {
                prop_assert_eq!(&register.by_code(at.code, on).unwrap().id, below);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_was_accepted_can_be_queried_and_what_was_not_says_why(regions in anything()) {
        match Register::new(1, regions) {
            Err(fault) => prop_assert!(!fault.problems.is_empty()),
            Ok(register) => check_queries(&register)?,
        }
    }
}

/// The law above would be empty if hardly anything were accepted or refused.
#[test]
fn the_generator_makes_registers_and_nonsense() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let trials = (0..300).map(|_| anything().new_tree(&mut runner).unwrap().current());
    let accepted: Vec<usize> =
        trials.filter_map(|regions| Register::new(1, regions).ok()).map(|register| register.len()).collect();
    let large = accepted.iter().filter(|&&regions| regions > 5).count();
    assert!((30..270).contains(&accepted.len()) && large > 20, "{} of 300, {large} large", accepted.len());
}
