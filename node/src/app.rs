//! What people can do in a county, noun by noun: each command names its needs and lets the domain decide.

pub mod declarations;
pub mod deputies;
pub mod directives;
pub mod documents;
pub mod dossiers;
pub mod enterprises;
pub mod evidence;
pub mod hazards;
pub mod inspections;
pub mod officers;
pub mod rules;
pub mod self_inspections;

use changxiao_domain::{actor::Actor, event::Event, refusal::Refusal, serial::Serial, stamp::Moment};
use changxiao_tier::writer::{Command, Decision};

use crate::book::{CountyBook, Known, Needs};

/// A command of a county.
pub type CountyCommand = Box<dyn Command<CountyBook>>;

/// A thing addressed by its serial, with the version that the caller saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub serial: Serial,
    /// Version seen, if the caller named one.
    pub seen: Option<u64>,
}

/// A command made of what it needs and how it decides.
pub(crate) struct Plain<N, D> {
    /// Names the needs.
    pub needs: N,
    /// Decides: one event or several, and the subject they concern.
    pub decide: D,
}

/// A command of which some needs show only once others are loaded.
pub(crate) struct Stepwise<N, T, D> {
    /// Names the first needs.
    pub needs: N,
    /// Names those that follow from what was loaded.
    pub then: T,
    /// Decides: one event or several, and the subject they concern.
    pub decide: D,
}

/// What a decision brings: one event, or several in order.
pub(crate) trait Events: Send {
    fn in_order(self) -> Vec<Event>;
}

impl Events for Event {
    fn in_order(self) -> Vec<Event> {
        vec![self]
    }
}

impl Events for Vec<Event> {
    fn in_order(self) -> Vec<Event> {
        self
    }
}

impl<N, D, E> Command<CountyBook> for Plain<N, D>
where
    N: Fn(&mut Needs) + Send + Sync,
    D: FnOnce(&Actor, Moment, &Known) -> Result<(E, String), Refusal> + Send + Sync,
    E: Events,
{
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        (self.needs)(needs);
    }

    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, known: &Known) -> Result<Decision<CountyBook>, Refusal> {
        let (events, subject) = (self.decide)(actor, moment, known)?;
        Ok(Decision { events: events.in_order(), subject, outside: None })
    }
}

impl<N, T, D, E> Command<CountyBook> for Stepwise<N, T, D>
where
    N: Fn(&Actor, &mut Needs) + Send + Sync,
    T: Fn(&Known, &mut Needs) + Send + Sync,
    D: FnOnce(&Actor, Moment, &Known) -> Result<(E, String), Refusal> + Send + Sync,
    E: Events,
{
    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        (self.needs)(actor, needs);
    }

    fn then(&self, known: &Known, needs: &mut Needs) {
        (self.then)(known, needs);
    }

    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, known: &Known) -> Result<Decision<CountyBook>, Refusal> {
        let (events, subject) = (self.decide)(actor, moment, known)?;
        Ok(Decision { events: events.in_order(), subject, outside: None })
    }
}
