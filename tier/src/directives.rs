//! Directives in the database: issued here, carried through, or received; and the signature under which they travel.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    clock::Instant,
    directive::{Directive, Order},
    event::{DirectiveAnswered, DirectiveDelivered, DirectiveIssued, DirectiveReceived},
    refusals,
    region::RegionId,
    stamp::Stamp,
};
use changxiao_proto::{convert::directive as wire, statistics::v1 as statistics};
use prost::Message as _;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::{
    database::upsert,
    facts::Change,
    journal::store::{signed, unsigned},
    protocol::fact::{Audience, Topic},
};

pub mod serve;

/// One directive as stored.
pub mod directive_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "directives")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub directive: String,
        pub issuer: String,
        pub addressee: String,
        pub kind: String,
        pub signed: Vec<u8>,
        pub arrived_ms: i64,
        pub position: i64,
        pub delivered: Option<i64>,
        pub answer: Option<String>,
        pub answered_ms: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Outbox state, outside the journal: what was handed over to which position of a child's journal.
pub mod handover_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "handovers")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub directive: String,
        pub child: String,
        pub epoch: i64,
        pub position: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One directive as it stands in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What is ordered.
    pub directive: Directive,
    /// As it travels.
    pub signed: Vec<u8>,
    /// When it was issued or received here.
    pub arrived_at: Instant,
    /// Position of that entry.
    pub position: u64,
    /// Position of its receipt in the child's journal, once that lies in a witnessed tree.
    pub delivered: Option<u64>,
    /// The answer given here.
    pub answer: Option<(String, Instant)>,
}

refusals! {
    /// Unknown.
    NotFound { directive: String } NotFound "DIRECTIVE_NOT_FOUND"
        "there is no directive `{directive}` here", "没有该指令:{directive}";
    /// Answered already.
    Answered { directive: String } FailedPrecondition "DIRECTIVE_ALREADY_ANSWERED"
        "directive {directive} is already answered", "指令{directive}已回复";
    /// Its effect is its answer.
    WantsNoAnswer { directive: String } FailedPrecondition "DIRECTIVE_WANTS_NO_ANSWER"
        "directive {directive} wants no answer", "指令{directive}不需回复";
}

impl Held {
    /// Whether it wants an answer in words.
    #[must_use]
    pub const fn wants_answer(&self) -> bool {
        matches!(self.directive.order, Order::Supervision { .. })
    }

    /// Answers it.
    ///
    /// # Errors
    /// It wants none, or has one.
    pub fn reply(&self, text: String) -> Result<DirectiveAnswered, Refusal> {
        let directive = self.directive.id.clone();
        if !self.wants_answer() {
            return Err(Refusal::WantsNoAnswer { directive });
        }
        if self.answer.is_some() {
            return Err(Refusal::Answered { directive });
        }
        Ok(DirectiveAnswered { directive, text })
    }
}

/// A stored row as a directive.
///
/// # Errors
/// The stored bytes are malformed.
pub fn held_of(row: directive_row::Model) -> Result<Held, DbErr> {
    let directive = wire::decode_signed(&row.signed).map_err(|fault| DbErr::Custom(format!("table directives: {fault}")))?;
    Ok(Held {
        directive,
        signed: row.signed,
        arrived_at: Instant::from_ms(row.arrived_ms),
        position: unsigned(row.position),
        delivered: row.delivered.map(unsigned),
        answer: row.answer.zip(row.answered_ms.map(Instant::from_ms)),
    })
}

fn row_of(held: &Held) -> directive_row::Model {
    let (answer, answered) = held.answer.clone().map_or((None, None), |(text, at)| (Some(text), Some(at.ms())));
    directive_row::Model {
        directive: held.directive.id.clone(),
        issuer: held.directive.issuer.to_string(),
        addressee: held.directive.addressee.to_string(),
        kind: held.directive.order.kind().to_owned(),
        signed: held.signed.clone(),
        arrived_ms: held.arrived_at.ms(),
        position: signed(held.position),
        delivered: held.delivered.map(signed),
        answer,
        answered_ms: answered,
    }
}

