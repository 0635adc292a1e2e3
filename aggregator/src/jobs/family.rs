//! The direct children of one region by the register in force: a follower and a courier for each that has an address.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use changxiao_domain::{region::RegionId, register::Region};
use changxiao_tier::{channel::stopped, desk::Host, fault::Fault, protocol::follow::Pace};
use ring::rand::SecureRandom;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tonic::transport::Channel;

use super::{courier, follower, neighbour::Neighbour, refresh::Refresh};
use crate::{
    book::Ledger,
    freshness::Freshness,
    grpc::regions::put_in_force,
    store::{links, through},
};

/// How often the register is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A channel to a child at its address; the words say why there can be none.
pub type Dial = Arc<dyn Fn(&Region, &str) -> Result<Channel, String> + Send + Sync>;

/// What the family of one region is made of.
pub struct Family {
    /// The region.
    pub host: Arc<Host<Ledger>>,
    /// Shared with the feed and statistics.
    pub freshness: Freshness,
    /// Reaches children.
    pub dial: Dial,
    /// How fast to follow.
    pub pace: Pace,
    /// Spreads waits.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Turned when people change a link; see [`Stir`].
    pub stir: Stir,
    /// Those who want a pull find the followers here.
    pub refresh: Refresh,
}

/// Wakes followers after people changed a link. Clones share it.
#[derive(Clone, Debug)]
pub struct Stir(watch::Sender<u64>);

impl Default for Stir {
    fn default() -> Self {
        Self(watch::channel(0).0)
    }
}

impl Stir {
    /// Something changed.
    pub fn stir(&self) {
        self.0.send_modify(|turn| *turn = turn.wrapping_add(1));
    }
}

impl Family {
    /// Starts the family on its own task, which ends when `stop` turns true.
    #[must_use]
    pub fn start(self, stop: watch::Receiver<bool>) -> JoinHandle<()> {
        tokio::spawn(async move {
            tokio::select! {
                () = self.keep() => {}
                () = stopped(stop) => {}
            }
        })
    }

    /// Goes on from what was written before the last stop.
    async fn resume(&self) -> Result<(), Fault> {
        put_in_force(&self.host).await?;
        let written = through::all(&self.host.read).await?;
        self.freshness.update(written.into_iter().map(|(_, through)| through));
        for (child, quarantine) in links::quarantined(&self.host.read).await? {
            self.freshness.quarantine(&child, quarantine.reason, quarantine.since);
        }
        Ok(())
    }

    async fn keep(self) {
        if let Err(fault) = self.resume().await {
            tracing::error!(region = %self.host.place.region, "what was written before the last stop cannot be read: {fault}");
        }
        let mut tasks: BTreeMap<RegionId, (String, Tasks)> = BTreeMap::new();
        let mut version = 0;
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            let place = &self.host.place;
            let register = place.registers.current();
            if register.version() != version {
                version = register.version();
                // Keys may be known now that were missing.
                self.stir.stir();
            }
            let children = register.children(&place.region, place.clock.now().date());
            let now: BTreeMap<RegionId, (&Region, &String)> = children
                .into_iter()
                .filter_map(|child| Some((child.id.clone(), (child, child.federation_address.as_ref()?))))
                .collect();
            tasks.retain(|child, (address, _)| now.get(child).is_some_and(|(_, at)| *at == address));
            for (child, (region, address)) in now {
                if tasks.contains_key(&child) {
                    continue;
                }
                match (self.dial)(region, address) {
                    Ok(channel) => {
                        tracing::info!(region = %place.region, child = %child, address, "follows a child");
                        tasks.insert(child.clone(), (address.clone(), self.tasks(child, channel)));
                    }
                    Err(why) => {
                        if self.freshness.note(&child, Some(&why)) {
                            tracing::error!(region = %place.region, child = %child, address, "the child cannot be dialled: {why}");
                        }
                    }
                }
            }
        }
    }

    fn tasks(&self, child: RegionId, channel: Channel) -> Tasks {
        let wanted = self.refresh.of(&child);
        let neighbour = Neighbour {
            host: self.host.clone(),
            child,
            channel,
            pace: self.pace,
            random: self.random.clone(),
            freshness: self.freshness.clone(),
            stirred: self.stir.0.subscribe(),
            witnessed: Arc::new(Notify::new()),
        };
        Tasks([tokio::spawn(follower::follow(neighbour.clone(), wanted)), tokio::spawn(courier::deliver(neighbour))])
    }
}

/// Tasks that end with this value.
struct Tasks([JoinHandle<()>; 2]);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}
