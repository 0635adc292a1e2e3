//! Who may know of an inspection (R20; dossier IN2): departments those of their industry, experts those to which they are assigned, enterprises
//! what was fed back to them, and of a covert visit nobody outside before it happened.

use super::Inspection;
use crate::actor::{Actor, Role};

/// Roles that plan and oversee inspections.
pub const SUPERVISORS: [Role; 4] = [Role::Administrator, Role::CountyRegulator, Role::DepartmentOfficer, Role::CommissionOffice];

/// How somebody looks at inspections, beside the row scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    Supervisor,
    /// What this account is assigned to.
    Assigned(String),
    /// What was fed back.
    Told,
    /// Everything but covert visits before they happened.
    Bystander,
}

impl Sight {
    /// How an actor looks.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        match actor {
            Actor::Account { id, scope, .. } => {
                if scope.enterprise.is_some() || actor.is_of_enterprise() {
                    Self::Told
                } else if SUPERVISORS.iter().any(|role| actor.is(*role)) {
                    Self::Supervisor
                } else if actor.is(Role::Expert) {
                    Self::Assigned(id.to_string())
                } else {
                    Self::Bystander
                }
            }
            Actor::Time | Actor::Operator => Self::Supervisor,
            Actor::Region(_) | Actor::Door => Self::Bystander,
        }
    }
}

impl Inspection {
    /// Whether an actor may know of it. What they may not know of is answered as not found.
    #[must_use]
    pub fn is_seen_by(&self, actor: &Actor) -> bool {
        actor.sees(self.enterprise, self.industry)
            && match Sight::of(actor) {
                Sight::Supervisor => true,
                Sight::Assigned(account) => self.accounts.contains(&account),
                Sight::Told => self.is_told(),
                Sight::Bystander => !self.covert || self.state.has_happened(),
            }
    }
}
