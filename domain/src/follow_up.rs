//! Follow-up (跟踪督查): which event or which silence makes a task for a person, or a notice. One table for the whole county.
//!
//! Source: R4, R24, R25, R64; the effects of dossier §9. What an event begins waits in a row until its clock has run; then time opens the task or sends
//! the notice. A task never closes anything by itself, and nothing but a person closes a task.
//!
//! A rule begins in one of two ways. [`Cause::Event`]: the event happened, and that cannot be undone. [`Cause::Silence`]: the record waits for
//! somebody; its `waiting` names the rule as long as it does, and the clock stops with it.

mod about;
mod table;
#[cfg(test)]
mod tests;
mod waiting;
mod watch;

use crate::{
    actor::Role,
    clock::{Date, Instant},
    workday,
};

pub use about::About;
pub use table::RULES;
pub use waiting::Waiting;
pub use watch::Watch;

/// Whose task or notice it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addressee {
    /// 县级监管人员
    Regulator,
    /// 安委会办公室
    Commission,
    /// 行业主管部门
    Department,
    /// 局主要负责人、领导小组
    Head,
    /// 企业法定代表人
    Enterprise,
}

impl Addressee {
    /// Every addressee.
    pub const ALL: [Self; 5] = [Self::Regulator, Self::Commission, Self::Department, Self::Head, Self::Enterprise];

    /// Whose account it is.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Regulator => Role::CountyRegulator,
            Self::Commission => Role::CommissionOffice,
            Self::Department => Role::DepartmentOfficer,
            Self::Head => Role::GroupLeader,
            Self::Enterprise => Role::LegalRepresentative,
        }
    }

    /// Stored word: the role's.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.role().id()
    }

    /// From its word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.id() == id)
    }

    /// In both languages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Regulator => "the county's regulators (县级监管人员)",
            Self::Commission => "the commission office (安委会办公室)",
            Self::Department => "the industry department (行业主管部门)",
            Self::Head => "the head and the leading group (主要负责人、领导小组)",
            Self::Enterprise => "the enterprise's legal representative (企业法定代表人)",
        }
    }
}

/// How a rule begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An event of this kind.
    Event(&'static str),
    /// A record waits for somebody.
    Silence,
    /// Another rule fired again: so many times in a row.
    Again(&'static str, u32),
}

/// How long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    None,
    /// To the end of the working day after so many.
    Workdays(u32),
    /// To the end of the day that the record names.
    Named,
}

/// What it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Makes {
    /// A task, to be answered within so many working days.
    Task(u32),
    /// A notice, to be read.
    Notice,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name.
    pub id: &'static str,
    /// How it begins.
    pub cause: Cause,
    /// How long it waits.
    pub wait: Wait,
    /// What it makes.
    pub makes: Makes,
    /// For whom.
    pub to: Addressee,
    /// Days after which it makes another one while the record still waits; 0 for once.
    pub every_days: i64,
    /// Title, Chinese.
    pub zh: &'static str,
    /// Title, English.
    pub en: &'static str,
    /// Row of the dossier or requirement, and whether its number is decided here.
    pub basis: &'static str,
}

impl Rule {
    /// When its clock has run, begun at an instant. `named` is the day that the record names.
    #[must_use]
    pub fn due(&self, begun: Instant, named: Option<Date>) -> Instant {
        match (self.wait, named) {
            (Wait::Workdays(days), _) => Instant::end_of(workday::shipped().after(begun.date(), days)),
            (Wait::Named, Some(day)) => Instant::end_of(day).max(begun),
            (Wait::None, _) | (Wait::Named, None) => begun,
        }
    }

    /// When it is due again after it fired, if it is.
    #[must_use]
    pub fn again(&self, fired: Instant) -> Option<Instant> {
        (self.every_days > 0).then(|| fired.plus_days(self.every_days))
    }

    /// Last day for the answer to a task that is opened now.
    #[must_use]
    pub fn answer_by(&self, opened: Instant) -> Option<Date> {
        match self.makes {
            Makes::Task(days) => Some(workday::shipped().after(opened.date(), days)),
            Makes::Notice => None,
        }
    }
}

/// The rule of a name.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// The rules that an event of a kind begins.
pub fn begun_by(kind: &str) -> impl Iterator<Item = &'static Rule> + use<'_> {
    RULES.iter().filter(move |rule| matches!(rule.cause, Cause::Event(cause) if cause == kind))
}

/// The rules that follow when one fired for the `times`-th time in a row; the highest that applies.
#[must_use]
pub fn again(fired: &str, times: u32) -> Option<&'static Rule> {
    let matching = RULES.iter().filter_map(|rule| match rule.cause {
        Cause::Again(of, least) if of == fired && least <= times => Some((least, rule)),
        _ => None,
    });
    matching.max_by_key(|(least, _)| *least).map(|(_, rule)| rule)
}
