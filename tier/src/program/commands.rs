//! Commands that end by themselves: init, migrate, verify, check-config.

use std::{path::Path, sync::Arc};

use changxiao_domain::clock::Instant;

use super::{Machine, Program, load_register};
use crate::{
    channel::accounts::AccountJudge,
    config::Config,
    identity::{
        files::{Credentials, FilesError, Paths, TrustBundle},
        spiffe::TrustDomain,
    },
    region::{self, Files, beginning, check_schema, load_key},
    verify,
};

/// Reads the configuration for this program.
pub fn config<P: Program>(file: &Path) -> Result<Config, String> {
    let config = Config::load(file).map_err(|fault| fault.to_string())?;
    if !P::FOLLOWS && config.follow_given {
        return Err(format!("{}: `follow` means nothing to {}; remove it", file.display(), P::NAME));
    }
    Ok(config)
}

/// An instant as people write it, with its offset.
fn instant(text: &str) -> Result<Instant, String> {
    text.parse::<jiff::Timestamp>()
        .map(|at| Instant::from_ms(at.as_millisecond()))
        .map_err(|_| format!("`--at {text}` is not an instant; write it like 2015-08-01T00:00:00+08:00"))
}

/// Makes the regions.
pub async fn init<P: Program>(file: &Path, sandbox: bool, at: Option<&str>, machine: &Machine) -> Result<String, String> {
    let config = config::<P>(file)?;
    let now = machine.clock.now();
    let at = at.map(instant).transpose()?;
    let sandbox_at = sandbox.then(|| at.unwrap_or(now));
    let mut told = String::new();
    for region in config.region_ids() {
        let files = config.files(&region)?;
        let book = Arc::new(P::book(&region, sandbox_at.unwrap_or(now)));
        let key = region::init(&region, &files, sandbox_at, now, machine.random.clone(), P::migrations, book)
            .await
            .map_err(|fault| fault.to_string())?;
        told.push_str(&format!(
            "region {region} is made in {}\n  journal key fingerprint {}\n  administrator's token in {}\n",
            files.directory.display(),
            key.fingerprint(),
            files.token().display()
        ));
    }
    Ok(told)
}

/// Brings the databases to this program's schema.
pub async fn migrate<P: Program>(file: &Path) -> Result<String, String> {
    let config = config::<P>(file)?;
    let mut told = String::new();
    for region in config.region_ids() {
        let files = config.files(&region)?;
        region::migrate_at(&region, &files, P::migrations).await.map_err(|fault| fault.to_string())?;
        told.push_str(&format!("region {region} has the schema of this program\n"));
    }
    Ok(told)
}

/// Recomputes everything from the journal alone.
pub async fn verify<P: Program>(file: &Path, only: Option<&str>) -> Result<String, String> {
    let config = config::<P>(file)?;
    let regions: Vec<_> =
        config.region_ids().into_iter().filter(|region| only.is_none_or(|only| only == region.as_str())).collect();
    if regions.is_empty() {
        return Err(format!("{}: `regions` does not name {}", file.display(), only.unwrap_or_default()));
    }
    let (mut told, mut unsound) = (String::new(), false);
    for region in regions {
        let files = config.files(&region)?;
        let key = load_key(&files).map_err(|fault| fault.to_string())?.public();
        let reading = files.database.look().await.map_err(|fault| fault.to_string())?;
        let since = beginning(&region, &reading.db).await.map_or(Instant::from_ms(0), |(_, since)| since);
        let book = P::book(&region, since);
        let guard = files.guard();
        let subject = verify::Subject { db: &reading.db, region: region.as_str(), guard: &guard, key: &key };
        let migrate = |db| async move { region::migrate(&db, P::migrations).await };
        let report = verify::verify(&book, subject, migrate).await.map_err(|fault| format!("region {region}: {fault}"))?;
        for line in &report.checked {
            told.push_str(&format!("  {line}\n"));
        }
        match P::verify_beside(&files, &reading.db).await {
            Ok(lines) => lines.iter().for_each(|line| told.push_str(&format!("  {line}\n"))),
            Err(wrong) => {
                unsound = true;
                told.push_str(&format!("region {region}: NOT WHOLE: {wrong}\n"));
            }
        }
        match report.fault {
            None => told.push_str(&format!("region {region}: {} entries, sound\n", report.entries)),
            Some(finding) => {
                unsound = true;
                told.push_str(&format!("region {region}: NOT SOUND: {finding}\n"));
            }
        }
    }
    if unsound { Err(told) } else { Ok(told) }
}

