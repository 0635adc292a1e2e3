//! Every metric by name, kind and meaning: one table, which the code registers and `docs/operations/metrics.md` repeats (a test
//! compares them). Labels are few and bounded; none comes from a stranger.

use std::{collections::HashSet, sync::OnceLock, time::Duration};

use changxiao_proto::DESCRIPTORS;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use prost_reflect::DescriptorPool;

/// Kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Is what it is.
    Gauge,
    /// Spread over buckets.
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its labels, separated by commas.
    pub labels: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

const fn metric(name: &'static str, kind: Kind, labels: &'static str, meaning: &'static str) -> Metric {
    Metric { name, kind, labels, meaning }
}

const CALLS: &str = "changxiao_calls_total";
const CALL_SECONDS: &str = "changxiao_call_seconds";
const CALLS_IN_PROGRESS: &str = "changxiao_calls_in_progress";
const CONNECTIONS: &str = "changxiao_connections";
const HANDSHAKES: &str = "changxiao_handshakes";
const REFUSALS: &str = "changxiao_connections_refused_total";
const GROUP_COMMANDS: &str = "changxiao_group_commands";
const COMMIT_SECONDS: &str = "changxiao_commit_seconds";
const QUEUE_LENGTH: &str = "changxiao_queue_length";
const JOURNAL_HEAD: &str = "changxiao_journal_head";
const PULLS: &str = "changxiao_pulls_total";
const UNVERIFIED_PULLS: &str = "changxiao_unverified_pulls_total";
const FRESHNESS: &str = "changxiao_freshness_seconds";
const DEPENDENCY_UP: &str = "changxiao_dependency_up";
const CERTIFICATE_DAYS: &str = "changxiao_certificate_days_left";
const REVOCATIONS_AGE: &str = "changxiao_revocation_list_age_seconds";
const DISK_FREE: &str = "changxiao_disk_free_bytes";

/// The table.
pub const METRICS: [Metric; 17] = [
    metric(CALLS, Kind::Counter, "listener, method, code", "calls answered, by gRPC code; unknown methods are `other`"),
    metric(CALL_SECONDS, Kind::Histogram, "listener", "from a call's first byte to the beginning of its answer"),
    metric(CALLS_IN_PROGRESS, Kind::Gauge, "listener", "calls without an answer yet; refused beyond 1,024"),
    metric(CONNECTIONS, Kind::Gauge, "listener", "open connections; refused beyond `limits.connections`"),
    metric(HANDSHAKES, Kind::Gauge, "listener", "handshakes under way; dropped beyond 1,024"),
    metric(
        REFUSALS,
        Kind::Counter,
        "reason",
        "connections refused or ended, by the reason in the log; a flood counts once for each source",
    ),
    metric(GROUP_COMMANDS, Kind::Histogram, "region", "commands in one commit of the writer"),
    metric(COMMIT_SECONDS, Kind::Histogram, "region", "the commit itself: the disk, in the main"),
    metric(QUEUE_LENGTH, Kind::Gauge, "region", "commands that wait for the writer; refused beyond 4,096"),
    metric(JOURNAL_HEAD, Kind::Gauge, "region", "position of the last entry"),
    metric(PULLS, Kind::Counter, "region, child, outcome", "pulls of a child: applied, refused, failed, changed"),
    metric(
        UNVERIFIED_PULLS,
        Kind::Counter,
        "region, child",
        "pulls applied without a head witnessed after them: 0 for ever, or a fault of the program",
    ),
    metric(FRESHNESS, Kind::Gauge, "region, origin", "business seconds since an origin was verified last"),
    metric(
        DEPENDENCY_UP,
        Kind::Gauge,
        "dependency",
        "1 if it is well, else 0: database, journal, disk, certificate, revocations, parent, child",
    ),
    metric(CERTIFICATE_DAYS, Kind::Gauge, "listener", "days until the certificate shown ends"),
    metric(REVOCATIONS_AGE, Kind::Gauge, "issuer", "seconds since the revocation list in force was made; absent without one"),
    metric(DISK_FREE, Kind::Gauge, "", "room on the disk of the data directory, bytes"),
];

/// Bounds of times, seconds.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 10.0];
/// Bounds of groups, commands.
const COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Starts keeping metrics for the process. Without it recording costs next to nothing.
///
/// # Errors
/// They are kept already.
pub fn start() -> Result<PrometheusHandle, String> {
    let in_words = |fault: metrics_exporter_prometheus::BuildError| fault.to_string();
    let recorder = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(GROUP_COMMANDS.to_owned()), &COMMANDS))
        .map_err(in_words)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|fault| fault.to_string())?;
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.meaning),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.meaning),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.meaning),
        }
    }
    Ok(handle)
}

