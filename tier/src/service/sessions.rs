//! Signing in and out, one's own password and second factor, and proving oneself once more. All of it lives in real time.

mod factors;
mod prove;

use std::sync::Arc;

use changxiao_domain::{
    actor::{AccountId, Actor, Proof},
    region::RegionId,
};
use changxiao_proto::{
    account::v1::{
        self as pb, ChangePasswordRequest, ConfirmTotpRequest, ConfirmTotpResponse, EndSessionsRequest, EndSessionsResponse,
        EnrolTotpRequest, EnrolTotpResponse, ListSessionsRequest, ListSessionsResponse, ReauthenticateRequest,
        ReauthenticateResponse, RemoveTotpRequest, SignInRequest, SignInResponse, SignOutRequest, SignOutResponse,
        sessions_server::Sessions,
    },
    convert::request::Reader,
    types::v1::Receipt,
};
use prost::Message as _;
use ring::rand::SecureRandom;
use sea_orm::EntityTrait as _;
use tonic::{Request, Response, Status};

use self::prove::{Asked, prove};
use super::accounts::commands::{AccountBook, OnAccount, submit};
use crate::{
    accounts::{
        Account, PasswordState, Refusal, account_of, account_row, bearer,
        password::{Hasher, violations},
        proofs::FRESH_MS,
        secrets::Change,
        session::{self, session_hash, session_name},
    },
    channel::{PeerInfo, gate::source_of},
    desk::{Desk, Host, secret_request_hash},
    fault::Fault,
    policy::{By, Caller},
    writer::{self, Book},
};

/// Longest password that is looked at, bytes. One that was set is shorter.
const GIVEN_BYTES_MAX: usize = 1_024;

/// Serves the sessions of the regions of a desk.
pub struct SessionsService<B: Book> {
    /// Regions.
    pub desk: Desk<B>,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// Source of secrets and salts.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
}

/// Who asks for something of their own, and where.
struct Own<'a, B: Book> {
    host: &'a Arc<Host<B>>,
    actor: Actor,
    account: AccountId,
    session: Option<[u8; 32]>,
    source: std::net::IpAddr,
}

impl<B: AccountBook> SessionsService<B> {
    fn own<R>(&self, request: &Request<R>, region: &RegionId) -> Result<Own<'_, B>, Fault> {
        let caller = Caller::of(request.extensions(), region)?;
        let Actor::Account { id, .. } = &caller.actor else {
            return Err(Fault::Unauthenticated("no account stands behind this call"));
        };
        let session = match caller.by {
            By::Session { hash, .. } => Some(hash),
            By::Token | By::Certificate => None,
        };
        let host = self.desk.host(region)?;
        Ok(Own { host, actor: caller.actor.clone(), account: id.clone(), session, source: source(request) })
    }

    /// The account that asks, if it has a password to prove itself by.
    async fn with_password(&self, own: &Own<'_, B>) -> Result<Account, Fault> {
        let row = account_row::Entity::find_by_id(own.account.to_string()).one(&own.host.read).await?;
        let account = row.map(account_of).transpose()?.filter(|account| account.password != PasswordState::None);
        account.ok_or_else(|| refused(Refusal::NoPassword { account: own.account.clone() }))
    }

    async fn proven(&self, own: &Own<'_, B>, password: &str, totp: &str) -> Result<Option<prove::Proven>, Fault> {
        self.with_password(own).await?;
        prove(own.host, &self.hasher, &Asked { account: &own.account, source: own.source, password, totp }).await
    }

    fn secret(&self) -> Result<[u8; 32], Fault> {
        let mut secret = [0; 32];
        self.random.fill(&mut secret).map_err(|_| Fault::Internal("no randomness for a secret".to_owned()))?;
        Ok(secret)
    }
}

fn refused(refusal: Refusal) -> Fault {
    Fault::Refused(refusal.into())
}

