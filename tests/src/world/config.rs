//! Where a world keeps its files, and the configuration it writes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::builder::{PUBLISHER, Spot};
use super::programs::Program;

/// Name all identities of a world share.
pub const TRUST_DOMAIN: &str = "changxiao.test";
/// Name in the certificate of every service listener.
pub const SERVICE_NAME: &str = "localhost";

/// The configuration file of a region.
pub fn file(directory: &Path, region: &str) -> PathBuf {
    directory.join(format!("{region}.toml"))
}

/// The signed register.
pub fn register(directory: &Path) -> PathBuf {
    directory.join("register.signed")
}

/// What `init` makes for a region.
pub fn region_data(directory: &Path, region: &str) -> PathBuf {
    directory.join("data").join(region)
}

/// The region's federation identity.
pub fn federation_directory(directory: &Path, region: &str) -> PathBuf {
    directory.join("identities").join(region).join("federation")
}

/// The certificate of the region's service listener.
pub fn service_directory(directory: &Path, region: &str) -> PathBuf {
    directory.join("identities").join(region).join("service")
}

/// The authority from which a region issues: the root for a province, its own for a city.
pub fn authority_directory(directory: &Path, region: &str) -> PathBuf {
    if region == PUBLISHER { directory.join("authority") } else { directory.join("identities").join(region).join("authority") }
}

/// From where a region adopts revocation lists.
pub fn revocation_file(directory: &Path, region: &str) -> PathBuf {
    directory.join(format!("{region}.revoked"))
}

/// The same configuration for a region that renews at the one above and issues for those below.
pub fn renewing(text: &str, directory: &Path, spot: &Spot, spots: &[Spot], leaf_seconds: u32) -> String {
    let list = format!("revocation_file = \"{}\"\n", revocation_file(directory, &spot.region).display());
    let mut text = text.replace("[federation]\n", &format!("[federation]\n{list}"));
    text.push_str("\n[enrolment]\n");
    if let Some(parent) = spots.iter().find(|other| Some(&other.region) == spot.parent.as_ref()) {
        let port = parent.service.port();
        text.push_str(&format!("parent = \"{}\"\nparent_address = \"localhost:{port}\"\n", parent.region));
    }
    if !spot.is_county() {
        let authority = authority_directory(directory, &spot.region);
        text.push_str(&format!("authority_directory = \"{}\"\nleaf_seconds = {leaf_seconds}\n", authority.display()));
    }
    text
}

/// Where a region's admin listener is.
///
/// # Errors
/// There is no such region.
pub fn admin(world: &super::World, region: &str) -> anyhow::Result<std::net::SocketAddr> {
    let spot = world.spots().into_iter().find(|spot| spot.region == region);
    Ok(spot.ok_or_else(|| anyhow::anyhow!("no region {region}"))?.admin)
}

/// The configuration of one region.
pub fn text(directory: &Path, spot: &Spot, pull_interval: Duration, database: Option<&str>) -> String {
    let federation = federation_directory(directory, &spot.region);
    let service = service_directory(directory, &spot.region);
    let mut text = format!(
        r#"regions = ["{region}"]
{database}data_directory = "{data}"
register_file = "{register}"
register_publisher = "{PUBLISHER}"
register_publisher_key_file = "{publisher_key}"

[federation]
listen = "{federation_listen}"
certificate_file = "{federation_dir}/cert.pem"
key_file = "{federation_dir}/key.pem"
trust_bundle_file = "{federation_dir}/bundle.pem"
trust_domain = "{TRUST_DOMAIN}"

[service]
listen = "{service_listen}"
certificate_file = "{service_dir}/cert.pem"
key_file = "{service_dir}/key.pem"

[admin]
listen = "{admin_listen}"

[logging]
format = "text"
filter = "info"
"#,
        region = spot.region,
        database = database.map(|url| format!("database = \"{url}\"\n")).unwrap_or_default(),
        data = directory.join("data").display(),
        register = register(directory).display(),
        publisher_key = region_data(directory, PUBLISHER).join("journal.pub").display(),
        federation_listen = spot.federation,
        federation_dir = federation.display(),
        service_listen = spot.service,
        admin_listen = spot.admin,
        service_dir = service.display(),
    );
    if spot.program == Program::Aggregator {
        text.push_str(&format!("\n[follow]\npull_interval_seconds = {:?}\n", pull_interval.as_secs_f64()));
    }
    text
}
