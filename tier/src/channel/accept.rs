//! Our own accept loop, the same for both listeners: handshakes apart from each other, each with a limit, each refusal with its
//! reason. What gets through is driven by [`super::serve`].

use std::future::pending;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::Stream;

use super::conn::{Conn, PeerInfo};
use super::gate::{Gate, Place};
use super::limits::Limits;
use super::offenders::Offenders;
use super::refusal::{Refusal, Refusals};
use super::reserve::Reserve;
use super::seats::{Seat, Seats};
use super::stopped;
use super::tls::ServerTls;
use super::vigil::{OverClient, shown_by_client};
use crate::identity::leaf::Leaf;
use crate::identity::spiffe::SpiffeId;

/// Asked after the handshake: has this peer any business here? `Err` carries the reason for the log; the peer is not told.
pub type Admit = Arc<dyn Fn(&PeerInfo) -> Result<(), String> + Send + Sync>;

/// Admits everybody who got through the handshake: right for the service listener, where callers prove themselves per request.
pub fn admit_all() -> Admit {
    Arc::new(|_| Ok(()))
}

/// Established connections, for a server to take.
pub struct Incoming {
    connections: mpsc::Receiver<io::Result<Conn<TlsStream<TcpStream>>>>,
    cut: Arc<watch::Sender<bool>>,
    /// What this listener grants.
    pub limits: Arc<Limits>,
    /// Where refusals are noted.
    pub refusals: Refusals,
    /// Counts them.
    pub(super) gate: Gate,
    /// Whose connections were closed for abuse.
    pub(super) offenders: Offenders,
    /// What metrics call this listener.
    pub name: &'static str,
}

impl Incoming {
    /// The same, by another name than `other` in the metrics.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Ends every connection of this listener when told to, however busy it is.
    pub fn cutter(&self) -> Cutter {
        Cutter(Arc::clone(&self.cut))
    }
}

impl Stream for Incoming {
    type Item = io::Result<Conn<TlsStream<TcpStream>>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.connections.poll_recv(cx)
    }
}

/// See [`Incoming::cutter`].
#[derive(Debug, Clone)]
pub struct Cutter(Arc<watch::Sender<bool>>);

impl Cutter {
    /// Ends all connections now.
    pub fn cut(&self) {
        self.0.send_replace(true);
    }
}

/// Starts accepting on a bound socket until `stop` turns true (or its sender is gone), or the [`Incoming`] is dropped.
pub fn accept(
    listener: TcpListener,
    tls: ServerTls,
    admit: Admit,
    refusals: Refusals,
    limits: Limits,
    stop: watch::Receiver<bool>,
) -> Incoming {
    let (give, connections) = mpsc::channel(16);
    let cut = Arc::new(watch::Sender::new(false));
    let limits = Arc::new(limits);
    let gate = Gate::new(Arc::clone(&limits));
    let offenders = Offenders::default();
    let incoming = Incoming {
        connections,
        cut,
        limits: Arc::clone(&limits),
        refusals: refusals.clone(),
        gate: gate.clone(),
        offenders: offenders.clone(),
        name: "other",
    };
    let (seats, cut) = (Seats::default(), incoming.cut.subscribe());
    let each = Arc::new(Each { tls, admit, refusals, limits, seats, offenders, cut, stop });
    tokio::spawn(run(listener, gate, each, give));
    incoming
}

type Give = mpsc::Sender<io::Result<Conn<TlsStream<TcpStream>>>>;

/// What every connection of one listener needs.
struct Each {
    tls: ServerTls,
    admit: Admit,
    refusals: Refusals,
    limits: Arc<Limits>,
    seats: Seats<SpiffeId>,
    offenders: Offenders,
    cut: watch::Receiver<bool>,
    stop: watch::Receiver<bool>,
}

async fn run(listener: TcpListener, gate: Gate, each: Arc<Each>, give: Give) {
    let mut reserve = Reserve::take();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(each.stop.clone()) => return,
            () = give.closed() => return,
        };
        let (tcp, addr) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if needs_pause(&error) {
                    let turned_away = reserve.turn_away(&listener).await;
                    tracing::warn!(turned_away, error = %error, "cannot accept connections at the moment");
                    tokio::time::sleep(each.limits.pause).await;
                }
                continue;
            }
        };
        match gate.enter(addr.ip()) {
            Ok(place) => {
                tokio::spawn(one(tcp, addr, place, Arc::clone(&each), give.clone()));
            }
            Err(closed) if closed.first => each.refusals.note(addr, closed.refusal, None),
            Err(_) => {}
        }
    }
}

