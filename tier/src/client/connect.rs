//! The way to a server: TLS 1.3 against the trust bundle that was named.

use std::{path::Path, sync::Arc};

use changxiao_domain::clock::Instant;
use rustls::time_provider::TimeProvider;
use tonic::transport::Channel;

use super::{fault::Fault, settings::Settings};
use crate::{
    channel::dial::{DialError, service_channel},
    identity::files::{Credentials, Paths, TrustBundle},
};

/// A channel to `--server`. It connects at the first call, which reports what went wrong.
///
/// # Errors
/// [`Fault::Missing`] or [`Fault::Value`] for settings, [`Fault::File`] for the bundle.
pub fn dial(settings: &Settings, time: Arc<dyn TimeProvider>) -> Result<Channel, Fault> {
    let server = settings.needed(&settings.server, "server")?;
    let path = settings.needed(&settings.trust_bundle, "trust-bundle")?;
    let (flag, name) = match &settings.server_name {
        Some(name) => ("server-name", name.as_str()),
        None => ("server", host(server)?),
    };
    let bundle = bundle(path, time.as_ref())?;
    let account = settings.client_certificate.as_deref().map(|dir| credentials(dir, time.as_ref())).transpose()?;
    service_channel(server, name, &bundle, account.as_ref(), time).map_err(|why| {
        let flag = if matches!(why, DialError::Address(_)) { "server" } else { flag };
        let expected = format!("usable: {why}");
        let given = if flag == "server" { server } else { name };
        Fault::Value { flag: flag.to_owned(), given: given.to_owned(), expected }
    })
}

fn now(path: &str, time: &dyn TimeProvider) -> Result<Instant, Fault> {
    let why = "the system has no time to judge it by".to_owned();
    let now = time.current_time().ok_or(Fault::File { path: path.to_owned(), why })?;
    Ok(Instant::from_ms(i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000)))
}

fn bundle(path: &str, time: &dyn TimeProvider) -> Result<TrustBundle, Fault> {
    let unusable = |why: String| Fault::File { path: path.to_owned(), why };
    TrustBundle::load(Path::new(path), now(path, time)?).map_err(|why| unusable(why.to_string()))
}

/// The certificate that names the caller's account, as `identity issue-client` wrote it.
fn credentials(directory: &str, time: &dyn TimeProvider) -> Result<Credentials, Fault> {
    let unusable = |why: String| Fault::File { path: directory.to_owned(), why };
    let paths = Paths::in_dir(Path::new(directory));
    Credentials::load(&paths, now(directory, time)?).map_err(|why| unusable(why.to_string()))
}

/// The host of `HOST:PORT`, without the brackets of an IPv6 address.
fn host(server: &str) -> Result<&str, Fault> {
    server
        .rsplit_once(':')
        .filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        .map(|(host, _)| host.trim_start_matches('[').trim_end_matches(']'))
        .ok_or_else(|| Fault::Value {
            flag: "server".to_owned(),
            given: server.to_owned(),
            expected: "HOST:PORT, such as node.example:7443".to_owned(),
        })
}
