//! Accounts and tokens over gRPC.

use std::sync::Arc;

use changxiao_domain::{
    actor::{AccountId, Actor, Role},
    clock::Instant,
    event::AccountCreated,
    industry::IndustryCode,
    personal::Personal,
    refusal::Refusal,
    region::RegionId,
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::{
    account::v1::{
        self as pb, CloseAccountRequest, CreateAccountRequest, IssueTokenRequest, IssueTokenResponse, ListAccountsRequest,
        ListAccountsResponse, RevokeTokenRequest, RevokeTokenResponse, accounts_server::Accounts, tokens_server::Tokens,
    },
    convert::request::{Invalid, Name, Reader},
    types::v1::Receipt,
};
use ring::rand::SecureRandom;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use crate::{
    accounts::{self, Account, account_of, account_row, token_hash, token_parts, token_row, token_text},
    common,
    database::upsert,
    desk::{Desk, Parsed, page},
    fault::Fault,
    writer::{Book, Command, Decision},
};

const ACCOUNT: &str = "regions/{region}/accounts/{account}";
const ENTERPRISE: &str = "regions/{region}/enterprises/{enterprise}";

/// Role on the wire.
#[must_use]
pub fn role_to_wire(role: Role) -> pb::Role {
    match role {
        Role::Administrator => pb::Role::Administrator,
        Role::CountyRegulator => pb::Role::CountyRegulator,
        Role::EnterpriseReporter => pb::Role::EnterpriseReporter,
        Role::ResponsiblePerson => pb::Role::ResponsiblePerson,
        Role::LegalRepresentative => pb::Role::LegalRepresentative,
        Role::DepartmentOfficer => pb::Role::DepartmentOfficer,
        Role::CommissionOffice => pb::Role::CommissionOffice,
        Role::OversightOfficer => pb::Role::OversightOfficer,
        Role::Analyst => pb::Role::Analyst,
        Role::Expert => pb::Role::Expert,
        Role::TownshipProxy => pb::Role::TownshipProxy,
        Role::GroupLeader => pb::Role::GroupLeader,
        Role::Client => pb::Role::Client,
    }
}

fn role_from_wire(number: i32) -> Option<Role> {
    let wire = pb::Role::try_from(number).ok()?;
    Role::ALL.into_iter().find(|role| role_to_wire(*role) == wire)
}

struct Create {
    account: AccountId,
    roles: Vec<Role>,
    enterprise: Option<Serial>,
    industry: Option<IndustryCode>,
    holder: String,
}

impl<B> Command<B> for Create
where
    B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known>>,
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

struct Close {
    account: AccountId,
}

impl<B> Command<B> for Close
where
    B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known>>,
{
    fn needs(&self, _: &Actor, needs: &mut B::Needs) {
        needs.as_mut().accounts.insert(self.account.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &B::Known) -> Result<Decision<B>, Refusal> {
        let account = known.as_ref().accounts.get(&self.account);
        let account = account.ok_or(accounts::Refusal::NotFound { account: self.account.clone() })?;
        Ok(Decision::one(account.close()?.into(), format!("accounts/{}", self.account)))
    }
}

fn account_name(reader: &mut Reader, field: &str, given: &str) -> Option<(RegionId, AccountId)> {
    let name = reader.read(field, Name::parse(given, ACCOUNT))?;
    let account = reader.read(field, name.path.first().map_or("", |(_, id)| id).parse::<AccountId>())?;
    Some((name.region, account))
}

fn read_create<B>(wire: CreateAccountRequest) -> Result<Parsed<B>, Invalid>
where
    B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known>>,
{
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let account = reader.parse::<AccountId>("account_id", &wire.account_id);
    let given = wire.account.unwrap_or_default();
    let holder = reader.text("account.holder", &given.holder, 1, 100);
    let mut roles: Vec<Role> = Vec::new();
    for number in &given.roles {
        match role_from_wire(*number) {
            Some(role) => roles.push(role),
            None => reader.wrong("account.roles", format!("{number} is not a role")),
        }
    }
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        reader.wrong("account.roles", "name at least one role");
    }
    let enterprise = if given.enterprise.is_empty() {
        None
    } else {
        reader.serial_name("account.enterprise", &given.enterprise, ENTERPRISE).map(|(_, serial)| serial)
    };
    let industry =
        if given.industry.is_empty() { None } else { reader.parse::<IndustryCode>("account.industry", &given.industry) };
    let read = region.zip(request_id).zip(account).zip(holder).map(|(((region, request_id), account), holder)| Parsed {
        region,
        request_id,
        validate_only: wire.validate_only,
        command: Box::new(Create { account, roles, enterprise, industry, holder }) as Box<dyn Command<B>>,
    });
    reader.finish(read)
}

fn read_close<B>(wire: CloseAccountRequest) -> Result<Parsed<B>, Invalid>
where
    B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known>>,
{
    let mut reader = Reader::default();
    let name = account_name(&mut reader, "name", &wire.name);
    let request_id = reader.request_id(&wire.request_id);
    let read = name.zip(request_id).map(|((region, account), request_id)| Parsed {
        region,
        request_id,
        validate_only: wire.validate_only,
        command: Box::new(Close { account }) as Box<dyn Command<B>>,
    });
    reader.finish(read)
}

fn view(place: &crate::place::Place, account: &Account) -> pb::Account {
    pb::Account {
        name: place.name(&format!("accounts/{}", account.id)),
        roles: account.roles.iter().map(|role| role_to_wire(*role).into()).collect(),
        enterprise: account.enterprise.map(|serial| place.name(&format!("enterprises/{serial}"))).unwrap_or_default(),
        industry: account.industry.map(|code| code.to_string()).unwrap_or_default(),
        holder: account.holder.shown().to_owned(),
        closed: account.closed,
    }
}

/// Serves the accounts of the regions of a desk.
pub struct AccountsService<B: Book>(pub Desk<B>);

#[tonic::async_trait]
impl<B> Accounts for AccountsService<B>
where
    B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known>>,
{
    async fn create_account(&self, request: Request<CreateAccountRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("CreateAccount", request, read_create).await
    }

    async fn close_account(&self, request: Request<CloseAccountRequest>) -> Result<Response<Receipt>, Status> {
        let answer = self.0.write("CloseAccount", request, read_close).await;
        self.0.hosts().for_each(|host| host.door.forget());
        answer
    }

    async fn list_accounts(&self, request: Request<ListAccountsRequest>) -> Result<Response<ListAccountsResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let (size, after) = page(request.get_ref().page.as_ref())?;
        let mut query = account_row::Entity::find().order_by_asc(account_row::Column::Account).limit(size + 1);
        if let Some(after) = after {
            query = query.filter(account_row::Column::Account.gt(after));
        }
        let mut rows = query.all(&host.read).await.map_err(Fault::from)?;
        let more = rows.len() as u64 > size;
        rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = if more { rows.last().map(|row| row.account.clone()).unwrap_or_default() } else { String::new() };
        let accounts = rows.into_iter().map(account_of).collect::<Result<Vec<_>, _>>().map_err(Fault::from)?;
        let accounts = accounts.iter().map(|account| view(&host.place, account)).collect();
        Ok(Response::new(ListAccountsResponse { accounts, next_page_token }))
    }
}

