//! Configuration as a value: TOML, overridden by the environment, unknown keys refused, secrets in files.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use changxiao_domain::region::RegionId;
use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};
use serde::Deserialize;

use crate::{
    accounts::{lockout::Rules, session::Lifetimes},
    channel::Limits,
    database::{Location, Schema, Server},
    identity::revocation::Insistence,
    policy::SignInRules,
    region::Files,
};

/// Prefix of variables that override a key: `CHANGXIAO_SERVICE__LISTEN`.
pub const ENVIRONMENT_PREFIX: &str = "CHANGXIAO_";

/// A mistake in the configuration: one sentence naming file, key and remedy.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {what}")]
pub struct ConfigFault {
    /// File.
    pub file: String,
    /// Key, cause and remedy.
    pub what: String,
}

/// Everything a program is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Regions hosted by this process.
    pub regions: Vec<String>,
    /// Where each region has its directory.
    pub data_directory: PathBuf,
    /// Where the regions' databases are: absent for a SQLite file in each region's directory, or the address of a PostgreSQL
    /// database, in which each region has its schema.
    pub database: Option<String>,
    /// The same, parsed.
    #[serde(skip)]
    pub server: Option<Arc<Server>>,
    /// Signed register to start from; a newer one adopted later wins.
    pub register_file: PathBuf,
    /// Region whose journal key signs the register.
    pub register_publisher: String,
    /// File with that key, 64 hexadecimal digits.
    pub register_publisher_key_file: PathBuf,
    /// Listener for the neighbouring tiers.
    pub federation: Federation,
    /// Listener for people and clients.
    pub service: Service,
    /// Logs.
    #[serde(default)]
    pub logging: Logging,
    /// Traces.
    #[serde(default)]
    pub tracing: Tracing,
    /// Listener for the machine's own watchers; none unless it is written.
    #[serde(default)]
    pub admin: Option<Admin>,
    /// What a listener grants.
    #[serde(default)]
    pub limits: ListenerLimits,
    /// How people sign in.
    #[serde(default)]
    pub sign_in: SignIn,
    /// How the federation identity is got, kept and given.
    #[serde(default)]
    pub enrolment: Enrolment,
    /// How an aggregator follows its children.
    #[serde(default)]
    pub follow: Follow,
    /// Whether `[follow]` was written at all.
    #[serde(skip)]
    pub follow_given: bool,
}

/// How people sign in. All of it is real time, also in a sandbox.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// A session ends once it is not used for so long.
    pub session_idle_seconds: u32,
    /// A session ends so long after it began.
    pub session_absolute_seconds: u32,
    /// Wrong passwords of one account from one source that lock this source out of it.
    pub lock_after_failures: u32,
    /// How long a lock holds.
    pub lock_seconds: u32,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            session_idle_seconds: 30 * 60,
            session_absolute_seconds: 12 * 3_600,
            lock_after_failures: 5,
            lock_seconds: 15 * 60,
        }
    }
}

impl SignIn {
    fn check(&self) -> Result<(), String> {
        for (key, value, most) in [
            ("session_idle_seconds", self.session_idle_seconds, 30 * 60),
            ("session_absolute_seconds", self.session_absolute_seconds, 12 * 3_600),
            ("lock_after_failures", self.lock_after_failures, 10),
            ("lock_seconds", self.lock_seconds, 24 * 3_600),
        ] {
            if !(1..=most).contains(&value) {
                return Err(format!("`sign_in.{key}` = {value} is outside 1 to {most}"));
            }
        }
        Ok(())
    }

    /// As the door takes it.
    #[must_use]
    pub fn rules(&self) -> SignInRules {
        let ms = |seconds: u32| i64::from(seconds) * 1_000;
        let sessions = Lifetimes { idle_ms: ms(self.session_idle_seconds), absolute_ms: ms(self.session_absolute_seconds) };
        SignInRules { lockout: Rules::new(self.lock_after_failures, self.lock_seconds), sessions }
    }
}

/// Listener for the neighbouring tiers: mutual TLS 1.3.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federation {
    /// Address, such as `0.0.0.0:7443`.
    pub listen: String,
    /// Certificate chain, PEM.
    pub certificate_file: PathBuf,
    /// Private key, PEM, readable by the owner only.
    pub key_file: PathBuf,
    /// Authorities that are believed, PEM.
    pub trust_bundle_file: PathBuf,
    /// Trust domain of every SPIFFE id.
    pub trust_domain: String,
    /// A signed revocation list put here is adopted within seconds, and again whenever it changes.
    #[serde(default)]
    pub revocation_file: Option<PathBuf>,
    /// Whether a neighbour is refused while no revocation list speaks of it.
    #[serde(default)]
    pub revocation_required: bool,
    /// Days for which a stale list is borne before it refuses.
    #[serde(default = "revocation_grace_days")]
    pub revocation_grace_days: u16,
}

