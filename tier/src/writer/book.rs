//! What a program keeps besides the journal, and what a command is. The writer knows no noun.

use changxiao_domain::{
    actor::Actor,
    clock::Instant,
    event::Event,
    refusal::Refusal,
    stamp::{Moment, Stamp},
};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use crate::facts::Change;

/// Rows, cells and facts of one program, kept in step with the journal.
pub trait Book: Send + Sync + 'static {
    /// Keys and named lookups that commands ask for, merged over a group.
    type Needs: Default + Send;
    /// Values loaded for a group; they carry the group's earlier decisions.
    type Known: Default + Send;

    /// Names what every command needs whatever it says, such as the month it is received in.
    fn always(&self, _received: Instant, _needs: &mut Self::Needs) {}

    /// Names what an event needs to be applied, for replay.
    fn needs_of(&self, event: &Event, stamp: &Stamp, needs: &mut Self::Needs);

    /// Loads what is needed and not known yet, with one query for each table.
    fn load(
        &self,
        db: &DatabaseTransaction,
        needs: Self::Needs,
        known: &mut Self::Known,
    ) -> impl Future<Output = Result<(), DbErr>> + Send;

    /// What an event itself concerns, if that can be another thing than its command does; such as `hazards/1-204`.
    fn subject_of(&self, _event: &Event) -> Option<String> {
        None
    }

    /// Lets an event take effect. Pure: replay calls the same.
    fn apply(&self, known: &mut Self::Known, event: &Event, stamp: &Stamp);

    /// Writes changed rows in bulk and says which facts follow.
    fn flush(&self, db: &DatabaseTransaction, known: &mut Self::Known)
    -> impl Future<Output = Result<Vec<Change>, DbErr>> + Send;

    /// The earliest instant at which time has something to say about the values known.
    fn due_of(&self, known: &Self::Known) -> Option<Instant>;

    /// Whether what changed says when time speaks, such as a calendar: everything stored is looked at again then.
    fn moves_time(&self, _known: &Self::Known) -> bool {
        false
    }

    /// The same over everything stored, or over what is due after an instant.
    fn due(&self, db: &DatabaseConnection, after: Option<Instant>)
    -> impl Future<Output = Result<Option<Instant>, DbErr>> + Send;

    /// What time says at `at`, with what is needed to apply it. May be empty.
    fn passed(
        &self,
        db: &DatabaseTransaction,
        at: Instant,
        known: &mut Self::Known,
    ) -> impl Future<Output = Result<Vec<(Event, String)>, DbErr>> + Send;

    /// Names of the tables that replay must rebuild, in no particular order.
    fn tables(&self) -> &'static [&'static str];
}

/// Something done outside the journal in the same transaction: a token's hash, received fact bodies, a cursor.
pub type Outside<B> = Box<dyn FnOnce(&mut <B as Book>::Known, &Stamp) + Send>;

/// What a command decided.
pub struct Decision<B: Book> {
    /// What happens, in order. An empty decision writes nothing.
    pub events: Vec<Event>,
    /// What it concerns, within the region, such as `hazards/1-204`.
    pub subject: String,
    /// What goes with it outside the journal.
    pub outside: Option<Outside<B>>,
}

impl<B: Book> Decision<B> {
    /// One event about one subject.
    #[must_use]
    pub fn one(event: Event, subject: String) -> Self {
        Self { events: vec![event], subject, outside: None }
    }
}

/// One command: parsed, owned, without input or output.
pub trait Command<B: Book>: Send + Sync {
    /// Names what the decision needs. The actor is there for row scope.
    fn needs(&self, actor: &Actor, needs: &mut B::Needs);

    /// Names what turned out to be needed once the first needs are known.
    fn then(&self, _known: &B::Known, _needs: &mut B::Needs) {}

    /// Decides.
    ///
    /// # Errors
    /// A rule says no; nothing is written.
    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, known: &B::Known) -> Result<Decision<B>, Refusal>;

    /// The commands of which this is a whole, taken out of it. The writer asks once.
    fn parts(&mut self) -> Vec<Box<dyn Command<B>>> {
        Vec::new()
    }

    /// Whether this is a whole of other commands, which take effect together or not at all.
    fn is_whole(&self) -> bool {
        false
    }
}
