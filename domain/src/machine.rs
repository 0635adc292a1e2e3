//! The state machines of a county's records: which event may follow which state. One table decides for every record.
//!
//! The table is `deploy/data/transitions.csv`, one row for each (from, event, to); its sources and the holes that it settles are in
//! `docs/adr/0015-transitions.md`. What else an event needs (who, which fields, by when) stands with the record's own rules.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::csv_table::{TableFault, rows};

const TABLE: &str = include_str!("../../deploy/data/transitions.csv");

/// A test proves that the shipped table parses; from a broken one nothing would follow at all.
static TRANSITIONS: LazyLock<Vec<Transition>> =
    LazyLock::new(|| parse(TABLE).unwrap_or_default().into_iter().filter(|row| !is_disabled(row)).collect());

/// A test of the tests takes one transition away and wants to see a failure; nothing else can.
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test is told by its environment")]
fn is_disabled(row: &Transition) -> bool {
    let path = format!("{}/{}/{}", row.machine.id(), row.from, row.event);
    std::env::var("changxiao_disabled_transition").is_ok_and(|disabled| disabled == path)
}

#[cfg(not(test))]
const fn is_disabled(_: &Transition) -> bool {
    false
}

static BY_STEP: LazyLock<BTreeMap<(Machine, &'static str, &'static str), &'static Transition>> =
    LazyLock::new(|| TRANSITIONS.iter().map(|row| ((row.machine, row.from, row.event), row)).collect());

/// State before the first event.
pub const BEGINNING: &str = "-";
/// Stands for the state as it was: the event only sets a flag.
pub const SAME: &str = "=";

/// A kind of record with states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Machine {
    /// 纳入监管
    Admission,
    /// 月度申报
    Declaration,
    /// 自检自查
    SelfInspection,
    /// 一般隐患
    GeneralHazard,
    /// 重大隐患
    MajorHazard,
    /// 检查
    Inspection,
    /// 督办
    Directive,
    /// 措施
    Measure,
}

impl Machine {
    /// Every machine in the order of the dossier.
    pub const ALL: [Self; 8] = [
        Self::Admission,
        Self::Declaration,
        Self::SelfInspection,
        Self::GeneralHazard,
        Self::MajorHazard,
        Self::Inspection,
        Self::Directive,
        Self::Measure,
    ];

    /// Identifier in the table.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Admission => "admission",
            Self::Declaration => "declaration",
            Self::SelfInspection => "self_inspection",
            Self::GeneralHazard => "general_hazard",
            Self::MajorHazard => "major_hazard",
            Self::Inspection => "inspection",
            Self::Directive => "directive",
            Self::Measure => "measure",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Kind of record.
    pub machine: Machine,
    /// Row of the dossier's section 9, such as `GH5`.
    pub id: &'static str,
    /// State before, [`BEGINNING`] for a record that the event makes.
    pub from: &'static str,
    /// What happens, as a verb.
    pub event: &'static str,
    /// State after; equal to `from` where only a flag is set.
    pub to: &'static str,
    /// Flag that it sets, or empty.
    pub flag: &'static str,
}

/// Every transition, in the order of the table.
#[must_use]
pub fn all() -> &'static [Transition] {
    &TRANSITIONS
}

/// The transition that an event makes from a state, if it may follow.
#[must_use]
pub fn step(machine: Machine, from: &str, event: &str) -> Option<&'static Transition> {
    BY_STEP.get(&(machine, from, event)).copied()
}

/// The transition that an event makes from a state; [`BEGINNING`] for a record that it makes.
///
/// # Errors
/// It may not follow: the states from which it would, in the order of the table.
pub fn follow(machine: Machine, from: &str, event: &str) -> Result<&'static Transition, Vec<&'static str>> {
    step(machine, from, event).ok_or_else(|| {
        TRANSITIONS.iter().filter(|row| row.machine == machine && row.event == event).map(|row| row.from).collect()
    })
}

