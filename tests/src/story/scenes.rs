//! What happens beside the daily acts of the enterprises, and when.

use std::collections::BTreeMap;

use super::{
    catalogue::Firm,
    plan::{Acts, SPAN},
    stage::Stage,
};
use crate::calendar::Day;

mod admission;
mod cut;
mod opening;
mod refusals;
mod regions;
mod supervision;

/// The county that is cut off for a week.
pub const CUT_COUNTY: &str = "bs-changning";

/// One scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Accounts are made, all enterprises proposed.
    Opening,
    /// The county asks, the city decides, for the enterprises of this day.
    Admission(Day),
    /// A declaration before its month is over.
    TooEarly,
    /// A signature that no longer covers the figures; a declaration not owed, filed twice, repeated.
    Declarations,
    /// The city orders a county to see to a major hazard.
    Supervision,
    /// The line to a county is cut.
    Cut,
    /// What city and province say meanwhile.
    CutOff,
    /// The line is mended.
    Mended,
    /// Both sides of midnight on 5 October.
    Midnight,
    /// The province sees the dossier that is long overdue.
    Escalation,
    /// Figures of every tier against the oracle's.
    Compare(&'static str, &'static [&'static str]),
    /// 腾冲县 became 腾冲市.
    CodeChange,
}

/// The scenes by instant.
pub fn script(firms: &[Firm]) -> BTreeMap<i64, Vec<Scene>> {
    let mut script: BTreeMap<i64, Vec<Scene>> = BTreeMap::new();
    let mut put = |day: Day, hour: i64, scene: Scene| {
        let scenes = script.entry(day.at(hour, 0)).or_default();
        if !scenes.contains(&scene) {
            scenes.push(scene);
        }
    };
    let august = |day| Day::new(2015, 8, day);
    let september = |day| Day::new(2015, 9, day);
    let october = |day| Day::new(2015, 10, day);
    put(august(1), 9, Scene::Opening);
    for firm in firms {
        for day in admission::days(firm) {
            put(day, 9, Scene::Admission(day));
        }
    }
    put(august(21), 12, Scene::TooEarly);
    put(august(31), 12, Scene::Compare("August is still running", &["2015-08"]));
    put(september(2), 12, Scene::Declarations);
    put(september(7), 12, Scene::Compare("August is closed", &["2015-08", "2015-09"]));
    put(september(14), 12, Scene::Supervision);
    put(september(18), 12, Scene::Cut);
    put(september(21), 12, Scene::CutOff);
    put(september(25), 12, Scene::Mended);
    put(october(6), 12, Scene::Midnight);
    put(october(7), 12, Scene::Compare("the third quarter is closed", &["2015-08", "2015-09", "2015-Q3"]));
    put(october(13), 12, Scene::Escalation);
    put(Day::new(2015, 11, 10), 12, Scene::CodeChange);
    put(Day::new(2015, 11, 10), 12, Scene::Compare("in the middle of the fourth quarter", &["2015-10", "2015-11", "2015-Q4"]));
    let end = Day::new(2016, 1, 12);
    let all = &["2015-08", "2015-09", "2015-10", "2015-11", "2015-12", "2016-01", "2015-Q3", "2015-Q4", "2015", SPAN];
    put(end, 12, Scene::Compare("the fourth quarter and the year are closed", all));
    script
}

/// Opens a small story of its own: accounts, enterprises, and the approvals of one day.
///
/// # Errors
/// If the story cannot go on.
pub async fn open_and_admit(stage: &mut Stage, day: Day) -> anyhow::Result<()> {
    opening::open(stage).await?;
    admission::admit(stage, day).await
}

/// Plays one scene.
///
/// # Errors
/// If the story cannot go on.
pub async fn play(scene: &Scene, stage: &mut Stage, acts: &Acts) -> anyhow::Result<()> {
    match scene {
        Scene::Opening => opening::open(stage).await,
        Scene::Admission(day) => admission::admit(stage, *day).await,
        Scene::TooEarly => refusals::too_early(stage).await,
        Scene::Declarations => refusals::declarations(stage, acts).await,
        Scene::Supervision => supervision::order(stage).await,
        Scene::Cut => cut::cut(stage).await,
        Scene::CutOff => cut::cut_off(stage).await,
        Scene::Mended => cut::mended(stage).await,
        Scene::Midnight => refusals::midnight(stage).await,
        Scene::Escalation => supervision::escalated(stage).await,
        Scene::Compare(moment, spans) => stage.compare(moment, spans).await,
        Scene::CodeChange => regions::code_change(stage).await,
    }
}
