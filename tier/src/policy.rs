//! Who may call what: one deny-by-default table for every method of both listeners, enforced in front of every service.
//!
//! The table says which roles; how far an account sees (region, enterprise, industry) is a value, the caller's
//! [`Scope`](changxiao_domain::scope::Scope), with which every decision and query begins. Health is open to anyone, the federation
//! listener to the parent alone, everything else needs a token. A method without a line and a line without a method do not
//! compile: see [`whole`].

mod common;
mod door;
mod page;
mod rule;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    task::{Context, Poll},
};

use changxiao_domain::{actor::Actor, region::RegionId};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

pub use common::{ACCOUNT, COMMON, FEDERATION, SANDBOX, STATISTICS};
pub(crate) use door::locked_fault;
pub use door::{By, Door, SignInRules};
pub use page::page;
pub use rule::{Gap, Rule, Who, allow, any_account, anyone, first_gap, whole};

use crate::{
    accounts::bearer,
    channel::PeerInfo,
    fault::{Fault, library},
};

/// A program's whole table: the common lines and its own.
pub type Table = &'static [&'static [Rule]];

/// All that a session behind a one-time password may do.
const WITH_ONE_TIME_PASSWORD: [&str; 2] =
    ["/changxiao.account.v1.Sessions/ChangePassword", "/changxiao.account.v1.Sessions/SignOut"];

/// Where a call came in. Each listener serves its own lines of the table and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Mutual TLS with neighbours.
    Federation,
    /// People and clients.
    Service,
}

impl Listener {
    /// Whether a line belongs to this listener.
    #[must_use]
    pub fn serves(self, who: Who) -> bool {
        (self == Self::Federation) == (who == Who::Parent)
    }

    /// Full names of the services that a table puts behind this listener.
    #[must_use]
    pub fn services(self, table: Table) -> BTreeSet<&'static str> {
        table.iter().copied().flatten().filter(|rule| self.serves(rule.who)).map(Rule::service).collect()
    }
}

/// Refuses to start with a service that has no line, or a line whose service is not there. Single methods are checked while
/// the program is compiled; which services a listener was given is known only now.
///
/// # Errors
/// A sentence naming the service.
pub fn check_routes(listener: Listener, table: Table, routed: impl Iterator<Item = &'static str>) -> Result<(), String> {
    let (lines, routed) = (listener.services(table), routed.collect::<BTreeSet<_>>());
    match (routed.difference(&lines).next(), lines.difference(&routed).next()) {
        (Some(service), _) => {
            Err(format!("{service} is served on the {listener:?} listener and stands in no line of the policy table"))
        }
        (None, Some(service)) => {
            Err(format!("the policy table speaks of {service}, which the {listener:?} listener does not serve"))
        }
        (None, None) => Ok(()),
    }
}

/// Who calls, as found out before the call. Handlers read it from the request's extensions.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Region whose account it is.
    pub region: RegionId,
    /// The account.
    pub actor: Actor,
    /// How it showed who it is.
    pub by: By,
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

/// The table in force with the doors of the regions hosted here.
#[derive(Clone)]
pub struct Policy {
    listener: Listener,
    rules: Arc<HashMap<&'static str, Who>>,
    doors: Arc<BTreeMap<RegionId, Arc<Door>>>,
}

impl Policy {
    /// Puts a table in force behind the service listener.
    #[must_use]
    pub fn service(table: Table, doors: BTreeMap<RegionId, Arc<Door>>) -> Self {
        Self::new(Listener::Service, table, doors)
    }

    /// Puts a table in force behind the federation listener, where nobody has an account.
    #[must_use]
    pub fn federation(table: Table) -> Self {
        Self::new(Listener::Federation, table, BTreeMap::new())
    }

    fn new(listener: Listener, table: Table, doors: BTreeMap<RegionId, Arc<Door>>) -> Self {
        let lines = table.iter().copied().flatten().filter(|rule| listener.serves(rule.who));
        let rules = lines.map(|rule| (rule.method, rule.who)).collect();
        Self { listener, rules: Arc::new(rules), doors: Arc::new(doors) }
    }

    /// Judges one call.
    ///
    /// # Errors
    /// Unlisted means denied; so do a missing token, an unknown one and a role that is not in the line.
    pub async fn judge(&self, method: &str, token: Option<&str>, peer: Option<&PeerInfo>) -> Result<Option<Caller>, Fault> {
        let denied = || Fault::Denied { what: method.to_owned() };
        let who = *self.rules.get(method).ok_or_else(denied)?;
        let known_peer = self.listener == Listener::Federation && peer.is_some_and(|peer| peer.spiffe.is_some());
        match who {
            Who::Anyone => return Ok(None),
            // The accept loop admits parents only, and each handler asks whether it is the parent of the region named.
            Who::Parent if known_peer => return Ok(None),
            Who::Parent => return Err(denied()),
            Who::AnyAccount | Who::Roles(_) => {}
        }
        let unknown =
            || Fault::Unauthenticated("the token or session is unknown here or has ended; sign in, or ask your administrator");
        let (region, actor, by) = match (token, peer.and_then(|peer| peer.account.as_ref())) {
            (Some(token), _) => {
                let (kind, region, hash) = bearer::parts(token).ok_or_else(unknown)?;
                let (region, door) = self.doors.get_key_value(region).ok_or_else(unknown)?;
                let (actor, by) = door.actor(kind, hash).await?.ok_or_else(unknown)?;
                (region, actor, by)
            }
            (None, Some(named)) => {
                let (region, door) = self.doors.get_key_value(named.region()).ok_or_else(unknown)?;
                let Some(actor) = door.named(named.account()).await? else {
                    tracing::warn!(peer.account = %named, "a client certificate names an account that is closed or unknown");
                    return Err(unknown());
                };
                (region, actor, By::Certificate)
            }
            (None, None) => {
                return Err(Fault::Unauthenticated(
                    "send your token or session as `authorization: Bearer …`, or show a client certificate",
                ));
            }
        };
        if matches!(by, By::Session { one_time: true, .. }) && !WITH_ONE_TIME_PASSWORD.contains(&method) {
            return Err(Fault::Precondition {
                reason: "PASSWORD_CHANGE_REQUIRED",
                en: "this is a one-time password: change it with Sessions/ChangePassword before anything else".to_owned(),
                zh: "当前为一次性口令,请先修改口令".to_owned(),
            });
        }
        let allowed = match who {
            Who::Anyone | Who::AnyAccount => true,
            Who::Roles(roles) => roles.iter().any(|role| actor.is(*role)),
            Who::Parent => false,
        };
        if allowed { Ok(Some(Caller { region: region.clone(), actor, by })) } else { Err(denied()) }
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
            let peer = request.extensions().get::<PeerInfo>().cloned();
            match policy.judge(&method, token.as_deref(), peer.as_ref()).await {
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