const fn revocation_grace_days() -> u16 {
    30
}

impl Federation {
    /// How revocation lists are insisted on.
    #[must_use]
    pub fn insistence(&self) -> Insistence {
        let grace_ms = i64::from(self.revocation_grace_days) * changxiao_domain::clock::DAY_MS;
        Insistence { required: self.revocation_required, grace_ms }
    }
}

/// Listener for people and clients: server TLS 1.3.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Address, such as `0.0.0.0:8443`.
    pub listen: String,
    /// Certificate chain, PEM.
    pub certificate_file: PathBuf,
    /// Private key, PEM, readable by the owner only.
    pub key_file: PathBuf,
    /// Authorities of clients, PEM, each of one region hosted here; none unless it is written.
    #[serde(default)]
    pub client_authority_file: Option<PathBuf>,
}

/// Logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// `json` or `text`.
    pub format: LogFormat,
    /// Filter such as `info` or `info,changxiao_tier=debug`.
    pub filter: String,
}

impl Default for Logging {
    fn default() -> Self {
        Self { format: LogFormat::Json, filter: "info".to_owned() }
    }
}

/// Form of the logs.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Traces over OTLP. Off unless an endpoint is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// Collector, such as `http://127.0.0.1:4317` (gRPC).
    pub otlp_endpoint: Option<String>,
    /// Share of the traces begun here that are kept, 0 to 1. A trace begun elsewhere is kept if its beginner says so.
    pub sample_ratio: f64,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0 }
    }
}

impl Tracing {
    fn check(&self) -> Result<(), String> {
        match &self.otlp_endpoint {
            Some(endpoint) if !endpoint.starts_with("http://") => {
                return Err(format!(
                    "`tracing.otlp_endpoint` = `{endpoint}` is no collector; write it like http://127.0.0.1:4317"
                ));
            }
            _ => {}
        }
        if (0.0..=1.0).contains(&self.sample_ratio) {
            return Ok(());
        }
        Err(format!("`tracing.sample_ratio` = {} is outside 0 to 1", self.sample_ratio))
    }
}

/// Listener for metrics and health in plain HTTP, on loopback only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Address, such as `127.0.0.1:9443`.
    pub listen: String,
}

impl Admin {
    fn check(&self) -> Result<(), String> {
        let address = self.listen.parse().map_err(|_| {
            format!("`admin.listen` = `{}` is not an address; write host and port, such as 127.0.0.1:9443", self.listen)
        })?;
        if crate::telemetry::admin::is_private(&address) {
            return Ok(());
        }
        Err(format!("`admin.listen` = {address} can be reached from outside; choose an address of 127.0.0.0/8 or [::1]"))
    }
}

/// The few limits of a listener that an office may have to change; the others are fixed in [`crate::channel::limits`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenerLimits {
    /// Unfinished handshakes of one source address.
    pub handshakes_per_source: usize,
    /// Open connections of one source address; an office behind one address is one source.
    pub connections_per_source: usize,
    /// Open connections of one listener.
    pub connections: usize,
    /// Calls per second of one account.
    pub calls_per_second: u32,
    /// Calls that an account may have ahead of that.
    pub calls_ahead: u32,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            handshakes_per_source: limits.per_source,
            connections_per_source: limits.connections_per_source,
            connections: limits.connections,
            calls_per_second: limits.calls_per_second,
            calls_ahead: limits.calls_ahead,
        }
    }
}

impl ListenerLimits {
    /// All limits of a listener.
    #[must_use]
    pub fn of_listener(&self) -> Limits {
        Limits {
            per_source: self.handshakes_per_source,
            connections_per_source: self.connections_per_source,
            connections: self.connections,
            calls_per_second: self.calls_per_second,
            calls_ahead: self.calls_ahead,
            ..Limits::default()
        }
    }

    fn check(&self) -> Result<(), String> {
        let each = [
            ("handshakes_per_source", self.handshakes_per_source),
            ("connections_per_source", self.connections_per_source),
            ("connections", self.connections),
            ("calls_per_second", usize::try_from(self.calls_per_second).unwrap_or(usize::MAX)),
            ("calls_ahead", usize::try_from(self.calls_ahead).unwrap_or(usize::MAX)),
        ];
        match each.iter().find(|(_, value)| !(1..=1_000_000).contains(value)) {
            Some((key, value)) => Err(format!("`limits.{key}` = {value} is outside 1 to 1000000")),
            None => Ok(()),
        }
    }
}

