//! The clocks that run over one record.

use std::collections::BTreeMap;

use super::{Cause, Waiting, rule};
use crate::{clock::Instant, event::Event, industry::IndustryCode, serial::Serial};

/// What is watched over one record: each rule with its instant, or with none once it has fired and the record still waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The record, by the path of its name.
    pub about: String,
    /// Its enterprise.
    pub enterprise: Option<Serial>,
    /// Its industry category.
    pub industry: Option<IndustryCode>,
    /// Rules by name.
    pub running: BTreeMap<String, Option<Instant>>,
}

impl Watch {
    /// Nothing runs yet.
    #[must_use]
    pub const fn new(about: String, enterprise: Option<Serial>, industry: Option<IndustryCode>) -> Self {
        Self { about, enterprise, industry, running: BTreeMap::new() }
    }

    /// Lets the clocks of what the record waits for run, and stops those of what it waits for no more.
    pub fn settle(&mut self, waiting: &Waiting, now: Instant) {
        self.running.retain(|id, _| {
            let silence = rule(id).is_some_and(|rule| rule.cause == Cause::Silence);
            !silence || waiting.iter().any(|(waits, _)| waits == id)
        });
        for (id, named) in waiting {
            if let Some(rule) = rule(id).filter(|_| !self.running.contains_key(*id)) {
                self.running.insert((*id).to_owned(), Some(rule.due(now, *named)));
            }
        }
    }

    /// An event begins a rule.
    pub fn begin(&mut self, id: &str, now: Instant) {
        if let Some(rule) = rule(id) {
            self.running.insert(id.to_owned(), Some(rule.due(now, None)));
        }
    }

    /// A rule has fired: what an event began is over, what the record waits for rests or comes again.
    pub fn fired(&mut self, id: &str, at: Instant) {
        match rule(id) {
            Some(rule) if rule.cause == Cause::Silence => {
                if let Some(due) = self.running.get_mut(id) {
                    *due = rule.again(at);
                }
            }
            _ => {
                self.running.remove(id);
            }
        }
    }

    /// The next instant at which a clock has run.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.running.values().flatten().min().copied()
    }

    /// The rules whose clocks have run by an instant, in the order of their names.
    pub fn due_by(&self, at: Instant) -> impl Iterator<Item = &str> {
        self.running.iter().filter(move |(_, due)| due.is_some_and(|due| due <= at)).map(|(id, _)| id.as_str())
    }

    /// The event by which a rule fires.
    #[must_use]
    pub fn fire(&self, id: &str, at: Instant) -> Option<Event> {
        let rule = rule(id)?;
        let (rule_id, about) = (id.to_owned(), self.about.clone());
        let (enterprise, industry) = (self.enterprise, self.industry);
        Some(match rule.answer_by(at) {
            Some(due) => {
                crate::event::TaskOpened { rule: rule_id, about, enterprise, industry, to: rule.to, demand: String::new(), due }
                    .into()
            }
            None => crate::event::NoticeSent {
                rule: rule_id,
                about,
                enterprise,
                industry,
                to: rule.to,
                title: String::new(),
                text: String::new(),
            }
            .into(),
        })
    }

    /// As one line of text: `rule=instant`, or `rule=-`, by spaces.
    #[must_use]
    pub fn text(&self) -> String {
        let one =
            |(id, due): (&String, &Option<Instant>)| format!("{id}={}", due.map_or("-".to_owned(), |due| due.ms().to_string()));
        self.running.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Back from that line; `None` if it is no such line.
    #[must_use]
    pub fn running_from(text: &str) -> Option<BTreeMap<String, Option<Instant>>> {
        let read = |one: &str| {
            let (id, due) = one.split_once('=')?;
            let due = if due == "-" { None } else { Some(Instant::from_ms(due.parse().ok()?)) };
            Some((id.to_owned(), due))
        };
        text.split(' ').filter(|one| !one.is_empty()).map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Date;

    fn at(day: i8) -> Instant {
        Instant::start_of(Date::constant(2015, 9, day)).plus_ms(9 * 3_600_000)
    }

    fn watch() -> Watch {
        Watch::new("hazards/1-7".to_owned(), None, None)
    }

    #[test]
    fn a_clock_runs_as_long_as_the_record_waits() {
        let mut watch = watch();
        let waiting: Waiting = vec![("extension_undecided", None)];
        watch.settle(&waiting, at(7));
        let due = watch.due().unwrap();
        assert_eq!(due, Instant::end_of(Date::constant(2015, 9, 14)));
        watch.settle(&waiting, at(9));
        assert_eq!(watch.due(), Some(due), "it began once");
        watch.settle(&Vec::new(), at(10));
        assert_eq!((watch.due(), watch.running.len()), (None, 0), "decided in time");
    }

    #[test]
    fn a_rule_fires_once_while_the_record_waits_and_again_when_it_waits_anew() {
        let mut watch = watch();
        let waiting: Waiting = vec![("extension_undecided", None)];
        watch.settle(&waiting, at(7));
        let due = watch.due().unwrap();
        assert_eq!(watch.due_by(due).collect::<Vec<_>>(), ["extension_undecided"]);
        assert!(matches!(watch.fire("extension_undecided", due), Some(Event::TaskOpened(_))));
        watch.fired("extension_undecided", due);
        watch.settle(&waiting, at(20));
        assert_eq!(watch.due(), None);
        watch.settle(&Vec::new(), at(21));
        watch.settle(&waiting, at(22));
        assert!(watch.due().is_some());
    }

    #[test]
    fn what_an_event_began_fires_once_for_each_event() {
        let mut watch = watch();
        watch.begin("hazard_overdue", at(7));
        watch.begin("hazard_overdue_notice", at(7));
        watch.settle(&Vec::new(), at(7));
        assert_eq!(watch.due_by(at(7)).count(), 2, "nobody's waiting ends it");
        assert!(matches!(watch.fire("hazard_overdue_notice", at(7)), Some(Event::NoticeSent(_))));
        watch.fired("hazard_overdue", at(7));
        watch.fired("hazard_overdue_notice", at(7));
        assert!(watch.running.is_empty());
    }

    #[test]
    fn some_come_again_while_the_record_waits() {
        let mut watch = Watch::new("measures/1-9".to_owned(), None, None);
        watch.settle(&vec![("blacklist_sampling", None)], at(7));
        assert_eq!(watch.due(), Some(at(7)));
        watch.fired("blacklist_sampling", at(7));
        assert_eq!(watch.due(), Some(at(7).plus_days(184)));
    }

    #[test]
    fn the_line_of_text_reads_back() {
        let mut watch = watch();
        watch.begin("hazard_overdue", at(7));
        watch.settle(&vec![("extension_undecided", None)], at(7));
        watch.fired("extension_undecided", at(20));
        assert_eq!(Watch::running_from(&watch.text()).as_ref(), Some(&watch.running));
        assert_eq!(Watch::running_from("what"), None);
    }
}
