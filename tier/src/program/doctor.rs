//! `doctor`: everything that can be wrong on this machine, in plain words, with what to do.

use std::path::Path;

use changxiao_domain::clock::Instant;

use super::{Program, certificates::running_out, commands, load_register};
use crate::{
    feed,
    identity::{
        files::{Credentials, TrustBundle},
        revocation::Revocations,
    },
    journal::{guard::Guard, store},
    region::{Files, load_key},
    revocations,
};

struct Findings {
    lines: Vec<String>,
    bad: bool,
}

impl Findings {
    fn note(&mut self, what: &str, outcome: Result<String, String>) {
        match outcome {
            Ok(words) => self.lines.push(format!("good  {what}: {words}")),
            Err(words) => {
                self.bad = true;
                self.lines.push(format!("BAD   {what}: {words}"));
            }
        }
    }
}

/// Looks at everything; fails if anything is bad.
pub async fn doctor<P: Program>(file: &Path, now: Instant) -> Result<String, String> {
    let config = commands::config::<P>(file)?;
    let mut findings = Findings { lines: Vec::new(), bad: false };
    findings.note("clock", Ok(format!("this machine says {now}")));
    let register = load_register(&config).map(|r| format!("version {}, {} regions", r.version(), r.len()));
    findings.note("register", register);
    let bundle = TrustBundle::load(&config.federation.trust_bundle_file, now);
    findings.note("trust bundle", bundle.map(|b| format!("{} authorities", b.authorities().len())).map_err(|e| e.to_string()));
    let identities = [
        ("federation certificate", commands::federation_paths(&config)),
        ("service certificate", commands::service_paths(&config)),
    ];
    for (what, paths) in identities {
        let loaded = Credentials::load(&paths, now);
        let loaded = loaded.map_err(|e| e.to_string());
        findings.note(
            what,
            loaded.and_then(|held| match running_out(what, &held.leaf, now) {
                Some(alarm) => Err(alarm),
                None => Ok("valid, and the key fits".to_owned()),
            }),
        );
    }
    for region in config.region_ids() {
        let files = config.files(&region)?;
        let key = load_key(&files).map(|key| key.fingerprint()).map_err(|e| e.to_string());
        findings.note(&format!("{region}: journal key"), key);
        let schema = commands::schema::<P>(&files).await;
        let usable = schema.is_ok();
        let schema = schema.map(|version| format!("{version}, schema is this program's"));
        findings.note(&format!("{region}: database"), schema);
        if usable {
            findings.note(&format!("{region}: journal"), journal(&files).await);
            findings
                .note(&format!("{region}: revocation lists"), lists(&files, now, config.federation.insistence().grace_ms).await);
            findings.note(&format!("{region}: parent"), parent(&files).await);
        }
    }
    let told = findings.lines.join("\n");
    if findings.bad { Err(told) } else { Ok(told) }
}

/// Whether the database is at least as long as what was signed.
async fn journal(files: &Files) -> Result<String, String> {
    let reading = files.database.look().await.map_err(|fault| fault.to_string())?;
    let size = store::size(&reading.db).await.map_err(|error| error.to_string())?;
    let guard = Guard::open(files.guard()).map_err(|fault| fault.to_string())?;
    match guard.last() {
        Some(last) if last.size > size => Err(format!(
            "the database holds {size} entries, but {} were signed: it is an older copy; put the newest copy back, nothing is written until then",
            last.size
        )),
        Some(last) => Ok(format!("{size} entries, {} of them signed; `verify` checks them all", last.size)),
        None => Ok(format!("{size} entries, none signed yet")),
    }
}

/// Whether the revocation lists are as new as they promised to be.
async fn lists(files: &Files, now: Instant, grace_ms: i64) -> Result<String, String> {
    let reading = files.database.look().await.map_err(|fault| fault.to_string())?;
    let revocations = Revocations::default();
    revocations::put_in_force(&reading.db, &revocations).await.map_err(|error| error.to_string())?;
    let stale = revocations::stale(&revocations, now, grace_ms);
    let held = revocations.current().len();
    if stale.is_empty() { Ok(format!("{held} issuers have published one")) } else { Err(stale.join("; ")) }
}

/// What the parent said last.
async fn parent(files: &Files) -> Result<String, String> {
    let reading = files.database.look().await.map_err(|fault| fault.to_string())?;
    let rows = feed::witnesses(&reading.db).await.map_err(|error| error.to_string())?;
    let Some(row) = rows.into_iter().next() else { return Ok("has not pulled yet".to_owned()) };
    if row.refusal.is_empty() {
        Ok(format!("{} witnessed {} entries", row.parent, row.size))
    } else {
        Err(format!("{} has quarantined this region: {}", row.parent, row.refusal))
    }
}