/// How the federation identity is got from the region above, and given to regions below.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enrolment {
    /// Region above, at which this one enrols and renews; neither happens unless it is written.
    pub parent: Option<String>,
    /// Its service listener, `host:port`.
    pub parent_address: Option<String>,
    /// Name in the certificate of that listener, if it is not the host of the address.
    pub parent_name: Option<String>,
    /// Where the region above reaches this one's federation listener, `host:port`, if it is not `federation.listen`.
    pub federation_address: Option<String>,
    /// Directory with the authority that issues for regions below; nothing is issued unless it is written.
    pub authority_directory: Option<PathBuf>,
    /// Life of the identities issued, 10 seconds to 92 days.
    pub leaf_seconds: u32,
}

impl Default for Enrolment {
    fn default() -> Self {
        Self {
            parent: None,
            parent_address: None,
            parent_name: None,
            federation_address: None,
            authority_directory: None,
            leaf_seconds: 7 * 86_400,
        }
    }
}

impl Enrolment {
    fn check(&self) -> Result<(), String> {
        use changxiao_proto::convert::enrolment::address;
        if let Some(parent) = &self.parent {
            parent.parse::<RegionId>().map_err(|fault| format!("`enrolment.parent`: {fault}"))?;
        }
        if self.parent.is_some() != self.parent_address.is_some() {
            return Err("`enrolment.parent` and `enrolment.parent_address` go together; write both or neither".to_owned());
        }
        for (key, given) in [("parent_address", &self.parent_address), ("federation_address", &self.federation_address)] {
            given
                .as_ref()
                .map_or(Ok(String::new()), |given| address(given))
                .map_err(|why| format!("`enrolment.{key}`: {why}"))?;
        }
        if !(10..=92 * 86_400).contains(&self.leaf_seconds) {
            return Err(format!("`enrolment.leaf_seconds` = {} is outside 10 to {}", self.leaf_seconds, 92 * 86_400));
        }
        Ok(())
    }

    /// The region above and where it is called, if this region enrols.
    #[must_use]
    pub fn above(&self) -> Option<(RegionId, &str)> {
        self.parent.as_ref().and_then(|parent| parent.parse().ok()).zip(self.parent_address.as_deref())
    }
}

/// How an aggregator follows its children.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Follow {
    /// Seconds between pulls when nothing is announced, 0.05 to 3,600.
    pub pull_interval_seconds: f64,
    /// Business seconds for which a verified origin counts as fresh.
    pub fresh_within_seconds: u32,
}

impl Default for Follow {
    fn default() -> Self {
        Self { pull_interval_seconds: 5.0, fresh_within_seconds: 900 }
    }
}

impl Config {
    /// Reads a file and the environment handed in.
    ///
    /// # Errors
    /// The file is missing or not TOML, a key is unknown, missing or of the wrong kind, or a value makes no sense.
    pub fn load(file: &Path) -> Result<Self, ConfigFault> {
        let shown = file.display().to_string();
        let fail = |what: String| ConfigFault { file: shown.clone(), what };
        if !file.is_file() {
            return Err(fail("there is no such file; name the configuration with --config FILE".to_owned()));
        }
        let environment = Env::prefixed(ENVIRONMENT_PREFIX).split("__").filter(|key| !key.starts_with("call"));
        let figment = Figment::new().merge(Toml::file_exact(file)).merge(environment);
        let mut config: Self = figment.extract().map_err(|error| fail(in_words(&error)))?;
        config.follow_given = figment.contains("follow");
        config.check().map_err(fail)?;
        config.server = config.parse_database().map_err(|why| fail(format!("`database` {why}")))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.regions.is_empty() {
            return Err("`regions` is empty; name at least one region, such as [\"bs-tengchong\"]".to_owned());
        }
        for region in self.regions.iter().chain([&self.register_publisher]) {
            region.parse::<RegionId>().map_err(|fault| format!("`regions` or `register_publisher`: {fault}"))?;
        }
        if let Some(region) =
            self.regions.iter().enumerate().find_map(|(at, region)| self.regions[..at].contains(region).then_some(region))
        {
            return Err(format!("`regions` names {region} twice; name it once"));
        }
        for (key, address) in [("federation.listen", &self.federation.listen), ("service.listen", &self.service.listen)] {
            address
                .parse::<std::net::SocketAddr>()
                .map_err(|_| format!("`{key}` = `{address}` is not an address; write host and port, such as 127.0.0.1:8443"))?;
        }
        if self.federation.listen == self.service.listen {
            return Err("`federation.listen` and `service.listen` are the same; each needs a port of its own".to_owned());
        }
        let seconds = self.follow.pull_interval_seconds;
        if !(0.05..=3_600.0).contains(&seconds) {
            return Err(format!("`follow.pull_interval_seconds` = {seconds} is outside 0.05 to 3600"));
        }
        self.sign_in.check()?;
        self.enrolment.check()?;
        self.tracing.check()?;
        self.admin.as_ref().map_or(Ok(()), Admin::check)?;
        self.limits.check()
    }

