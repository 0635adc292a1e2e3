//! `revocations build`: a new version of this region's revocation list, signed with its journal key.
//!
//! It works on files only. Put where `federation.revocation_file` points, the list is adopted by this region's running program, which
//! publishes it to everybody below; carried by hand to a county that is cut off, it is adopted there in the same way.

use std::{
    fs,
    path::{Path, PathBuf},
};

use changxiao_domain::{
    clock::{DAY_MS, Instant},
    region::RegionId,
    revocation::{Denied, RevocationList, Revoked},
};
use changxiao_tier::{
    config::Config,
    identity::{Leaf, files::certificates},
    region::load_key,
    revocations,
};
use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand};

#[derive(Args)]
struct RevocationsCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Build and sign the next version of a region's revocation list.
    #[command(
        after_help = "Example: revocations build --config bs.toml --region bs --previous bs.revoked --reason 'key copied' \\\n    \
        --certificate tengchong/cert.pem --out bs.revoked"
    )]
    Build(Build),
}

/// What a list is built from.
#[derive(Args, Clone, Debug)]
pub struct Build {
    /// Configuration of the issuing region; only its data directory is used.
    #[arg(long)]
    config: PathBuf,
    /// Region that issues the list.
    #[arg(long)]
    region: RegionId,
    /// Its list until now, which is carried on; without it the list begins anew with version 1.
    #[arg(long)]
    previous: Option<PathBuf>,
    /// A certificate to revoke, PEM; the first of a chain counts. Repeat for several.
    #[arg(long = "certificate", value_name = "FILE")]
    certificates: Vec<PathBuf>,
    /// A region below to deny, whatever certificate it shows. Repeat for several.
    #[arg(long = "deny", value_name = "REGION")]
    denied: Vec<RegionId>,
    /// A region to admit again. Repeat for several.
    #[arg(long = "lift", value_name = "REGION")]
    lifted: Vec<RegionId>,
    /// Why, for the logs of those who refuse.
    #[arg(long, default_value = "revoked by the issuing region")]
    reason: String,
    /// Days until the next list is due.
    #[arg(long, default_value_t = 7)]
    days: u16,
    /// File to write; it may be the one given as previous.
    #[arg(long)]
    out: PathBuf,
}

fn run(build: &Build, now: Instant) -> Result<String, String> {
    let config = Config::load(&build.config).map_err(|fault| fault.to_string())?;
    let key = load_key(&config.files(&build.region)?).map_err(|fault| fault.to_string())?;
    let mut list = match &build.previous {
        Some(file) => {
            let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let previous = revocations::open(&bytes).map_err(|fault| format!("{}: {fault}", file.display()))?;
            if previous.issuer != build.region {
                return Err(format!("{}: it is the list of {}, not of {}", file.display(), previous.issuer, build.region));
            }
            previous
        }
        None => RevocationList {
            issuer: build.region.clone(),
            version: 0,
            issued_at: now,
            next_update: now,
            revoked: Vec::new(),
            denied: Vec::new(),
            retiring: Vec::new(),
        },
    };
    list.version = list.version.saturating_add(1);
    (list.issued_at, list.next_update) = (now, now.plus_ms(i64::from(build.days) * DAY_MS));
    for file in &build.certificates {
        let leaf = first_leaf(file)?;
        list.revoked.push(Revoked {
            authority_key: leaf.authority_key,
            serial: leaf.serial,
            at: now,
            reason: build.reason.clone(),
        });
    }
    list.denied.retain(|denied| !build.lifted.contains(&denied.region));
    for region in &build.denied {
        if list.denied(region).is_none() {
            list.denied.push(Denied { region: region.clone(), at: now, reason: build.reason.clone() });
        }
    }
    list.revoked.sort_unstable();
    list.revoked.dedup_by(|a, b| (&a.authority_key, &a.serial) == (&b.authority_key, &b.serial));
    list.denied.sort_unstable();
    // Whoever watches the file must never read half of it.
    let (out, beside) = (&build.out, build.out.with_extension("new"));
    let written = fs::write(&beside, revocations::signed(&list, &key)).and_then(|()| fs::rename(&beside, out));
    written.map_err(|error| format!("{}: {error}; choose another `--out`", out.display()))?;
    Ok(format!(
        "revocation list {} of {} with {} certificates and {} regions is in {}",
        list.version,
        list.issuer,
        list.revoked.len(),
        list.denied.len(),
        out.display()
    ))
}

fn first_leaf(file: &Path) -> Result<Leaf, String> {
    let found = certificates(file).map_err(|fault| fault.to_string())?;
    let first = found.first().ok_or_else(|| format!("{} holds no certificate", file.display()))?;
    let leaf = Leaf::read(first).map_err(|fault| format!("{}: {fault}", file.display()))?;
    if leaf.authority_key.is_empty() {
        return Err(format!("{}: the certificate does not say which key signed it; deny its region instead", file.display()));
    }
    Ok(leaf)
}

/// The command for the program's tree.
#[must_use]
pub fn command() -> Command {
    RevocationsCommand::augment_args(Command::new("revocations").about("Revocation lists (吊销名单)"))
}

/// Runs what [`command`] parsed.
///
/// # Errors
/// One sentence naming file or flag, and the remedy.
pub fn matched(matches: &ArgMatches, now: Instant) -> Result<String, String> {
    let RevocationsCommand { act: Act::Build(build) } =
        RevocationsCommand::from_arg_matches(matches).map_err(|error| error.to_string())?;
    run(&build, now)
}
