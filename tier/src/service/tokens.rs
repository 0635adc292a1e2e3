//! Tokens over gRPC: journaled, idempotent, revoked by name.

use changxiao_domain::{
    actor::{AccountId, Actor},
    clock::{DAY_MS, Instant},
    event::TokenIssued,
    refusal::Refusal,
    region::RegionId,
    stamp::Moment,
};
use changxiao_proto::{
    account::v1::{
        self as pb, IssueTokenRequest, IssueTokenResponse, ListTokensRequest, ListTokensResponse, RevokeTokenRequest,
        tokens_server::Tokens,
    },
    convert::request::{Invalid, Name, Reader},
    types::v1::Receipt,
};
use prost::Message as _;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::accounts::{
    account_name,
    commands::{AccountBook, submit},
};
use crate::{
    accounts::{
        self, TokenId, bearer,
        token::{Token, derived, token_hash, token_of, token_row},
    },
    desk::{Desk, Parsed, page, request_hash},
    fault::Fault,
    writer::{self, Book, Command, Decision},
};

const TOKEN: &str = "regions/{region}/tokens/{token}";

struct Issue {
    account: AccountId,
    token_hash: [u8; 32],
    days: u32,
}

/// When a token ends that was asked for then.
fn ends(asked: Instant, days: u32) -> Instant {
    asked.plus_ms(i64::from(days) * DAY_MS)
}

impl<B: AccountBook> Command<B> for Issue {
    fn needs(&self, _: &Actor, needs: &mut B::Needs) {
        needs.as_mut().accounts.insert(self.account.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, known: &B::Known) -> Result<Decision<B>, Refusal> {
        let account = known.as_ref().accounts.get(&self.account);
        let account = account.ok_or(accounts::Refusal::NotFound { account: self.account.clone() })?.open()?;
        let event =
            TokenIssued { account: account.id.clone(), token_hash: self.token_hash, expires: ends(moment.now, self.days) };
        Ok(Decision::one(event.into(), format!("tokens/{}", TokenId::of(&self.token_hash))))
    }
}

struct Revoke {
    token: TokenId,
}

impl<B: AccountBook> Command<B> for Revoke {
    fn needs(&self, _: &Actor, needs: &mut B::Needs) {
        needs.as_mut().tokens.insert(self.token.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &B::Known) -> Result<Decision<B>, Refusal> {
        let token = known.as_ref().tokens.get(&self.token);
        let token = token.ok_or(accounts::Refusal::TokenUnknown { token: self.token.clone() })?;
        Ok(Decision::one(token.revoke()?.into(), format!("tokens/{}", self.token)))
    }
}

fn token_name(reader: &mut Reader, given: &str) -> Option<(RegionId, TokenId)> {
    let name = reader.read("name", Name::parse(given, TOKEN))?;
    let token = reader.read("name", name.path.first().map_or("", |(_, id)| id).parse::<TokenId>())?;
    Some((name.region, token))
}

fn read_revoke<B: AccountBook>(wire: RevokeTokenRequest) -> Result<Parsed<B>, Invalid> {
    let mut reader = Reader::default();
    let name = token_name(&mut reader, &wire.name);
    let request_id = reader.request_id(&wire.request_id);
    let read = name.zip(request_id).map(|((region, token), request_id)| Parsed {
        region,
        request_id,
        validate_only: wire.validate_only,
        command: Box::new(Revoke { token }) as Box<dyn Command<B>>,
    });
    reader.finish(read)
}

fn view(place: &crate::place::Place, token: &Token) -> pb::Token {
    pb::Token {
        name: place.name(&format!("tokens/{}", TokenId::of(&token.hash))),
        account: place.name(&format!("accounts/{}", token.account)),
        issued_at_ms: token.issued.ms(),
        expires_at_ms: token.expires.ms(),
        revoked: token.revoked,
    }
}

/// Serves the tokens of the regions of a desk.
pub struct TokensService<B: Book>(pub Desk<B>);

#[tonic::async_trait]
impl<B: AccountBook> Tokens for TokensService<B> {
    async fn issue_token(&self, request: Request<IssueTokenRequest>) -> Result<Response<IssueTokenResponse>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let name = account_name(&mut reader, "name", &wire.name);
        let request_id = reader.request_id(&wire.request_id);
        let days = match wire.days {
            0 => 90,
            days @ 1..=366 => days,
            days => {
                reader.wrong("days", format!("must lie from 1 to 366, is {days}"));
                0
            }
        };
        let ((region, account), id) = reader.finish(name.zip(request_id)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        // From the request id, so that a repeated request gets this token and never a second one.
        let secret = derived(&host.key, &["token", region.as_str(), &actor.id(), account.as_str(), &id]);
        let token_hash = token_hash(&secret);
        let asked = writer::Request { id, hash: request_hash("IssueToken", &wire.encode_to_vec()) };
        let command = Box::new(Issue { account, token_hash, days });
        let receipt = submit(host, actor, Some(asked), wire.validate_only, command).await?;
        let token = if wire.validate_only { String::new() } else { bearer::text(bearer::Kind::Token, region.as_str(), &secret) };
        Ok(Response::new(IssueTokenResponse {
            token,
            expires_at_ms: ends(Instant::from_ms(receipt.received_at_ms), days).ms(),
            name: host.place.name(&format!("tokens/{}", TokenId::of(&token_hash))),
            receipt: Some(receipt),
        }))
    }

    async fn revoke_token(&self, request: Request<RevokeTokenRequest>) -> Result<Response<Receipt>, Status> {
        let answer = self.0.write("RevokeToken", request, read_revoke).await;
        self.0.hosts().for_each(|host| host.door.forget());
        answer
    }

    async fn list_tokens(&self, request: Request<ListTokensRequest>) -> Result<Response<ListTokensResponse>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wire.parent);
        let account =
            if wire.account.is_empty() { Some(None) } else { account_name(&mut reader, "account", &wire.account).map(Some) };
        if let (Some(region), Some(Some((of, _)))) = (&region, &account)
            && region != of
        {
            reader.wrong("account", "belongs to another region than `parent`");
        }
        let (region, account) = reader.finish(region.zip(account)).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let (size, after) = page(wire.page.as_ref())?;
        let mut query = token_row::Entity::find().order_by_asc(token_row::Column::Token).limit(size + 1);
        if let Some((_, account)) = account {
            query = query.filter(token_row::Column::Account.eq(account.as_str()));
        }
        if let Some(after) = after {
            query = query.filter(token_row::Column::Token.gt(after));
        }
        let mut rows = query.all(&host.read).await.map_err(Fault::from)?;
        let more = rows.len() as u64 > size;
        rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = if more { rows.last().map(|row| row.token.clone()).unwrap_or_default() } else { String::new() };
        let tokens = rows.into_iter().map(token_of).collect::<Result<Vec<_>, _>>().map_err(Fault::from)?;
        let tokens = tokens.iter().map(|token| view(&host.place, token)).collect();
        Ok(Response::new(ListTokensResponse { tokens, next_page_token }))
    }
}