    fn parse_database(&self) -> Result<Option<Arc<Server>>, String> {
        let Some(text) = &self.database else { return Ok(None) };
        let server: Arc<Server> = Arc::new(text.parse()?);
        for region in self.region_ids() {
            Schema::new(server.clone(), region.as_str())?;
        }
        Ok(Some(server))
    }

    /// The regions, parsed.
    #[must_use]
    pub fn region_ids(&self) -> Vec<RegionId> {
        self.regions.iter().filter_map(|region| region.parse().ok()).collect()
    }

    /// Files and database of one region.
    ///
    /// # Errors
    /// The region's schema cannot have a role.
    pub fn files(&self, region: &RegionId) -> Result<Files, String> {
        let directory = self.data_directory.join(region.as_str());
        let Some(server) = &self.server else { return Ok(Files::new(directory)) };
        Ok(Files::with_database(directory, Location::Schema(Schema::new(server.clone(), region.as_str())?)))
    }
}

fn in_words(error: &figment::Error) -> String {
    use figment::error::Kind;
    let key = error.path.join(".");
    let from = error.metadata.as_ref().map(|metadata| format!(" (from {})", metadata.name)).unwrap_or_default();
    match &error.kind {
        Kind::MissingField(field) => {
            let full = if key.is_empty() { field.to_string() } else { format!("{key}.{field}") };
            format!("`{full}` is missing; add it, docs/operations/configuration.md shows every key")
        }
        Kind::UnknownField(field, known) => {
            format!("`{field}` is not a key here{from}; remove it or use one of {}", known.join(", "))
        }
        Kind::InvalidType(found, wanted) => format!("`{key}` must be {wanted}, not {found}{from}"),
        other => {
            let key = if key.is_empty() { String::new() } else { format!("`{key}`: ") };
            format!("{key}{}{from}; correct it", one_line(&other.to_string()))
        }
    }
}

/// A fault of the TOML parser without the piece of the file that it draws below.
fn one_line(text: &str) -> String {
    let drawn =
        |line: &&str| line.split_once('|').is_some_and(|(margin, _)| margin.chars().all(|c| c.is_ascii_digit() || c == ' '));
    text.lines().filter(|line| !drawn(line)).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
regions = ["bs-tengchong"]
data_directory = "/var/lib/changxiao"
register_file = "/etc/changxiao/register.signed"
register_publisher = "yn"
register_publisher_key_file = "/etc/changxiao/yn.pub"
[federation]
listen = "127.0.0.1:7443"
certificate_file = "cert.pem"
key_file = "key.pem"
trust_bundle_file = "bundle.pem"
trust_domain = "yunnan.example"
[service]
listen = "127.0.0.1:8443"
certificate_file = "cert.pem"
key_file = "key.pem"
"#;

    fn fault(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("county.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(&file).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_name_file_key_and_remedy() {
        for (from, to, words) in [
            ("regions = [\"bs-tengchong\"]", "regions = []", "`regions` is empty"),
            ("regions = [\"bs-tengchong\"]", "regions = [\"530522\"]", "530522"),
            ("data_directory", "data_dir", "`data_dir` is not a key here"),
            ("127.0.0.1:7443", "7443", "`federation.listen` = `7443` is not an address"),
            ("127.0.0.1:7443", "127.0.0.1:8443", "each needs a port"),
            ("trust_domain = \"yunnan.example\"\n", "", "trust_domain` is missing"),
            ("regions = [", "regions = = [", "TOML parse error at line 2, column 11: "),
            ("listen = \"127.0.0.1:8443\"", "listen = 8443", "`service.listen` must be"),
            ("regions", "database = \"/var/lib/db\"\nregions", "`database` is no address of a PostgreSQL database; write it"),
            ("regions", "database = \"postgresql://cx:secret@127.0.0.1/cx\"\nregions", "`database` holds a password; put it"),
            ("[service]", "[admin]\nlisten = \"0.0.0.0:9443\"\n[service]", "can be reached from outside"),
            ("[service]", "[tracing]\notlp_endpoint = \"collector\"\n[service]", "is no collector"),
            ("[service]", "[tracing]\nsample_ratio = 2.0\n[service]", "`tracing.sample_ratio` = 2"),
            ("[service]", "[limits]\nconnections = 0\n[service]", "`limits.connections` = 0 is outside"),
        ] {
            let told = fault(&GOOD.replacen(from, to, 1));
            assert!(told.contains(words) && told.contains("county.toml") && told.lines().count() == 1, "{told}");
        }
    }
}
