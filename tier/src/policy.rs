//! Who may call what: one deny-by-default table for every method, enforced in front of every service.
//!
//! The table says which roles; how far an account sees (region, enterprise, industry) is decided row by row where the
//! rows are. Health is open to anyone, everything else needs a token.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use changxiao_domain::{
    actor::{Actor, Role},
    clock::Instant,
    region::RegionId,
};
use sea_orm::DatabaseConnection;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::{
    accounts::{by_token, token_parts},
    clock::BusinessClock,
    fault::{Fault, library},
};

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody needs to be known.
    Anyone,
    /// Any account of the region.
    AnyAccount,
    /// Accounts with one of these roles.
    Roles(&'static [Role]),
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Path of the method, such as `/changxiao.county.v1.Hazards/RegisterHazard`.
    pub method: &'static str,
    /// Who may call it.
    pub who: Who,
}

/// A line that allows roles.
#[must_use]
pub const fn allow(method: &'static str, roles: &'static [Role]) -> Rule {
    Rule { method, who: Who::Roles(roles) }
}

/// A line that allows every account.
#[must_use]
pub const fn any_account(method: &'static str) -> Rule {
    Rule { method, who: Who::AnyAccount }
}

/// Lines for what every tier serves.
pub const COMMON: &[Rule] = &[
    Rule { method: "/grpc.health.v1.Health/Check", who: Who::Anyone },
    Rule { method: "/grpc.health.v1.Health/Watch", who: Who::Anyone },
    Rule { method: "/grpc.health.v1.Health/List", who: Who::Anyone },
    any_account("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    any_account("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
    allow("/changxiao.account.v1.Accounts/CreateAccount", &[Role::Administrator]),
    allow("/changxiao.account.v1.Accounts/CloseAccount", &[Role::Administrator]),
    allow("/changxiao.account.v1.Accounts/ListAccounts", &[Role::Administrator]),
    allow("/changxiao.account.v1.Tokens/IssueToken", &[Role::Administrator]),
    allow("/changxiao.account.v1.Tokens/RevokeToken", &[Role::Administrator]),
    any_account("/changxiao.sandbox.v1.Clock/GetClock"),
    allow("/changxiao.sandbox.v1.Clock/AdvanceClock", &[Role::Administrator]),
    any_account("/changxiao.statistics.v1.Indicators/ListIndicators"),
];

/// Who calls, as found out before the call. Handlers read it from the request's extensions.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Region whose account it is.
    pub region: RegionId,
    /// The account.
    pub actor: Actor,
}

impl Caller {
    /// The caller, if it belongs to the region asked. Another region's account sees nothing there.
    ///
    /// # Errors
    /// Nobody known calls, or the region is not theirs.
    pub fn of<'e>(extensions: &'e http::Extensions, region: &RegionId) -> Result<&'e Self, Fault> {
        let caller = extensions.get::<Self>().ok_or(Fault::Unauthenticated("no account stands behind this call"))?;
        if caller.region == *region { Ok(caller) } else { Err(Fault::NotFound { what: format!("regions/{region}") }) }
    }
}

/// A region's accounts as the door sees them.
pub struct Door {
    /// Reads accounts and tokens.
    pub read: DatabaseConnection,
    /// Business clock, by which tokens end.
    pub clock: Arc<BusinessClock>,
    seen: Mutex<HashMap<[u8; 32], (Actor, Instant)>>,
}

/// Tokens remembered at a time.
const REMEMBERED: usize = 20_000;

impl Door {
    /// A door of one region.
    #[must_use]
    pub fn new(read: DatabaseConnection, clock: Arc<BusinessClock>) -> Self {
        Self { read, clock, seen: Mutex::new(HashMap::new()) }
    }

    /// Forgets who was let in, so that closed accounts and ended tokens stop at once.
    pub fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn actor(&self, hash: [u8; 32]) -> Result<Option<Actor>, Fault> {
        let now = self.clock.now();
        let remembered = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some((actor, ends)) = remembered {
            return Ok((ends > now).then_some(actor));
        }
        let Some((account, ends)) = by_token(&self.read, &hash, now).await? else { return Ok(None) };
        let actor = account.actor();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(hash, (actor.clone(), ends));
        Ok(Some(actor))
    }
}

/// The table in force with the doors of the regions hosted here.
#[derive(Clone)]
pub struct Policy {
    rules: Arc<HashMap<&'static str, Who>>,
    doors: Arc<BTreeMap<RegionId, Arc<Door>>>,
}

impl Policy {
    /// Puts a table in force.
    #[must_use]
    pub fn new(rules: &[Rule], doors: BTreeMap<RegionId, Arc<Door>>) -> Self {
        let rules = COMMON.iter().chain(rules).map(|rule| (rule.method, rule.who)).collect();
        Self { rules: Arc::new(rules), doors: Arc::new(doors) }
    }

    /// Judges one call.
    ///
    /// # Errors
    /// Unlisted means denied; so do a missing token, an unknown one and a role that is not in the line.
    pub async fn judge(&self, method: &str, token: Option<&str>) -> Result<Option<Caller>, Fault> {
        let denied = || Fault::Denied { what: method.to_owned() };
        let who = *self.rules.get(method).ok_or_else(denied)?;
        if who == Who::Anyone {
            return Ok(None);
        }
        let token = token.ok_or(Fault::Unauthenticated("send your token as `authorization: Bearer cx1.…`"))?;
        let unknown = Fault::Unauthenticated("the token is unknown here or has ended; ask your administrator for a new one");
        let Some((region, hash)) = token_parts(token) else { return Err(unknown) };
        let Some((region, door)) = self.doors.get_key_value(region) else { return Err(unknown) };
        let Some(actor) = door.actor(hash).await? else { return Err(unknown) };
        let allowed = match who {
            Who::Anyone | Who::AnyAccount => true,
            Who::Roles(roles) => roles.iter().any(|role| actor.is(*role)),
        };
        if allowed { Ok(Some(Caller { region: region.clone(), actor })) } else { Err(denied()) }
    }
}

/// Puts a [`Policy`] in front of services.
#[derive(Clone)]
pub struct PolicyLayer(pub Policy);

impl<S> Layer<S> for PolicyLayer {
    type Service = Guarded<S>;
    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { policy: self.0.clone(), inner }
    }
}

/// A service behind a policy.
#[derive(Clone)]
pub struct Guarded<S> {
    policy: Policy,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Guarded<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        // The clone that was polled ready serves the call; the fresh one waits for its own turn.
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        let policy = self.policy.clone();
        Box::pin(async move {
            let token = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let token = token.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
            let method = request.uri().path().to_owned();
            match policy.judge(&method, token.as_deref()).await {
                Ok(caller) => {
                    if let Some(caller) = caller {
                        request.extensions_mut().insert(caller);
                    }
                    ready.call(request).await.map(library::explain)
                }
                Err(fault) => Ok(Status::from(fault).into_http()),
            }
        })
    }
}