/// A caller that hung up before it was accepted is no reason to pause; anything else (no descriptors, no memory) would spin.
fn needs_pause(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

async fn one(tcp: TcpStream, addr: SocketAddr, place: Place, each: Arc<Each>, give: Give) {
    // A client may believe that a handshake is over, and call, before it is over here: at a stop it gets a moment, so that it is answered.
    let too_late = async {
        stopped(each.stop.clone()).await;
        tokio::time::sleep(each.limits.quiet).await;
    };
    let shaken = tokio::select! {
        shaken = establish(tcp, addr, place, &each) => shaken,
        () = too_late => return,
    };
    match shaken {
        // The server being gone is the only failure, and then there is nobody to serve the connection.
        Ok(conn) => drop(give.send(Ok(conn)).await),
        Err((refusal, leaf)) => each.refusals.note(addr, refusal, leaf.as_deref()),
    }
}

type NoEntry = (Refusal, Option<Box<Leaf>>);

async fn establish(
    tcp: TcpStream,
    addr: SocketAddr,
    mut place: Place,
    each: &Each,
) -> Result<Conn<TlsStream<TcpStream>>, NoEntry> {
    if let Some(wait) = each.offenders.wait(addr.ip()) {
        tokio::time::sleep(wait).await;
    }
    let stream = handshake(tcp, each).await?;
    let shown = stream.get_ref().1.peer_certificates();
    let leaf = match shown.and_then(<[_]>::first) {
        Some(der) => match Leaf::read(der) {
            Ok(leaf) => Some(Box::new(leaf)),
            Err(cause) => return Err((Refusal::Certificate(cause.into()), None)),
        },
        None => None,
    };
    // Each listener let only its own kind of certificate through the handshake.
    let named = leaf.as_ref().map(|leaf| leaf.spiffe_id());
    let (spiffe, account) = match (named, leaf.as_ref().map(|leaf| leaf.account_name())) {
        (None, _) => (None, None),
        (Some(Ok(spiffe)), _) => (Some(spiffe), None),
        (Some(Err(_)), Some(Ok(account))) => (None, Some(account)),
        (Some(Err(cause)), _) => return Err((Refusal::Certificate(cause.into()), leaf)),
    };
    let info = PeerInfo {
        addr,
        spiffe,
        account,
        serial: leaf.as_ref().map(|l| l.serial.clone()),
        not_after_ms: leaf.as_ref().map(|l| l.not_after.ms()),
    };
    match let_in(&info, each) {
        Ok(seat) => {
            let lifetime = lifetime(&info, &each.tls, &each.limits);
            place.opened();
            let vigil = OverClient {
                tls: each.tls.clone(),
                admit: Arc::clone(&each.admit),
                refusals: each.refusals.clone(),
                info: info.clone(),
                shown: shown_by_client(&stream),
            };
            Ok(Conn::new(stream, info, end(lifetime, each.cut.clone(), (place, seat), vigil)))
        }
        Err(refusal) => Err((refusal, leaf)),
    }
}

async fn handshake(tcp: TcpStream, each: &Each) -> Result<TlsStream<TcpStream>, NoEntry> {
    // Without it small answers would wait for the other side's acknowledgement; a socket that refuses works all the same.
    let _ = tcp.set_nodelay(true);
    let limit = each.limits.handshake_timeout;
    let acceptor = TlsAcceptor::from(each.tls.current());
    match tokio::time::timeout(limit, acceptor.accept(tcp)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Refusal::of_handshake(&error)),
        Err(_) => {
            let limit_ms = limit.as_millis();
            Err((Refusal::Timeout { limit_ms }, None))
        }
    }
}

/// What remains to be asked once the certificate is proven. Peers without an identity (service listener) take no seat.
fn let_in(info: &PeerInfo, each: &Each) -> Result<Option<Seat<SpiffeId>>, Refusal> {
    (each.admit)(info).map_err(Refusal::NotAdmitted)?;
    let Some(identity) = &info.spiffe else {
        return Ok(None);
    };
    let limit = each.limits.per_identity;
    match each.seats.take(identity, limit) {
        Some(seat) => Ok(Some(seat)),
        None => Err(Refusal::IdentityBusy { identity: identity.clone(), limit }),
    }
}

/// No connection outlives the certificate that opened it, nor the greatest age.
fn lifetime(info: &PeerInfo, tls: &ServerTls, limits: &Limits) -> Duration {
    let longest = spread(limits.age, info.addr) + limits.age_grace;
    let left = info.not_after_ms.zip(tls.now_ms()).map(|(until, now)| u64::try_from(until.saturating_sub(now)).unwrap_or(0));
    left.map_or(longest, |ms| longest.min(Duration::from_millis(ms)))
}

/// A tenth less to a tenth more, by the peer's address, so that connections that began together do not end together.
pub(super) fn spread(age: Duration, addr: SocketAddr) -> Duration {
    let mut hasher = DefaultHasher::new();
    addr.hash(&mut hasher);
    let thousandths = u32::try_from(hasher.finish() % 201).unwrap_or(100);
    age * (900 + thousandths) / 1_000
}

/// Resolves when the connection must end. It owns the connection's place and seat, which are free again once the connection is dropped.
async fn end(lifetime: Duration, mut cut: watch::Receiver<bool>, held: (Place, Option<Seat<SpiffeId>>), vigil: OverClient) {
    let _held = held;
    let cut = async {
        if cut.wait_for(|cut| *cut).await.is_err() {
            // Nobody can cut any more: the listener is gone, and its connections end by themselves.
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = tokio::time::sleep(lifetime) => {}
        () = cut => {}
        () = vigil.refused() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_by_a_tenth_either_way() {
        let age = Duration::from_secs(3_600);
        let ages: Vec<Duration> = (1..2_000).map(|port| spread(age, SocketAddr::from(([10, 0, 0, 1], port)))).collect();
        assert!(ages.iter().all(|spread| (age * 9 / 10..=age * 11 / 10).contains(spread)));
        assert!(ages.iter().any(|spread| *spread < age * 92 / 100) && ages.iter().any(|spread| *spread > age * 108 / 100));
    }

    #[test]
    fn only_trouble_of_our_own_pauses_the_loop() {
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        const ECONNABORTED: i32 = 103;
        for (code, pauses) in [(ENFILE, true), (EMFILE, true), (ECONNABORTED, false)] {
            assert_eq!(needs_pause(&io::Error::from_raw_os_error(code)), pauses, "{code}");
        }
    }
}
