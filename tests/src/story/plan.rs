//! The seeded plan: who does what at which instant. It is made before anything runs and knows nothing of the programs.

use std::collections::BTreeMap;

use super::{behaviour::Behaviour, catalogue::Firm};
use crate::{
    calendar::{Day, Month},
    chance::Chance,
};

mod declarations;
pub mod dossiers;
mod hazards;

/// First day of the story.
pub const BEGIN: Day = Day::new(2015, 8, 1);
/// Last day on which anybody acts.
pub const END: Day = Day::new(2016, 1, 12);
/// Months whose declarations are played.
pub const MONTHS: [Month; 5] =
    [Month::new(2015, 8), Month::new(2015, 9), Month::new(2015, 10), Month::new(2015, 11), Month::new(2015, 12)];
/// The same as one span: what is left of the third quarter, and the fourth.
pub const SPAN: &str = "2015-08..2015-12";

/// One act of somebody at an enterprise.
#[derive(Clone, Debug)]
pub enum Act {
    /// A self-inspection.
    Inspect(Day),
    /// A general hazard is registered. The key is the plan's own number for it.
    Find(u32, Find),
    /// Somebody must rectify it by a day.
    Assign(u32, Day),
    /// Rectified.
    Report(u32),
    /// Looked at again; `Some` is the new deadline of a failure.
    Reinspect(u32, Option<Day>),
    /// Accepted.
    Accept(u32),
    /// Struck off.
    StrikeOff(u32),
    /// The declaration of a month: read, signed, filed.
    Declare(Month),
    /// A step of a major hazard.
    Dossier(u32, dossiers::Step),
}

/// What is found.
#[derive(Clone, Debug)]
pub struct Find {
    /// Day of discovery.
    pub on: Day,
    /// Category.
    pub category: &'static str,
    /// What is wrong.
    pub description: String,
}

/// Acts by instant, then by enterprise, each enterprise's in order.
pub type Acts = BTreeMap<i64, BTreeMap<usize, Vec<Act>>>;

/// Collects the acts of one enterprise.
struct Diary<'a> {
    acts: &'a mut Acts,
    firm: usize,
    keys: u32,
}

impl Diary<'_> {
    /// At the usual hour of a day; what lies behind the story's end is left out.
    fn on(&mut self, day: Day, act: Act) {
        self.at(day.at(10, 0), act);
    }

    fn at(&mut self, instant_ms: i64, act: Act) {
        if instant_ms < END.end_ms() {
            self.acts.entry(instant_ms).or_default().entry(self.firm).or_default().push(act);
        }
    }

    fn key(&mut self) -> u32 {
        self.keys += 1;
        self.keys
    }
}

/// Plans everything. `scale` multiplies the number of general hazards.
pub fn acts(firms: &[Firm], behaviour: &Behaviour, seed: u64, scale: f64) -> Acts {
    let mut acts = Acts::new();
    for firm in firms {
        let Some(approved_on) = firm.admission.approved_on() else { continue };
        let mut chance = Chance::new(seed, &format!("enterprise {}", firm.index));
        let mut diary = Diary { acts: &mut acts, firm: firm.index, keys: 0 };
        for month in MONTHS {
            if month.last() > approved_on {
                plan_month(firm, behaviour, month, approved_on, scale, &mut chance, &mut diary);
            }
        }
    }
    declarations::around_midnight(firms, &mut acts);
    dossiers::plan(firms, seed, &mut acts);
    acts
}

fn plan_month(
    firm: &Firm,
    behaviour: &Behaviour,
    month: Month,
    approved_on: Day,
    scale: f64,
    chance: &mut Chance,
    diary: &mut Diary<'_>,
) {
    let county = behaviour.county(firm.county);
    let declared = declarations::choose(county, month, chance);
    // Half of those that do not declare do not look for hazards either.
    if declared.is_none() && chance.happens(0.5) {
        return;
    }
    let first = month.first().max(approved_on.plus(1));
    let inspected_on = first.plus(chance.between(0, month.last().since(first)));
    diary.on(inspected_on, Act::Inspect(inspected_on));
    if !chance.happens(county.zero_report) {
        let group = behaviour.group(firm.group);
        let mean = group.mean_hazards * behaviour.month_factor(month) * scale;
        for _ in 0..chance.negative_binomial(mean, group.dispersion) {
            hazards::plan(county, group, inspected_on, chance, diary);
        }
    }
    if let Some(at) = declared {
        diary.at(at, Act::Declare(month));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::catalogue::firms;

    #[test]
    fn a_seed_gives_one_plan_whose_acts_come_in_a_possible_order() {
        let (firms, behaviour) = (firms(1, 1.0), Behaviour::read());
        let acts = acts(&firms, &behaviour, 1, 1.0);
        assert_eq!(format!("{acts:?}"), format!("{:?}", super::acts(&firms, &behaviour, 1, 1.0)));
        let count =
            |wanted: fn(&Act) -> bool| acts.values().flat_map(|at| at.values().flatten()).filter(|act| wanted(act)).count();
        let (found, off) = (count(|act| matches!(act, Act::Find(..))), count(|act| matches!(act, Act::StrikeOff(_))));
        assert!(found > 4_000 && off < found, "{found} found, {off} struck off");
        assert!(count(|act| matches!(act, Act::Declare(_))) > 3_000);
        for (at, by_firm) in &acts {
            for act in by_firm.values().flatten() {
                if let Act::Assign(_, deadline) = act {
                    assert!(deadline.end_ms() > *at && deadline.since(Day::of(*at)) <= 30);
                }
            }
        }
    }
}
