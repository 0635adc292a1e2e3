//! The address of a PostgreSQL database, as one key of the configuration says it. The password is never part of it: it lies
//! in a file.
//!
//! Deliberately narrower than what clients of PostgreSQL commonly take: names need no quoting, nothing comes from the
//! environment, and a line across a network is checked unless the address says otherwise in so many words.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::DatabaseFault;
use crate::identity::files::check_private;

/// Least server version, as `server_version_num` counts: 14.
pub const LEAST_POSTGRESQL: u32 = 140_000;
/// Longest name of a role or schema, bytes.
pub(super) const NAME_BYTES_MAX: usize = 63;

const FORM: &str = "write it like postgresql://changxiao@127.0.0.1:5432/changxiao?password_file=/etc/changxiao/database.password";

/// Where a PostgreSQL database answers, and as whom it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Host name, address, or directory of a Unix socket.
    host: String,
    port: u16,
    role: String,
    database: String,
    password_file: Option<PathBuf>,
    tls: Tls,
    authorities_file: Option<PathBuf>,
}

/// How the line is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    Disable,
    Require,
    VerifyCa,
    VerifyFull,
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, role, database, .. } = self;
        if self.is_socket() {
            write!(f, "postgresql://{role}@/{database}?host={host}&port={port}")
        } else {
            write!(f, "postgresql://{role}@{host}:{port}/{database}")
        }
    }
}

impl FromStr for Server {
    type Err = String;

    /// Parses `postgresql://role@host:port/database?password_file=…&sslmode=…&sslrootcert=…`; a socket is `?host=/directory`.
    /// The answer to anything else is half a sentence naming the remedy; it never repeats a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"));
        let rest = rest.ok_or_else(|| format!("is no address of a PostgreSQL database; {FORM}"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').ok_or_else(|| format!("names no database; {FORM}"))?;
        let (role, place) = authority.rsplit_once('@').ok_or_else(|| format!("names no role; {FORM}"))?;
        if role.contains(':') {
            return Err("holds a password; put it into a file of mode 0600 and name that: ?password_file=/path".to_owned());
        }
        let (host, port) = host_and_port(place)?;
        let mut server = Self {
            host,
            port,
            role: name("role", role)?,
            database: name("database", database)?,
            password_file: None,
            tls: Tls::Disable,
            authorities_file: None,
        };
        let mut tls = None;
        for (key, value) in
            query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        {
            match key {
                "host" if value.starts_with('/') && server.host.is_empty() => server.host = value.to_owned(),
                "host" => return Err(format!("`host={value}` is not the directory of a socket; {FORM}")),
                "port" => server.port = port_of(value)?,
                "password_file" => server.password_file = Some(path(key, value)?),
                "sslrootcert" => server.authorities_file = Some(path(key, value)?),
                "sslmode" => tls = Some(tls_of(value)?),
                "password" => {
                    return Err(
                        "holds a password; put it into a file of mode 0600 and name that: ?password_file=/path".to_owned()
                    );
                }
                _ => return Err(format!("`{key}` means nothing here; use host, port, password_file, sslmode, sslrootcert")),
            }
        }
        if server.host.is_empty() {
            return Err(format!("names no host; {FORM}"));
        }
        server.tls = tls.unwrap_or(if server.is_near() { Tls::Disable } else { Tls::VerifyFull });
        if matches!(server.tls, Tls::VerifyCa | Tls::VerifyFull) && server.authorities_file.is_none() {
            return Err(
                "crosses a network, so the server is checked: name the authority by sslrootcert=/path, or say sslmode=disable"
                    .to_owned(),
            );
        }
        Ok(server)
    }
}

/// A name that needs no quoting in an address.
fn name(what: &str, text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || !text.chars().all(plain) || text.len() > NAME_BYTES_MAX {
        return Err(format!("`{text}` is no {what}: 1 to {NAME_BYTES_MAX} letters, digits, `_`, `-` and `.`; {FORM}"));
    }
    Ok(text.to_owned())
}

fn host_and_port(place: &str) -> Result<(String, u16), String> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or_else(|| format!("`{place}` is no host; {FORM}"))?)),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if host.chars().any(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))) {
        return Err(format!("`{host}` is no host; {FORM}"));
    }
    Ok((host.to_owned(), port.map_or(Ok(5_432), port_of)?))
}