/// The method of a path if the contract has it: a stranger's path must become neither a label nor the name of a span.
#[must_use]
pub fn known(path: &str) -> &'static str {
    static METHODS: OnceLock<HashSet<String>> = OnceLock::new();
    let methods = METHODS.get_or_init(|| {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap_or_default();
        let ours = pool.services().flat_map(|service| {
            service.methods().map(|method| format!("{}/{}", service.full_name(), method.name())).collect::<Vec<_>>()
        });
        let health = ["Check", "Watch", "List"].map(|method| format!("grpc.health.v1.Health/{method}"));
        ours.chain(health).collect()
    });
    path.strip_prefix('/').and_then(|path| methods.get(path)).map_or("other", String::as_str)
}

/// Names of the gRPC codes, by number. In small letters, for capitals are our own reasons.
const CODES: [&str; 17] = [
    "ok",
    "cancelled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

fn name_of(code: tonic::Code) -> &'static str {
    usize::try_from(i32::from(code)).ok().and_then(|number| CODES.get(number)).unwrap_or(&"unknown")
}

/// A call was answered, or its answer began.
pub fn call(listener: &'static str, path: &str, code: tonic::Code, took: Duration) {
    counter!(CALLS, "listener" => listener, "method" => known(path), "code" => name_of(code)).increment(1);
    histogram!(CALL_SECONDS, "listener" => listener).record(took.as_secs_f64());
}

/// One more or one fewer call without an answer.
pub fn calls_in_progress(listener: &'static str, more: f64) {
    gauge!(CALLS_IN_PROGRESS, "listener" => listener).increment(more);
}

/// A count as a sample. Beyond 2^53 its last digits are lost, which no graph shows.
#[allow(clippy::cast_precision_loss)]
fn sample(count: impl TryInto<i64>) -> f64 {
    count.try_into().unwrap_or(i64::MAX) as f64
}

/// Handshakes and connections of a listener.
pub fn connections(listener: &'static str, handshakes: usize, open: usize) {
    gauge!(HANDSHAKES, "listener" => listener).set(sample(handshakes));
    gauge!(CONNECTIONS, "listener" => listener).set(sample(open));
}

/// A connection was refused or ended.
pub fn refused(reason: &'static str) {
    counter!(REFUSALS, "reason" => reason).increment(1);
}

/// A group of commands was decided.
pub fn group(region: &str, commands: usize) {
    histogram!(GROUP_COMMANDS, "region" => region.to_owned()).record(sample(commands));
}

/// A group was committed.
pub fn committed(region: &str, took: Duration, head: u64) {
    histogram!(COMMIT_SECONDS, "region" => region.to_owned()).record(took.as_secs_f64());
    gauge!(JOURNAL_HEAD, "region" => region.to_owned()).set(sample(head));
}

/// Commands wait.
pub fn queue(region: &str, waiting: usize) {
    gauge!(QUEUE_LENGTH, "region" => region.to_owned()).set(sample(waiting));
}

/// A child was pulled.
pub fn pulled(region: &str, child: &str, outcome: &'static str, unverified: bool) {
    counter!(PULLS, "region" => region.to_owned(), "child" => child.to_owned(), "outcome" => outcome).increment(1);
    counter!(UNVERIFIED_PULLS, "region" => region.to_owned(), "child" => child.to_owned()).increment(u64::from(unverified));
}

/// An origin was verified so long ago.
pub fn fresh(region: &str, origin: &str, age_ms: i64) {
    gauge!(FRESHNESS, "region" => region.to_owned(), "origin" => origin.to_owned()).set(sample(age_ms) / 1_000.0);
}

/// A dependency is well or not.
pub fn dependency(name: &str, up: bool) {
    gauge!(DEPENDENCY_UP, "dependency" => name.to_owned()).set(f64::from(u8::from(up)));
}

/// Room on the disk.
pub fn disk_free(bytes: u64) {
    gauge!(DISK_FREE).set(sample(bytes));
}

/// A certificate ends in so many milliseconds.
pub fn certificate(listener: &'static str, left_ms: i64) {
    gauge!(CERTIFICATE_DAYS, "listener" => listener).set(sample(left_ms) / 86_400_000.0);
}

/// The list of an issuer in force was made so long ago.
pub fn revocations(issuer: &str, age_ms: i64) {
    gauge!(REVOCATIONS_AGE, "issuer" => issuer.to_owned()).set(sample(age_ms) / 1_000.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_path_is_no_label() {
        assert_eq!(known("/changxiao.federation.v1.Feed/Pull"), "changxiao.federation.v1.Feed/Pull");
        for path in ["/changxiao.federation.v1.Feed/Nothing", "/x/y", "", "/grpc.health.v1.Health/Check\n"] {
            assert_eq!(known(path), "other", "{path}");
        }
    }

    /// The page for operators has one row for each metric, in the words of the table above.
    #[test]
    fn the_page_repeats_the_table() {
        let page = include_str!("../../../docs/operations/metrics.md");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `changxiao_")).collect();
        let expected: Vec<String> = METRICS
            .iter()
            .map(|m| format!("| `{}` | {} | {} | {} |", m.name, format!("{:?}", m.kind).to_lowercase(), m.labels, m.meaning))
            .collect();
        assert_eq!(rows, expected, "write the table of docs/operations/metrics.md like this:\n{}", expected.join("\n"));
    }
}
