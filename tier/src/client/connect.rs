//! The way to a server: TLS 1.3 against the trust bundle that was named.

use tonic::transport::Channel;

use super::{fault::Fault, settings::Settings};

/// Opens a channel to `--server`.
///
/// # Errors
/// [`Fault::Missing`] or [`Fault::Value`] for settings, [`Fault::File`] for the bundle, [`Fault::Unreachable`] with the
/// causes in words.
pub async fn dial(settings: &Settings) -> Result<Channel, Fault> {
    let server = settings.needed(&settings.server, "server")?;
    let _bundle = settings.needed(&settings.trust_bundle, "trust-bundle")?;
    let _name = match &settings.server_name {
        Some(name) => name.clone(),
        None => host(server)?.to_owned(),
    };
    Err(Fault::Unreachable {
        server: server.to_owned(),
        why: "this build has no TLS yet".to_owned(),
    })
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