/// Where a call comes from: an address, or the network of one.
fn source<R>(request: &Request<R>) -> std::net::IpAddr {
    let peer = request.extensions().get::<PeerInfo>();
    peer.map_or(std::net::IpAddr::from([0, 0, 0, 0]), |peer| source_of(peer.addr.ip()))
}

fn region_of(parent: &str) -> Result<RegionId, Fault> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", parent);
    Ok(reader.finish(region)?)
}

/// A password as given. What is too long is wrong anyway, and is not worth hashing.
fn given<'a>(reader: &mut Reader, field: &str, text: &'a str) -> Option<&'a str> {
    if text.is_empty() || text.len() > GIVEN_BYTES_MAX {
        reader.wrong(field, "must not be empty, nor longer than 1024 bytes");
        return None;
    }
    Some(text)
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[tonic::async_trait]
impl<B: AccountBook> Sessions for SessionsService<B> {
    async fn sign_in(&self, request: Request<SignInRequest>) -> Result<Response<SignInResponse>, Status> {
        let source = source(&request);
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wire.parent);
        let account = reader.parse::<AccountId>("account_id", &wire.account_id);
        let password = given(&mut reader, "password", &wire.password);
        let read = region.zip(account).zip(password);
        let ((region, account), password) = reader.finish(read).map_err(Fault::from)?;
        let host = self.desk.host(&region)?;
        let asked = Asked { account: &account, source, password, totp: &wire.totp };
        let proven = prove(host, &self.hasher, &asked).await?.ok_or_else(|| refused(Refusal::SignInRefused {}))?;
        let (secret, now, lifetimes) = (self.secret()?, host.door.real.now(), host.door.lifetimes);
        session::open(&host.write, session_hash(&secret), &account, source.to_string(), now, lifetimes)
            .await
            .map_err(Fault::from)?;
        tracing::info!(region = %region, account = %account, source = %source, "signed in");
        Ok(Response::new(SignInResponse {
            session: bearer::text(bearer::Kind::Session, region.as_str(), &secret),
            expires_at_ms: now.plus_ms(lifetimes.absolute_ms).ms(),
            idle_seconds: u32::try_from(lifetimes.idle_ms / 1_000).unwrap_or(u32::MAX),
            must_change_password: proven.account.password == PasswordState::OneTime,
        }))
    }

    async fn sign_out(&self, request: Request<SignOutRequest>) -> Result<Response<SignOutResponse>, Status> {
        let own = self.own(&request, &region_of(&request.get_ref().parent)?)?;
        let hash = own.session.ok_or_else(|| Fault::Precondition {
            reason: "SESSION_MISSING",
            en: "this call came with a token or certificate; there is no session to end".to_owned(),
            zh: "本次调用未使用会话,无可退出".to_owned(),
        })?;
        session::end(&own.host.write, &hash).await.map_err(Fault::from)?;
        own.host.door.forget();
        Ok(Response::new(SignOutResponse {}))
    }

    async fn list_sessions(&self, request: Request<ListSessionsRequest>) -> Result<Response<ListSessionsResponse>, Status> {
        let own = self.own(&request, &region_of(&request.get_ref().parent)?)?;
        let lifetimes = own.host.door.lifetimes;
        let now = own.host.door.real.now();
        let held = session::of_account(&own.host.read, &own.account).await.map_err(Fault::from)?;
        let at = changxiao_domain::clock::Instant::from_ms;
        let open = held.into_iter().filter(|row| {
            own.session.is_some_and(|hash| row.hash == hash) || lifetimes.hold(at(row.begun_ms), at(row.seen_ms), now)
        });
        let sessions = open
            .map(|row| pb::Session {
                name: own.host.place.name(&format!("accounts/{}/sessions/{}", own.account, session_name(&row.hash))),
                source: row.source,
                begun_at_ms: row.begun_ms,
                seen_at_ms: row.seen_ms,
                expires_at_ms: at(row.begun_ms).plus_ms(lifetimes.absolute_ms).ms(),
                current: own.session.is_some_and(|hash| row.hash == hash),
            })
            .collect();
        Ok(Response::new(ListSessionsResponse { sessions }))
    }

    async fn end_sessions(&self, request: Request<EndSessionsRequest>) -> Result<Response<EndSessionsResponse>, Status> {
        let own = self.own(&request, &region_of(&request.get_ref().parent)?)?;
        let ended = session::end_all(&own.host.write, &own.account, None).await.map_err(Fault::from)?;
        own.host.door.forget();
        Ok(Response::new(EndSessionsResponse { ended: count(ended) }))
    }

    async fn change_password(&self, request: Request<ChangePasswordRequest>) -> Result<Response<Receipt>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wire.parent);
        let id = reader.request_id(&wire.request_id);
        let password = given(&mut reader, "password", &wire.password);
        let caller = region.as_ref().map(|region| Caller::of(request.extensions(), region)).transpose()?;
        let (account, of) = (caller.map(|caller| caller.actor.id()).unwrap_or_default(), region.clone());
        for wrong in violations(&wire.new_password, &account, of.as_ref().map_or("", RegionId::as_str)) {
            reader.wrong("new_password", wrong);
        }
        let ((region, id), password) = reader.finish(region.zip(id).zip(password)).map_err(Fault::from)?;
        let own = self.own(&request, &region)?;
        let proven = self.proven(&own, password, &wire.totp).await?;
        let verdict = match &proven {
            None => Err(Refusal::SignInRefused {}),
            Some(_) if password == wire.new_password => Err(Refusal::SamePassword {}),
            Some(_) => Ok(()),
        };
        let mut command = OnAccount::new(own.account.clone(), |account| Ok(account.set_password(false)?.into()));
        if verdict.is_ok() {
            let (salt, turn) = (self.secret()?, self.hasher.turn().await?);
            let salt = std::array::from_fn(|at| salt[at]);
            let hashed = self.hasher.hash(turn, wire.new_password.clone(), salt).await?;
            command = command.with(Change::Password { account: own.account.clone(), hashed, but: own.session });
        }
        let asked = writer::Request { id, hash: secret_request_hash(&own.host.key, "ChangePassword", &wire.encode_to_vec()) };
        let receipt = submit(own.host, own.actor, Some(asked), false, Box::new(command.given(verdict))).await?;
        own.host.door.forget();
        Ok(Response::new(receipt))
    }

    async fn enrol_totp(&self, request: Request<EnrolTotpRequest>) -> Result<Response<EnrolTotpResponse>, Status> {
        factors::enrol(self, request).await
    }

    async fn confirm_totp(&self, request: Request<ConfirmTotpRequest>) -> Result<Response<ConfirmTotpResponse>, Status> {
        factors::confirm(self, request).await
    }

    async fn remove_totp(&self, request: Request<RemoveTotpRequest>) -> Result<Response<Receipt>, Status> {
        factors::remove(self, request).await
    }

    async fn reauthenticate(&self, request: Request<ReauthenticateRequest>) -> Result<Response<ReauthenticateResponse>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wire.parent);
        let content = reader.digest("content_hash", &wire.content_hash);
        let password = given(&mut reader, "password", &wire.password);
        let ((region, content), password) = reader.finish(region.zip(content).zip(password)).map_err(Fault::from)?;
        let own = self.own(&request, &region)?;
        let proven = self.proven(&own, password, &wire.totp).await?.ok_or_else(|| refused(Refusal::SignInRefused {}))?;
        let kind = if proven.code { Proof::PasswordAndCode } else { Proof::Password };
        let now = own.host.door.real.now();
        let proof = own.host.door.proofs.give(&self.secret()?, &own.account, content, kind, now);
        Ok(Response::new(ReauthenticateResponse { proof, expires_at_ms: now.plus_ms(FRESH_MS).ms() }))
    }
}
