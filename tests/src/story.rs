//! Baoshan from August to December 2015, two quarters, played on a real network by invented people. Seeded: the same seed plays the same story.
//!
//! Everything goes through the public contract, as clients would: an administrator makes accounts, a county proposes enterprises, a
//! city approves them, enterprises inspect, find, rectify and declare. The business clock of all regions is driven in step. All
//! data are SYNTHETIC.

pub mod behaviour;
pub mod catalogue;
pub mod codes;
pub mod declaring;
pub mod inspecting;
pub mod people;
pub mod plan;
pub mod player;
pub mod road;
pub mod scenes;
pub mod stage;
pub mod table;

use std::collections::BTreeSet;

use crate::world::World;

/// What may be chosen about a story.
#[derive(Clone, Copy, Debug)]
pub struct Choices {
    /// Everything random follows from it.
    pub seed: u64,
    /// Multiplier of the number of general hazards; 1 is what the synthetic tables say.
    pub scale: f64,
    /// Share of the enterprises that exist; 1 is all 2,866.
    pub share: f64,
    /// Say what happens while it happens.
    pub tell: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Choices { seed: 2015, scale: 1.0, share: 1.0, tell: false }
    }
}

/// Plays the whole story on a network that begins at 2015-08-01 00:00 and gives the stage back as it stands at the end.
///
/// # Errors
/// If the story cannot go on. What merely differs from what must be is a finding of the stage.
pub async fn play(world: World, choices: Choices) -> anyhow::Result<stage::Stage> {
    let firms = catalogue::firms(choices.seed, choices.share);
    let acts = plan::acts(&firms, &behaviour::Behaviour::read(), choices.seed, choices.scale);
    let script = scenes::script(&firms);
    let mut stage = stage::Stage::new(world, firms, choices.tell);
    let instants: BTreeSet<i64> = acts.keys().chain(script.keys()).copied().collect();
    for instant in instants {
        stage.advance(instant).await?;
        if let Some(acts) = acts.get(&instant) {
            stage.perform(acts).await?;
        }
        for scene in script.get(&instant).into_iter().flatten() {
            scenes::play(scene, &mut stage, &acts).await?;
        }
    }
    Ok(stage)
}