/// Serves the tokens of the regions of a desk.
pub struct TokensService<B: Book> {
    /// Regions.
    pub desk: Desk<B>,
    /// Source of secrets.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
}

#[tonic::async_trait]
impl<B: Book> Tokens for TokensService<B> {
    async fn issue_token(&self, request: Request<IssueTokenRequest>) -> Result<Response<IssueTokenResponse>, Status> {
        let mut reader = Reader::default();
        let name = account_name(&mut reader, "name", &request.get_ref().name);
        let days = match request.get_ref().days {
            0 => 90,
            days @ 1..=366 => days,
            days => {
                reader.wrong("days", format!("must lie from 1 to 366, is {days}"));
                0
            }
        };
        let (region, account) = reader.finish(name).map_err(Fault::from)?;
        let (host, _) = self.desk.admit(&request, &region)?;
        let row = account_row::Entity::find_by_id(account.to_string()).one(&host.read).await.map_err(Fault::from)?;
        match row {
            None => return Err(Fault::from(Refusal::from(accounts::Refusal::NotFound { account })).into()),
            Some(row) if row.closed => return Err(Fault::from(Refusal::from(accounts::Refusal::Closed { account })).into()),
            Some(_) => {}
        }
        let mut secret = [0; 32];
        self.random.fill(&mut secret).map_err(|_| Fault::Internal("no randomness for a token".to_owned()))?;
        let expires: Instant = host.place.clock.now().plus_days(i64::from(days));
        let row = token_row::Model { hash: token_hash(&secret).to_vec(), account: account.to_string(), expires_ms: expires.ms() };
        upsert::<token_row::Entity>(&host.write, vec![row]).await.map_err(Fault::from)?;
        let token = token_text(region.as_str(), &secret);
        Ok(Response::new(IssueTokenResponse { token, expires_at_ms: expires.ms() }))
    }

    async fn revoke_token(&self, request: Request<RevokeTokenRequest>) -> Result<Response<RevokeTokenResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let token = token_parts(&request.get_ref().token).map(|(of, hash)| (of.to_owned(), hash));
        if token.is_none() {
            reader.wrong("token", "is not a token of this system");
        }
        let (region, (of, hash)) = reader.finish(region.zip(token)).map_err(Fault::from)?;
        let (host, _) = self.desk.admit(&request, &region)?;
        if of != region.as_str() {
            return Err(Fault::NotFound { what: "token".to_owned() }.into());
        }
        token_row::Entity::delete_by_id(hash.to_vec()).exec(&host.write).await.map_err(Fault::from)?;
        host.door.forget();
        Ok(Response::new(RevokeTokenResponse {}))
    }
}
