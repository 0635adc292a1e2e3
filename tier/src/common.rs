//! What every program's book holds: accounts, tokens, directives. Programs embed it in their own needs and known values.

use std::collections::BTreeSet;

use changxiao_domain::{
    actor::AccountId,
    event::{AccountClosed, AccountLocked, AccountUnlocked, Event, PasswordSet, TotpEnrolled, TotpRemoved},
    stamp::Stamp,
};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    accounts::{Accounts, TokenId, secrets, token::Tokens},
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
    /// Tokens.
    pub tokens: BTreeSet<TokenId>,
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
    /// Tokens.
    pub tokens: Tokens,
    /// Changes of secrets, outside the journal.
    pub secrets: Vec<secrets::Change>,
    /// Directives handed over, outside the journal.
    pub handovers: Vec<handover_row::Model>,
}

/// Tables that replay rebuilds.
pub const TABLES: &[&str] = &["accounts", "directives", "revocation_lists", "tokens"];

/// Names what an event needs.
pub fn needs_of(event: &Event, needs: &mut Needs) {
    match event {
        Event::AccountClosed(AccountClosed { account })
        | Event::PasswordSet(PasswordSet { account, .. })
        | Event::AccountLocked(AccountLocked { account, .. })
        | Event::AccountUnlocked(AccountUnlocked { account })
        | Event::TotpEnrolled(TotpEnrolled { account })
        | Event::TotpRemoved(TotpRemoved { account }) => {
            needs.accounts.insert(account.clone());
        }
        Event::TokenRevoked(event) => {
            needs.tokens.insert(TokenId::of(&event.token_hash));
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
        self.tokens.load(db, needs.tokens).await?;
        self.directives.load(db, needs.directives).await?;
        if needs.revocation_lists { self.revocation_lists.load(db).await } else { Ok(()) }
    }

    /// Lets an event take effect.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::TokenIssued(event) => self.tokens.apply_issued(event, stamp),
            Event::TokenRevoked(event) => self.tokens.apply_revoked(event),
            Event::DirectiveIssued(event) => self.directives.apply_issued(event, stamp),
            Event::DirectiveReceived(event) => self.directives.apply_received(event, stamp),
            Event::DirectiveDelivered(event) => self.directives.apply_delivered(event),
            Event::DirectiveAnswered(event) => self.directives.apply_answered(event, stamp),
            Event::RevocationListAdopted(event) => self.revocation_lists.apply_adopted(event),
            other => self.accounts.apply(other),
        }
    }

    /// Writes what changed and says which facts follow.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<Vec<Change>, DbErr> {
        self.accounts.flush(db).await?;
        self.tokens.flush(db).await?;
        for change in std::mem::take(&mut self.secrets) {
            change.write(db).await?;
        }
        upsert::<handover_row::Entity>(db, std::mem::take(&mut self.handovers)).await?;
        self.revocation_lists.flush(db).await?;
        self.directives.flush(db).await
    }
}
