//! About a score of major hazards: most over the whole chain, one refused at acceptance, two overdue, one of them shown to the
//! province, two that never get further than their papers.

use super::{Act, Acts};
use crate::{
    calendar::{Day, Month},
    chance::Chance,
    story::catalogue::Firm,
};

/// One step of a dossier.
#[derive(Clone, Debug)]
pub enum Step {
    /// Judged major on the day itself.
    Identify(Day),
    /// The five elements.
    Complete(Day),
    /// Sent to the three bodies.
    File,
    /// All three confirm.
    Confirm,
    /// Listed until a day.
    List(Day),
    /// Progress of a month under treatment, percent.
    Progress(Month, u32),
    /// Treatment ended.
    Finish,
    /// An institution concludes.
    Assess(bool),
    /// Acceptance asked for.
    Apply,
    /// Accepted, or refused with a new deadline.
    Decide(Option<Day>),
    /// Struck off.
    StrikeOff,
}

/// How a dossier goes.
#[derive(Clone, Copy)]
enum Course {
    Whole,
    RefusedOnce,
    FailedAssessment,
    Escalated,
    Overdue,
    OnlyFiled,
    OnlyIdentified,
}

use Course::{Escalated, FailedAssessment, OnlyFiled, OnlyIdentified, Overdue, RefusedOnce, Whole};

/// County, course, day of discovery.
const DOSSIERS: [(&str, Course, Day); 20] = [
    ("bs-longyang", Whole, Day::new(2015, 8, 29)),
    ("bs-longyang", RefusedOnce, Day::new(2015, 9, 2)),
    ("bs-longyang", Overdue, Day::new(2015, 9, 8)),
    ("bs-longyang", Whole, Day::new(2015, 9, 24)),
    ("bs-shidian", Whole, Day::new(2015, 9, 1)),
    ("bs-shidian", OnlyIdentified, Day::new(2015, 10, 12)),
    ("bs-tengchong", Escalated, Day::new(2015, 8, 29)),
    ("bs-tengchong", Whole, Day::new(2015, 9, 4)),
    ("bs-tengchong", FailedAssessment, Day::new(2015, 9, 10)),
    ("bs-longling", Whole, Day::new(2015, 9, 3)),
    ("bs-longling", OnlyFiled, Day::new(2015, 10, 8)),
    ("bs-changning", Whole, Day::new(2015, 9, 7)),
    ("bs-changning", RefusedOnce, Day::new(2015, 9, 14)),
    ("bs-changning", Overdue, Day::new(2015, 9, 17)),
    ("bs-longyang", Whole, Day::new(2015, 10, 21)),
    ("bs-shidian", RefusedOnce, Day::new(2015, 10, 28)),
    ("bs-tengchong", FailedAssessment, Day::new(2015, 11, 4)),
    ("bs-longling", Overdue, Day::new(2015, 11, 11)),
    ("bs-changning", Whole, Day::new(2015, 11, 18)),
    ("bs-tengchong", OnlyFiled, Day::new(2015, 12, 15)),
];

/// Keys of dossiers begin here, so that they never meet a hazard's.
pub const FIRST_KEY: u32 = 1_000_000;

/// Key of the dossier that is shown to the province and ordered about by the city.
pub const ESCALATED_KEY: u32 = FIRST_KEY + 6;

/// Adds the steps. Enterprises are mines and chemical ones that were approved before September.
pub(super) fn plan(firms: &[Firm], seed: u64, acts: &mut Acts) {
    let mut chance = Chance::new(seed, "dossiers");
    for (number, (county, course, found_on)) in DOSSIERS.into_iter().enumerate() {
        let able: Vec<&Firm> = firms
            .iter()
            .filter(|firm| firm.county == county && matches!(firm.group, 'K' | 'H'))
            .filter(|firm| firm.admission.approved_on().is_some_and(|on| on < Day::new(2015, 8, 29)))
            .collect();
        if able.is_empty() {
            continue;
        }
        let firm = chance.pick(&able).index;
        let key = FIRST_KEY + number as u32;
        for (day, step) in steps(course, found_on) {
            // An hour later than everything else of the day, so that a declaration's figures stand still while it is signed.
            acts.entry(day.at(11, 0)).or_default().entry(firm).or_default().push(Act::Dossier(key, step));
        }
    }
}

fn steps(course: Course, found_on: Day) -> Vec<(Day, Step)> {
    let after = |days| found_on.plus(days);
    let mut steps = vec![(found_on, Step::Identify(found_on))];
    if matches!(course, OnlyIdentified) {
        return steps;
    }
    steps.extend([(after(1), Step::Complete(after(60))), (after(1), Step::File), (after(2), Step::Confirm)]);
    match course {
        OnlyIdentified | OnlyFiled => {}
        Whole => {
            steps.extend([
                (after(3), Step::List(after(33))),
                (after(10), Step::Progress(reported(after(10)), 40)),
                (after(21), Step::Finish),
            ]);
            steps.extend(acceptance(after(22)));
        }
        FailedAssessment => {
            steps.extend([(after(3), Step::List(after(45))), (after(14), Step::Finish), (after(16), Step::Assess(false))]);
            steps.push((after(25), Step::Finish));
            steps.extend(acceptance(after(26)));
        }
        RefusedOnce => {
            steps.extend([(after(3), Step::List(after(25))), (after(14), Step::Finish), (after(15), Step::Assess(true))]);
            steps.extend([(after(15), Step::Apply), (after(18), Step::Decide(Some(after(40)))), (after(30), Step::Finish)]);
            steps.extend(acceptance(after(31)));
        }
        Overdue => steps.extend([(after(3), Step::List(after(20))), (after(15), Step::Progress(reported(after(15)), 15))]),
        Escalated => {
            // Listed until 10 September; thirty days behind that the province sees it.
            steps.extend([
                (after(3), Step::List(Day::new(2015, 9, 10))),
                (Day::new(2015, 10, 3), Step::Progress(Month::new(2015, 9), 55)),
            ]);
            steps.push((Day::new(2015, 10, 26), Step::Finish));
            steps.extend(acceptance(Day::new(2015, 10, 27)));
        }
    }
    steps
}

/// The month whose progress is told on a day: up to the 5th the one before, which is due then.
fn reported(day: Day) -> Month {
    day.plus(-5).month()
}

fn acceptance(from: Day) -> [(Day, Step); 4] {
    [(from, Step::Assess(true)), (from, Step::Apply), (from.plus(3), Step::Decide(None)), (from.plus(4), Step::StrikeOff)]
}
