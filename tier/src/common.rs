//! What every program's book holds: accounts, tokens, directives. Programs embed it in their own needs and known values.

use std::collections::BTreeSet;

use changxiao_domain::{actor::AccountId, event::Event, stamp::Stamp};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use crate::{
    accounts::{Account, Accounts, token_row},
    database::upsert,
    directives::{Directives, handover_row},
    facts::Change,
    revocations::Lists,
};

/// Keys asked for.
#[derive(Debug, Default)]
pub struct Needs {
    /// Accounts.
    pub accounts: BTreeSet<AccountId>,
    /// Directives by id.
    pub directives: BTreeSet<String>,
    /// The newest revocation list of every issuer.
    pub revocation_lists: bool,
}

/// Values of a group.
#[derive(Debug, Default)]
pub struct Known {
    /// Accounts.
    pub accounts: Accounts,
    /// Directives.
    pub directives: Directives,
    /// The newest revocation list of every issuer.
    pub revocation_lists: Lists,
    /// Tokens made, outside the journal.
    pub tokens: Vec<token_row::Model>,
    /// Tokens ended, outside the journal.
    pub ended_tokens: Vec<[u8; 32]>,
    /// Directives handed over, outside the journal.
    pub handovers: Vec<handover_row::Model>,
}

/// Tables that replay rebuilds.
pub const TABLES: &[&str] = &["accounts", "directives", "revocation_lists"];

/// Names what an event needs.
pub fn needs_of(event: &Event, needs: &mut Needs) {
    match event {
        Event::AccountClosed(event) => {
            needs.accounts.insert(event.account.clone());
        }
        Event::DirectiveDelivered(event) => {
            needs.directives.insert(event.directive.clone());
        }
        Event::DirectiveAnswered(event) => {
            needs.directives.insert(event.directive.clone());
        }
        _ => {}
    }
}

impl Known {
    /// Loads what is needed and not known yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait, needs: Needs) -> Result<(), DbErr> {
        self.accounts.load(db, needs.accounts).await?;
        self.directives.load(db, needs.directives).await?;
        if needs.revocation_lists { self.revocation_lists.load(db).await } else { Ok(()) }
    }

    /// Lets an event take effect.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::AccountCreated(event) => self.accounts.put(Account::created(event)),
            Event::AccountClosed(event) => self.accounts.change(&event.account, |account| account.closed = true),
            Event::DirectiveIssued(event) => self.directives.apply_issued(event, stamp),
            Event::DirectiveReceived(event) => self.directives.apply_received(event, stamp),
            Event::DirectiveDelivered(event) => self.directives.apply_delivered(event),
            Event::DirectiveAnswered(event) => self.directives.apply_answered(event, stamp),
            Event::RevocationListAdopted(event) => self.revocation_lists.apply_adopted(event),
            _ => {}
        }
    }

    /// Writes what changed and says which facts follow.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<Vec<Change>, DbErr> {
        self.accounts.flush(db).await?;
        upsert::<token_row::Entity>(db, std::mem::take(&mut self.tokens)).await?;
        for hash in std::mem::take(&mut self.ended_tokens) {
            token_row::Entity::delete_by_id(hash.to_vec()).exec(db).await?;
        }
        upsert::<handover_row::Entity>(db, std::mem::take(&mut self.handovers)).await?;
        self.revocation_lists.flush(db).await?;
        self.directives.flush(db).await
    }
}