/// Declares the states of a record: name, identifier in the table and in the database, words in both languages.
#[macro_export]
macro_rules! states {
    ($($name:ident $id:literal $words:literal;)*) => {
        /// Where a record stands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum State { $(#[doc = $words] $name,)* }

        impl State {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Identifier in the table of transitions and in the database.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// From its identifier.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.id() == id)
            }

            /// In messages, both languages.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            /// States named by their identifiers, in words.
            fn in_words(ids: &[&str]) -> String {
                let states = Self::ALL.iter().filter(|state| ids.contains(&state.id()));
                states.map(|state| state.words()).collect::<Vec<_>>().join(", ")
            }
        }
    };
}

fn parse(text: &'static str) -> Result<Vec<Transition>, TableFault> {
    rows("transitions.csv", text)?
        .iter()
        .map(|row| {
            let machine = Machine::ALL.into_iter().find(|machine| machine.id() == row.field(0));
            let machine = machine.ok_or_else(|| row.fault(format!("`{}` is not a machine", row.field(0))))?;
            let (from, to) = (row.field(2), row.field(4));
            Ok(Transition {
                machine,
                id: row.field(1),
                from,
                event: row.field(3),
                to: if to == SAME { from } else { to },
                flag: row.field(6),
            })
        })
        .collect()
}

/// The proof that a record's rules and the table as shipped are one: every event of the table on every state.
///
/// `states` are the identifiers of all states. `attempt(from, event)` tries an event with everything else in order, from [`BEGINNING`]
/// the one that makes the record, and gives the state after, or nothing if it was refused. `beyond` are events that no rule carries out yet.
#[cfg(test)]
pub(crate) fn prove(
    machine: Machine,
    states: &[&'static str],
    beyond: &[&str],
    attempt: impl Fn(&str, &str) -> Option<&'static str>,
) {
    let table: Vec<_> = parse(TABLE).unwrap_or_default().into_iter().filter(|row| row.machine == machine).collect();
    for row in &table {
        assert!(row.from == BEGINNING || states.contains(&row.from), "{}: no such state as {}", row.id, row.from);
        assert!(states.contains(&row.to), "{}: no such state as {}", row.id, row.to);
    }
    let events: std::collections::BTreeSet<_> =
        table.iter().map(|row| row.event).filter(|event| !beyond.contains(event)).collect();
    for event in events {
        let makes = table.iter().any(|row| row.from == BEGINNING && row.event == event);
        let before: &[&str] = if makes { &[BEGINNING] } else { states };
        for from in before {
            let row = table.iter().find(|row| (row.from, row.event) == (*from, event));
            let expected = row.map(|row| row.to);
            assert_eq!(attempt(from, event), expected, "{} {event} from {from}", row.map_or("against the table:", |row| row.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_shipped_table_parses_and_every_step_has_one_outcome() {
        let parsed = parse(TABLE).unwrap();
        assert_eq!(BY_STEP.len(), parsed.len(), "one row for each (from, event)");
        assert!(parsed.len() >= 150, "{}", parsed.len());
    }

    #[test]
    fn every_state_is_reached_from_the_beginning() {
        for machine in Machine::ALL {
            let rows: Vec<_> = all().iter().filter(|row| row.machine == machine).collect();
            let mut reached = BTreeSet::from([BEGINNING]);
            while let Some(row) = rows.iter().find(|row| reached.contains(row.from) && !reached.contains(row.to)) {
                reached.insert(row.to);
            }
            for row in rows {
                assert!(reached.contains(row.from), "{}: nothing leads to {}", row.id, row.from);
            }
        }
    }

    #[test]
    fn a_flag_says_what_an_event_does_that_leaves_the_state() {
        for row in all().iter().filter(|row| row.from == row.to) {
            assert!(!row.flag.is_empty(), "{} {} {}", row.id, row.from, row.event);
        }
    }

    #[test]
    fn every_row_of_the_dossier_is_there() {
        let ids: BTreeSet<_> = all().iter().map(|row| row.id).collect();
        for (prefix, last) in [("AD", 14), ("MD", 14), ("SI", 8), ("GH", 15), ("MH", 23), ("IN", 16), ("DI", 15)] {
            for number in 1..=last {
                assert!(ids.contains(format!("{prefix}{number}").as_str()), "{prefix}{number}");
            }
        }
    }
}