/// Reads the configuration and every file it names.
pub fn check_config<P: Program>(file: &Path, now: Instant) -> Result<String, String> {
    let config = config::<P>(file)?;
    Credentials::load(&federation_paths(&config), now).map_err(|fault| fault.to_string())?;
    check_to_serve::<P>(file, now)
}

/// The same, but a federation certificate may have lapsed where this region can ask for another: a county that was cut off for months
/// works on after a restart.
pub fn check_to_serve<P: Program>(file: &Path, now: Instant) -> Result<String, String> {
    let config = config::<P>(file)?;
    let register = load_register(&config)?;
    if let Some(server) = &config.server {
        server.check_files().map_err(|fault| fault.to_string())?;
    }
    for region in config.region_ids() {
        config.files(&region)?;
        if register.region(&region).is_none() {
            return Err(format!("{}: `regions` names {region}, which the register does not know", file.display()));
        }
    }
    TrustBundle::load(&config.federation.trust_bundle_file, now).map_err(|fault| fault.to_string())?;
    let federation = federation_identity(&config, now)?;
    own_identity::<P>(file, &config, &federation)?;
    Credentials::load(&service_paths(&config), now).map_err(|fault| fault.to_string())?;
    client_authorities(&config, now).map_err(|why| format!("{}: {why}", file.display()))?;
    Ok(format!("{} and every file it names are good; register version {}", file.display(), register.version()))
}

/// Whether the federation identity is that of a region hosted here; any other would only be turned away by every neighbour.
fn own_identity<P: Program>(file: &Path, config: &Config, credentials: &Credentials) -> Result<(), String> {
    let shown = file.display();
    let domain = &config.federation.trust_domain;
    let domain: TrustDomain = domain.parse().map_err(|fault| format!("{shown}: `federation.trust_domain`: {fault}"))?;
    let in_file = format!("`federation.certificate_file` {}", config.federation.certificate_file.display());
    let id =
        credentials.leaf.spiffe_id().map_err(|fault| format!("{shown}: {in_file}: {fault}; issue it with `identity issue`"))?;
    if *id.trust_domain() != domain {
        return Err(format!(
            "{shown}: `federation.trust_domain` = `{domain}`, but {in_file} says {id}; correct the one that is wrong"
        ));
    }
    if id.role() != P::ROLE || !config.region_ids().contains(id.region()) {
        return Err(format!(
            "{shown}: {in_file} says {id}, which is no {} of `regions`; issue its own identity",
            P::ROLE.as_str()
        ));
    }
    Ok(())
}

/// The federation identity; one that lapsed only where this region can ask for another.
pub fn federation_identity(config: &Config, now: Instant) -> Result<Credentials, String> {
    let paths = federation_paths(config);
    let loaded = match (Credentials::load(&paths, now), config.enrolment.above()) {
        (Err(FilesError::Expired { .. }), Some(_)) => Credentials::load_lapsed(&paths, now),
        (loaded, _) => loaded,
    };
    loaded.map_err(|fault| fault.to_string())
}

/// Files of the federation identity.
pub fn federation_paths(config: &Config) -> Paths {
    Paths {
        key: config.federation.key_file.clone(),
        chain: config.federation.certificate_file.clone(),
        bundle: config.federation.trust_bundle_file.clone(),
    }
}

/// Files of the service listener. It shows a certificate and checks none, so the bundle plays no part.
pub fn service_paths(config: &Config) -> Paths {
    Paths {
        key: config.service.key_file.clone(),
        chain: config.service.certificate_file.clone(),
        bundle: config.federation.trust_bundle_file.clone(),
    }
}

/// The authorities whose client certificates the service listener believes, if any are configured.
pub fn client_authorities(config: &Config, now: Instant) -> Result<Option<Arc<AccountJudge>>, String> {
    let Some(file) = &config.service.client_authority_file else { return Ok(None) };
    let bundle = TrustBundle::load(file, now).map_err(|fault| fault.to_string())?;
    let domain: TrustDomain = config.federation.trust_domain.parse().map_err(|fault| format!("{fault}"))?;
    let judge = AccountJudge::new(&bundle, &domain, &config.region_ids()).map_err(|fault| fault.to_string())?;
    Ok(Some(Arc::new(judge)))
}

/// Whether a region's database has the right schema; engine and version are the answer.
pub async fn schema<P: Program>(files: &Files) -> Result<String, String> {
    let reading = files.database.look().await.map_err(|fault| fault.to_string())?;
    check_schema(&reading.db, P::migrations).await?;
    Ok(reading.version)
}
