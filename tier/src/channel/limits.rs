//! Every limit of a listener, in one place, each with its reason. What an office may have to change stands in `[limits]` of the
//! configuration; the rest is fixed, because the abuse tests (`docs/reliability.md`) hold for these values.

use std::time::Duration;

/// Calls under way on one connection. Beyond it streams are refused; a browser or a follower needs a handful.
pub const STREAMS_MAX: u32 = 64;
/// Header list of one call, bytes: a token, a trace context and names fit many times over.
pub const HEADER_LIST_BYTES_MAX: u32 = 16 * 1_024;
/// What one call may send ahead of its handler, bytes. 64 of these bound what a connection can make the server hold.
pub const STREAM_WINDOW_BYTES: u32 = 64 * 1_024;
/// The same for a whole connection.
pub const CONNECTION_WINDOW_BYTES: u32 = 1_024 * 1_024;
/// Answers that wait for a slow reader, bytes per stream.
pub const SEND_BUFFER_BYTES: usize = 256 * 1_024;
/// Both the pause between keep-alive pings and the wait for their answer: a dead peer is noticed in 40 s.
pub const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Largest command a server decodes, bytes. Set it on each service: `max_decoding_message_size`.
pub const COMMAND_BYTES_MAX: usize = 256 * 1_024;
/// Largest frame of a delivery, bytes.
pub const DELIVERY_BYTES_MAX: usize = 1_024 * 1_024;
/// Frames that go with one answered call: headers, data, its end, window updates, a ping or two.
pub const FRAMES_PER_CALL: i64 = 8;
/// Frames that a connection may have ahead of its budget: what 64 calls bring along at once.
pub const FRAMES_AHEAD: i64 = STREAMS_MAX as i64 * FRAMES_PER_CALL;
/// Points that an unreadable or far too large message costs: a client with a mistake sends a few, an attacker nothing else.
pub const OFFENCE: i64 = 64;
/// After its first GOAWAY a connection gets the second, which ends it, once no call has begun for [`Limits::quiet`]; one that goes on
/// calling (and is answered) gets it after this time.
pub const LEAVE_WITHIN: Duration = Duration::from_secs(3);
/// What a peer still sends after our side of a connection is closed is read for this long, so that no reset of the system takes
/// away what it has not read yet.
pub const LINGER: Duration = Duration::from_secs(1);
/// And no more of it than this, bytes.
pub const LINGER_BYTES: usize = 256 * 1_024;
/// Taken off a deadline before it is passed on, so that this tier can still say that the one below was too slow.
pub const DEADLINE_MARGIN: Duration = Duration::from_millis(50);

/// A source is remembered for its connections that were closed for abuse during this time. Short, because an office behind one address is
/// one source, and most who sit there have done nothing.
pub const OFFENCES_KEPT: Duration = Duration::from_secs(10);
/// So many of them cost nothing: a client with a mistake, or an old version of something, makes a few.
pub const OFFENCES_FREE: u32 = 3;
/// Each one more keeps new connections of the source waiting for this much longer before their handshake, which is the dearest thing that a
/// stranger can make us do. Connections that are open already, and other sources, notice nothing.
pub const OFFENCE_WAIT: Duration = Duration::from_millis(100);
/// And no longer than this: whoever shares an address with an offender gets in all the same, a second later.
pub const OFFENCE_WAIT_MAX: Duration = Duration::from_secs(1);
/// Sources remembered at a time. With more offenders than this, those that offended longest ago are forgotten first.
pub const OFFENDERS_MAX: usize = 1_024;

/// What one listener grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A handshake is finished in this time or dropped. Two round trips on the worst line take less than one second.
    pub handshake_timeout: Duration,
    /// Unfinished handshakes of one source. A caller over it is dropped, never queued: a queue locks everybody out.
    pub per_source: usize,
    /// Unfinished handshakes in all.
    pub in_all: usize,
    /// Established connections of one proven identity. A follower needs two; more is a runaway.
    pub per_identity: usize,
    /// Connections of one source. An office behind one address is one source.
    pub connections_per_source: usize,
    /// Connections in all, so that descriptors remain for the database.
    pub connections: usize,
    /// Pause after the system refused to accept, such as when descriptors ran out. Without it the loop spins.
    pub pause: Duration,
    /// A connection is asked to end in order (GOAWAY) at this age, give or take a tenth, so that new certificates, new trust and
    /// new addresses take hold, and not for all connections at once.
    pub age: Duration,
    /// Calls may go on for this long after that, then the connection is cut.
    pub age_grace: Duration,
    /// A connection brings its first call in this time.
    pub first_call: Duration,
    /// A frame or a list of headers once begun is complete in this time: 16 KiB over 13 kbit/s.
    pub unfinished: Duration,
    /// An answer is read on within this time.
    pub unread: Duration,
    /// Frames per second that serve no call (pings, settings, window updates, priorities, resets, refused calls). The
    /// HTTP/2 library bounds what they cost in memory, but not their number.
    pub frames_per_second: u32,
    /// Calls without an answer yet, all callers together. Beyond it a call is refused at once instead of waiting.
    pub calls_in_progress: usize,
    /// The same of one source, so that calls whose messages never come cannot keep everybody else out.
    pub calls_per_source: usize,
    /// Calls per second of one caller: an account, a neighbour, or else a source.
    pub calls_per_second: u32,
    /// Calls that a caller may have ahead of that.
    pub calls_ahead: u32,
    /// A handler begins its answer in this time. Streams may go on longer.
    pub answer: Duration,
    /// After a stop: calls under way may finish in this time.
    pub grace: Duration,
    /// After a stop: a stream that has had nothing to say for this long is ended, a handshake under way is finished in this time, and
    /// a connection that has brought no call for this long is ended.
    pub quiet: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(5),
            per_source: 32,
            in_all: 1_024,
            per_identity: 32,
            connections_per_source: 256,
            connections: 4_096,
            pause: Duration::from_millis(100),
            age: Duration::from_secs(3_600),
            age_grace: Duration::from_secs(30),
            first_call: Duration::from_secs(10),
            unfinished: Duration::from_secs(10),
            unread: Duration::from_secs(20),
            frames_per_second: 200,
            calls_in_progress: 1_024,
            calls_per_source: 128,
            calls_per_second: 2_000,
            calls_ahead: 4_000,
            answer: Duration::from_secs(10),
            grace: Duration::from_secs(8),
            quiet: Duration::from_millis(500),
        }
    }
}