fn port_of(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{text}` is no port; write a number up to 65535"))
}

fn path(key: &str, value: &str) -> Result<PathBuf, String> {
    if Path::new(value).is_absolute() && !value.contains('%') {
        Ok(PathBuf::from(value))
    } else {
        Err(format!("`{key}={value}` is no absolute path without `%` and `&`"))
    }
}

fn tls_of(value: &str) -> Result<Tls, String> {
    match value {
        "disable" => Ok(Tls::Disable),
        "require" => Ok(Tls::Require),
        "verify-ca" => Ok(Tls::VerifyCa),
        "verify-full" => Ok(Tls::VerifyFull),
        _ => Err(format!("`sslmode={value}` means nothing here; use verify-full, verify-ca, require or disable")),
    }
}

impl Server {
    fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// Whether nothing leaves this machine.
    fn is_near(&self) -> bool {
        self.is_socket() || self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback())
    }

    /// Role that enters and owns what it makes.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }

    /// Database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Reads the files that the address names.
    ///
    /// # Errors
    /// One is missing, or the password is open to other accounts.
    pub fn check_files(&self) -> Result<(), DatabaseFault> {
        self.password()?;
        let Some(file) = &self.authorities_file else { return Ok(()) };
        let read = std::fs::read(file);
        read.map(|_| ()).map_err(|why| DatabaseFault::Password(format!("{}: {why}; correct sslrootcert", file.display())))
    }

    fn password(&self) -> Result<Option<String>, DatabaseFault> {
        let Some(file) = &self.password_file else { return Ok(None) };
        check_private(file).map_err(|fault| DatabaseFault::Password(fault.to_string()))?;
        let text = std::fs::read_to_string(file)
            .map_err(|why| DatabaseFault::Password(format!("{}: {why}; correct password_file", file.display())))?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// What the driver is told. Every field is set, so that no variable of the environment says otherwise.
    pub(super) fn options(&self) -> Result<impl Fn(PgConnectOptions) -> PgConnectOptions + Send + Sync + use<>, DatabaseFault> {
        let (server, password) = (self.clone(), self.password()?.unwrap_or_default());
        Ok(move |options: PgConnectOptions| {
            let options = if server.is_socket() { options.socket(&server.host) } else { options.host(&server.host) };
            let options = options
                .port(server.port)
                .username(&server.role)
                .password(&password)
                .database(&server.database)
                .application_name("changxiao")
                .ssl_mode(match server.tls {
                    Tls::Disable => PgSslMode::Disable,
                    Tls::Require => PgSslMode::Require,
                    Tls::VerifyCa => PgSslMode::VerifyCa,
                    Tls::VerifyFull => PgSslMode::VerifyFull,
                });
            match &server.authorities_file {
                Some(file) => options.ssl_root_cert(file),
                None => options,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, shown, tls) in [
            ("postgresql://cx@127.0.0.1/cx", "postgresql://cx@127.0.0.1:5432/cx", Tls::Disable),
            ("postgres://cx@localhost:5433/cx?password_file=/etc/p", "postgresql://cx@localhost:5433/cx", Tls::Disable),
            ("postgresql://cx@/cx?host=/run/postgresql", "postgresql://cx@/cx?host=/run/postgresql&port=5432", Tls::Disable),
            ("postgresql://cx@[::1]:5/cx", "postgresql://cx@::1:5/cx", Tls::Disable),
            ("postgresql://cx@db.example/cx?sslrootcert=/etc/ca.pem", "postgresql://cx@db.example:5432/cx", Tls::VerifyFull),
            ("postgresql://cx@10.0.0.1/cx?sslmode=disable", "postgresql://cx@10.0.0.1:5432/cx", Tls::Disable),
        ] {
            let server: Server = text.parse().unwrap();
            assert_eq!((server.to_string().as_str(), server.tls), (shown, tls), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_a_remedy_and_without_the_secret() {
        for (text, words) in [
            ("/var/lib/changxiao.db", "is no address of a PostgreSQL database; write it like"),
            ("mysql://cx@127.0.0.1/cx", "is no address of a PostgreSQL database"),
            ("postgresql://cx@127.0.0.1", "names no database"),
            ("postgresql://127.0.0.1/cx", "names no role"),
            ("postgresql://cx:hunter2@127.0.0.1/cx", "holds a password; put it into a file"),
            ("postgresql://cx@127.0.0.1/cx?password=hunter2", "holds a password; put it into a file"),
            ("postgresql://cx@/cx", "names no host"),
            ("postgresql://cx@127.0.0.1/", "`` is no database"),
            ("postgresql://cx@127.0.0.1/c;x", "`c;x` is no database"),
            ("postgresql://c\"x@127.0.0.1/cx", "is no role"),
            ("postgresql://cx@127.0.0.1:0/cx", "`0` is no port"),
            ("postgresql://cx@127.0.0.1:99999/cx", "is no port"),
            ("postgresql://cx@127.0.0.1/cx?password_file=secret", "is no absolute path"),
            ("postgresql://cx@127.0.0.1/cx?sslmode=prefer", "`sslmode=prefer` means nothing here"),
            ("postgresql://cx@127.0.0.1/cx?search_path=public", "`search_path` means nothing here"),
            ("postgresql://cx@db.example/cx", "name the authority by sslrootcert"),
            ("postgresql://cx@127.0.0.1/cx?host=elsewhere", "is not the directory of a socket"),
        ] {
            let told = text.parse::<Server>().unwrap_err();
            assert!(told.contains(words) && !told.contains("hunter2") && told.lines().count() == 1, "{text}: {told}");
        }
    }
}
