//! Commands on accounts: what needs one account, changes it by one event, and may change its secrets beside it.

use changxiao_domain::{
    actor::{AccountId, Actor, Role},
    event::{AccountCreated, Event},
    industry::IndustryCode,
    personal::Personal,
    refusal::Refusal,
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::types::v1::Receipt;

use crate::{
    accounts::{self, Account, secrets},
    common,
    desk::Host,
    fault::Fault,
    writer::{Book, Command, Decision, Outside, Request, Submission},
};

/// A book that holds accounts, as every program's does.
pub trait AccountBook: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known> + AsMut<common::Known>> {}

impl<B> AccountBook for B where B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known> + AsMut<common::Known>> {}

/// Makes an account.
pub(super) struct Create {
    pub account: AccountId,
    pub roles: Vec<Role>,
    pub enterprise: Option<Serial>,
    pub industry: Option<IndustryCode>,
    pub holder: String,
}

impl<B> Command<B> for Create
where
    B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known> + AsMut<common::Known>>,
{
    fn needs(&self, _: &Actor, needs: &mut B::Needs) {
        needs.as_mut().accounts.insert(self.account.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &B::Known) -> Result<Decision<B>, Refusal> {
        if known.as_ref().accounts.get(&self.account).is_some() {
            return Err(accounts::Refusal::Exists { account: self.account }.into());
        }
        if self.enterprise.is_none() && self.roles.iter().any(|role| role.of_enterprise()) {
            return Err(accounts::Refusal::EnterpriseMissing {}.into());
        }
        let subject = format!("accounts/{}", self.account);
        let event = AccountCreated {
            account: self.account,
            roles: self.roles,
            enterprise: self.enterprise,
            industry: self.industry,
            holder: Personal::Known(self.holder),
        };
        Ok(Decision::one(event.into(), subject))
    }
}

/// How one account decides.
pub(crate) type Decide = Box<dyn FnOnce(&Account) -> Result<Event, accounts::Refusal> + Send + Sync>;

/// One step of one account.
pub(crate) struct OnAccount {
    /// Which.
    pub account: AccountId,
    /// Whether the caller showed what the step needs. It is looked at here, after a repeated request got its first receipt.
    pub verdict: Result<(), accounts::Refusal>,
    /// Decides.
    pub decide: Decide,
    /// What changes outside the journal.
    pub change: Option<secrets::Change>,
}

impl OnAccount {
    /// A step that needs nothing but the account.
    pub fn new(
        account: AccountId,
        decide: impl FnOnce(&Account) -> Result<Event, accounts::Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self { account, verdict: Ok(()), decide: Box::new(decide), change: None }
    }

    /// The same, with a change of secrets.
    pub fn with(self, change: secrets::Change) -> Self {
        Self { change: Some(change), ..self }
    }

    /// The same, if the caller showed what it needs.
    pub fn given(self, verdict: Result<(), accounts::Refusal>) -> Self {
        Self { verdict, ..self }
    }
}

impl<B: AccountBook> Command<B> for OnAccount {
    fn needs(&self, _: &Actor, needs: &mut B::Needs) {
        needs.as_mut().accounts.insert(self.account.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &B::Known) -> Result<Decision<B>, Refusal> {
        self.verdict?;
        let account = known.as_ref().accounts.get(&self.account);
        let account = account.ok_or(accounts::Refusal::NotFound { account: self.account.clone() })?;
        let event = (self.decide)(account)?;
        let outside = self.change.map(|change| -> Outside<B> { Box::new(move |known, _| known.as_mut().secrets.push(change)) });
        Ok(Decision { events: vec![event], subject: format!("accounts/{}", self.account), outside })
    }
}

/// Hands a command to the region's writer.
pub(crate) async fn submit<B: Book>(
    host: &Host<B>,
    actor: Actor,
    request: Option<Request>,
    validate_only: bool,
    command: Box<dyn Command<B>>,
) -> Result<Receipt, Fault> {
    host.writer.submit(Submission { command, actor, request, validate_only }).await
}