/// Directives of a group.
#[derive(Debug, Default)]
pub struct Directives {
    known: BTreeMap<String, Held>,
    changed: BTreeSet<String>,
    answered: BTreeSet<String>,
}

impl Directives {
    /// One directive.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Held> {
        self.known.get(id)
    }

    /// Issued here.
    pub fn apply_issued(&mut self, event: &DirectiveIssued, stamp: &Stamp) {
        self.arrived(&event.signed, stamp);
    }

    /// Arrived from above.
    pub fn apply_received(&mut self, event: &DirectiveReceived, stamp: &Stamp) {
        self.arrived(&event.signed, stamp);
    }

    fn arrived(&mut self, bytes: &[u8], stamp: &Stamp) {
        // The bytes were decoded before the event was made; an entry that cannot be decoded now fails its replay.
        let Ok(directive) = wire::decode_signed(bytes) else { return };
        let id = directive.id.clone();
        let held = Held {
            directive,
            signed: bytes.to_vec(),
            arrived_at: stamp.at,
            position: stamp.position,
            delivered: None,
            answer: None,
        };
        self.changed.insert(id.clone());
        self.known.insert(id, held);
    }

    /// Its receipt is witnessed.
    pub fn apply_delivered(&mut self, event: &DirectiveDelivered) {
        if let Some(held) = self.known.get_mut(&event.directive) {
            held.delivered = Some(event.position);
            self.changed.insert(event.directive.clone());
        }
    }

    /// Answered here.
    pub fn apply_answered(&mut self, event: &DirectiveAnswered, stamp: &Stamp) {
        if let Some(held) = self.known.get_mut(&event.directive) {
            held.answer = Some((event.text.clone(), stamp.at));
            self.changed.insert(event.directive.clone());
            self.answered.insert(event.directive.clone());
        }
    }

    /// Loads those that are not known yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait, ids: BTreeSet<String>) -> Result<(), DbErr> {
        let wanted: Vec<String> = ids.into_iter().filter(|id| !self.known.contains_key(id)).collect();
        for wanted in wanted.chunks(10_000) {
            for row in directive_row::Entity::find().filter(directive_row::Column::Directive.is_in(wanted)).all(db).await? {
                let held = held_of(row)?;
                self.known.insert(held.directive.id.clone(), held);
            }
        }
        Ok(())
    }

    /// Writes what changed; answers become facts.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<Vec<Change>, DbErr> {
        let rows = std::mem::take(&mut self.changed).iter().filter_map(|id| self.known.get(id)).map(row_of).collect();
        upsert::<directive_row::Entity>(db, rows).await?;
        let answered = std::mem::take(&mut self.answered);
        Ok(answered.iter().filter_map(|id| self.known.get(id)).filter_map(answer_fact).collect())
    }
}

/// An answer travels to every tier between here and the issuer.
fn answer_fact(held: &Held) -> Option<Change> {
    let (text, at) = held.answer.clone()?;
    let answer = statistics::Answer { directive: held.directive.id.clone(), text, answered_at_ms: at.ms() };
    Some(Change {
        audience: Audience::Above,
        topic: Topic::new("answer", held.directive.id.clone()),
        bucket: format!("answer/{}", at.date().year()),
        body_version: 1,
        body: Some(answer.encode_to_vec().into()),
    })
}

/// The child under which an addressee lies, by the register of today.
#[must_use]
pub fn next_hop(
    register: &changxiao_domain::register::Register,
    here: &RegionId,
    addressee: &RegionId,
    now: Instant,
) -> Option<RegionId> {
    register
        .children(here, now.date())
        .into_iter()
        .find(|child| register.contains(&child.id, addressee, now.date()))
        .map(|child| child.id.clone())
}
