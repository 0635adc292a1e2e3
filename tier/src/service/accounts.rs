//! Accounts over gRPC.

pub(crate) mod commands;

use std::sync::Arc;

use changxiao_domain::{
    actor::{AccountId, Role},
    clock::Instant,
    industry::IndustryCode,
    region::RegionId,
};
use changxiao_proto::{
    account::v1::{
        self as pb, CloseAccountRequest, CreateAccountRequest, ListAccountsRequest, ListAccountsResponse, ResetPasswordRequest,
        ResetPasswordResponse, ResetTotpRequest, UnlockAccountRequest, accounts_server::Accounts,
    },
    convert::request::{Invalid, Name, Reader},
    types::v1::Receipt,
};
use prost::Message as _;
use ring::rand::SecureRandom;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use crate::{
    accounts::{
        Account, PasswordState, account_of, account_row, password::Hasher, secrets::Change, token::derived, totp::base32,
    },
    desk::{Desk, Parsed, page, request_hash},
    fault::Fault,
    writer::{self, Book, Command},
};
use commands::{AccountBook, Create, OnAccount};

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

pub(crate) fn account_name(reader: &mut Reader, field: &str, given: &str) -> Option<(RegionId, AccountId)> {
    let name = reader.read(field, Name::parse(given, ACCOUNT))?;
    let account = reader.read(field, name.path.first().map_or("", |(_, id)| id).parse::<AccountId>())?;
    Some((name.region, account))
}

