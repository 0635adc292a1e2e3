//! Clients as people and programs would write them: generated stubs, a token, a request id for every write, retries with the same id.
//!
//! A [`Door`] is one process's service listener; a [`Caller`] is one account at that door.

use std::{error::Error as _, future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};
use tonic::{Code, Request, Response, Status, transport::Channel};
use tonic_types::StatusExt as _;

pub mod calls;
pub mod dial;
pub mod requests;

use requests::RequestIds;

/// Calls in flight at one door.
const IN_FLIGHT: usize = 32;
/// Deadline of one try.
const TRY_TIMEOUT: Duration = Duration::from_secs(30);

/// The service listener of one region's process, shared by all its callers.
#[derive(Clone)]
pub struct Door {
    region: Arc<str>,
    channel: Channel,
    ids: Arc<RequestIds>,
    permits: Arc<Semaphore>,
    patience: Duration,
}

impl Door {
    /// A door whose calls are tried again for `patience` while the process is away.
    pub fn new(region: &str, channel: Channel, ids: Arc<RequestIds>, patience: Duration) -> Self {
        Door { region: region.into(), channel, ids, permits: Arc::new(Semaphore::new(IN_FLIGHT)), patience }
    }

    /// The same door for callers that give up after another time.
    pub fn with_patience(&self, patience: Duration) -> Self {
        Door { patience, ..self.clone() }
    }

    /// Region that this door leads to, such as `bs-tengchong`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Resource name of the region, such as `regions/bs-tengchong`.
    pub fn parent(&self) -> String {
        format!("regions/{}", self.region)
    }

    /// The connection itself, for services that need no account.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Somebody without any; a certificate shown by the door may still say who it is.
    pub fn anonymous(&self) -> Caller {
        Caller { door: self.clone(), token: "".into() }
    }

    /// Somebody with a token.
    pub fn caller(&self, token: &str) -> Caller {
        Caller { door: self.clone(), token: token.trim().into() }
    }
}

/// One account at one door. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    door: Door,
    token: Arc<str>,
}

impl Caller {
    /// Where this account calls.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// The same account, giving up after another time.
    pub fn with_patience(&self, patience: Duration) -> Self {
        Caller { door: self.door.with_patience(patience), token: self.token.clone() }
    }

    /// The same account over another connection to the same listener.
    pub fn through(&self, door: &Door) -> Self {
        Caller { door: door.clone(), token: self.token.clone() }
    }

    /// Sends one message, again and again with the same bytes (and so the same request id) while the process is away.
    async fn call<Q, A, F, Fut>(&self, message: Q, send: F) -> Result<A, Status>
    where
        Q: Clone,
        F: Fn(Channel, Request<Q>) -> Fut,
        Fut: Future<Output = Result<Response<A>, Status>>,
    {
        let _permit = self.door.permits.acquire().await.map_err(|_| Status::cancelled("the door is gone"))?;
        let until = Instant::now() + self.door.patience;
        let mut pause = Duration::from_millis(20);
        loop {
            let mut request = Request::new(message.clone());
            if !self.token.is_empty() {
                let bearer = format!("Bearer {}", self.token).parse();
                let bearer = bearer.map_err(|_| Status::invalid_argument("the token is not printable"))?;
                request.metadata_mut().insert("authorization", bearer);
            }
            request.set_timeout(TRY_TIMEOUT);
            match send(self.door.channel.clone(), request).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) if is_transient(&status) && Instant::now() < until => sleep(pause).await,
                Err(status) => return Err(status),
            }
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }
}

/// Whether trying again with the same request id is right. A broken connection has no stable code, so the source chain decides.
pub fn is_transient(status: &Status) -> bool {
    if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded) {
        return true;
    }
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<tonic::transport::Error>() || error.is::<std::io::Error>() {
            return true;
        }
        source = error.source();
    }
    // hyper's and h2's types are not ours to name; both codes come only from the transport when our programs are on the other side.
    matches!(status.code(), Code::Unknown | Code::Cancelled) && reason(status).is_none()
}

/// The stable reason in the status's error info, such as `MONTH_NOT_FROZEN`.
pub fn reason(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason)
}

/// UTC milliseconds of the machine.
pub fn now_ms() -> i64 {
    #[allow(clippy::disallowed_methods)]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// One answer of a plain HTTP listener, head and body.
///
/// # Errors
/// Nobody answers within five seconds.
pub async fn http_get(address: std::net::SocketAddr, path: &str) -> anyhow::Result<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let exchange = async {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::ensure!(!answer.is_empty(), "hung up");
        Ok(answer)
    };
    tokio::time::timeout(Duration::from_secs(5), exchange).await?
}