fn read_create<B: AccountBook>(wire: CreateAccountRequest) -> Result<Parsed<B>, Invalid> {
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

/// A request about one account that says nothing else.
struct About {
    name: String,
    request_id: String,
    validate_only: bool,
}

macro_rules! about {
    ($($request:ident),*) => {$(
        impl From<$request> for About {
            fn from(wire: $request) -> Self {
                Self { name: wire.name, request_id: wire.request_id, validate_only: wire.validate_only }
            }
        }
    )*};
}
about!(CloseAccountRequest, UnlockAccountRequest, ResetTotpRequest, ResetPasswordRequest);

fn read_about<B: Book>(
    wire: impl Into<About>,
    command: impl FnOnce(AccountId) -> Box<dyn Command<B>>,
) -> Result<Parsed<B>, Invalid> {
    let (wire, mut reader) = (wire.into(), Reader::default());
    let name = account_name(&mut reader, "name", &wire.name);
    let request_id = reader.request_id(&wire.request_id);
    let read = name.zip(request_id).map(|((region, account), request_id)| Parsed {
        region,
        request_id,
        validate_only: wire.validate_only,
        command: command(account),
    });
    reader.finish(read)
}

fn close(account: AccountId) -> OnAccount {
    let change = Change::AllGone { account: account.clone() };
    OnAccount::new(account, |account| Ok(account.close()?.into())).with(change)
}

fn unlock(account: AccountId) -> OnAccount {
    OnAccount::new(account, |account| Ok(account.unlock()?.into()))
}

fn reset_totp(account: AccountId) -> OnAccount {
    let change = Change::TotpGone { account: account.clone() };
    OnAccount::new(account, |account| Ok(account.remove_totp()?.into())).with(change)
}

/// A one-time password: 100 bits in four groups, the same for the same request.
fn one_time_password(secret: &[u8; 32]) -> String {
    let letters = base32(secret);
    let groups = letters.as_bytes().chunks(5).take(4).map(|group| String::from_utf8_lossy(group).to_lowercase());
    groups.collect::<Vec<_>>().join("-")
}

fn view(place: &crate::place::Place, account: &Account, now: Instant) -> pb::Account {
    pb::Account {
        name: place.name(&format!("accounts/{}", account.id)),
        roles: account.roles.iter().map(|role| role_to_wire(*role).into()).collect(),
        enterprise: account.enterprise.map(|serial| place.name(&format!("enterprises/{serial}"))).unwrap_or_default(),
        industry: account.industry.map(|code| code.to_string()).unwrap_or_default(),
        holder: account.holder.shown().to_owned(),
        closed: account.closed,
        password: match account.password {
            PasswordState::None => pb::PasswordState::None,
            PasswordState::OneTime => pb::PasswordState::OneTime,
            PasswordState::Own => pb::PasswordState::Own,
        }
        .into(),
        totp: account.totp,
        locked_until_ms: account.locked_until.filter(|until| *until > now).map_or(0, Instant::ms),
    }
}

/// Serves the accounts of the regions of a desk.
pub struct AccountsService<B: Book> {
    /// Regions.
    pub desk: Desk<B>,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// Source of salts.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
}

impl<B: Book> AccountsService<B> {
    fn forget(&self) {
        self.desk.hosts().for_each(|host| host.door.forget());
    }
}

#[tonic::async_trait]
impl<B: AccountBook> Accounts for AccountsService<B> {
    async fn create_account(&self, request: Request<CreateAccountRequest>) -> Result<Response<Receipt>, Status> {
        self.desk.write("CreateAccount", request, read_create).await
    }

    async fn close_account(&self, request: Request<CloseAccountRequest>) -> Result<Response<Receipt>, Status> {
        let answer = self.desk.write("CloseAccount", request, |wire| read_about(wire, |account| Box::new(close(account)))).await;
        self.forget();
        answer
    }

    async fn unlock_account(&self, request: Request<UnlockAccountRequest>) -> Result<Response<Receipt>, Status> {
        let mut named = None;
        let looked = request.get_ref().validate_only;
        let read = |wire| {
            read_about(wire, |account| {
                named = Some(account.clone());
                Box::new(unlock(account))
            })
        };
        let answer = self.desk.write("UnlockAccount", request, read).await?;
        if let Some(account) = named.filter(|_| !looked) {
            self.desk
                .hosts()
                .filter(|host| host.place.region.as_str() == answer.get_ref().region)
                .for_each(|host| host.door.unlock(&account));
        }
        Ok(answer)
    }

    async fn reset_totp(&self, request: Request<ResetTotpRequest>) -> Result<Response<Receipt>, Status> {
        self.desk.write("ResetTotp", request, |wire| read_about(wire, |account| Box::new(reset_totp(account)))).await
    }

    async fn reset_password(&self, request: Request<ResetPasswordRequest>) -> Result<Response<ResetPasswordResponse>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let name = account_name(&mut reader, "name", &wire.name);
        let request_id = reader.request_id(&wire.request_id);
        let ((region, account), id) = reader.finish(name.zip(request_id)).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let purpose = ["one-time-password", region.as_str(), &actor.id(), account.as_str(), &id];
        let password = one_time_password(&derived(&host.key, &purpose));
        let mut salt = [0; 16];
        self.random.fill(&mut salt).map_err(|_| Fault::Internal("no randomness for a salt".to_owned()))?;
        let hashed = self.hasher.hash(self.hasher.turn().await?, password.clone(), salt).await?;
        let change = Change::Password { account: account.clone(), hashed, but: None };
        let command = OnAccount::new(account, |account| Ok(account.set_password(true)?.into())).with(change);
        let asked = writer::Request { id, hash: request_hash("ResetPassword", &wire.encode_to_vec()) };
        let receipt = commands::submit(host, actor, Some(asked), wire.validate_only, Box::new(command)).await?;
        self.forget();
        let password = if wire.validate_only { String::new() } else { password };
        Ok(Response::new(ResetPasswordResponse { password, receipt: Some(receipt) }))
    }

    async fn list_accounts(&self, request: Request<ListAccountsRequest>) -> Result<Response<ListAccountsResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, _) = self.desk.admit(&request, &region)?;
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
        let accounts = accounts.iter().map(|account| view(&host.place, account, host.door.real.now())).collect();
        Ok(Response::new(ListAccountsResponse { accounts, next_page_token }))
    }
}
