//! `authority prepare | sign | activate | retire`: a city's own authority, the first one and each that follows. Its key is made where it
//! stays; the root signs a request.
//!
//! Beside `authority_directory` lie `….next` while one is prepared and `….retiring` while the regions below still leave the old one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use changxiao_domain::{
    clock::{DAY_MS, Instant},
    enrolment::{Refusal, grouped, normal},
    region::RegionId,
    revocation::RevocationList,
};
use changxiao_proto::enrolment::v1::{AuthorityRequest, SignedAuthorityRequest};
use changxiao_tier::{
    config::Config,
    enrolment::files::write_whole,
    identity::{
        TrustDomain,
        ca::{Authority, CITY_DAYS, pem},
        csr,
        files::{Credentials, Paths},
        words::date_in_words,
    },
    journal::checkpoint::PublicKey,
    region::load_key,
    revocations,
};
use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand};
use prost::Message as _;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

/// Tag under which a region's journal key signs a request for an authority.
const TAG: &str = "authority/v1";
/// Days until the next revocation list is due.
const LIST_DAYS: i64 = 7;

#[derive(Args)]
struct AuthorityCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Make the key of a city's next authority and write the request for it.
    #[command(after_help = "Example: authority prepare --config bs.toml --region bs --out bs.authority.request")]
    Prepare(Prepare),
    /// Sign a request with the root, after its fingerprint was compared.
    #[command(
        after_help = "Example: authority sign --dir ca --file bs.authority.request --fingerprint '3f09 …' --out bs.authority.answer"
    )]
    Sign(Sign),
    /// Issue with the next authority from now on; the regions below renew at once.
    #[command(after_help = "Example: authority activate --config bs.toml --region bs --file bs.authority.answer")]
    Activate(Activate),
    /// End the replacement once every region below has renewed.
    #[command(after_help = "Example: authority retire --config bs.toml --region bs --out bs.authority.retired.pem")]
    Retire(Retire),
}

#[derive(Args, Clone, Debug)]
struct Prepare {
    /// Configuration of the region; `enrolment.authority_directory` says where its authority lies.
    #[arg(long)]
    config: PathBuf,
    /// Region whose authority it is.
    #[arg(long)]
    region: RegionId,
    /// File to write, for whoever holds the root.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args, Clone, Debug)]
struct Sign {
    /// Directory of the root.
    #[arg(long)]
    dir: PathBuf,
    /// Request file.
    #[arg(long)]
    file: PathBuf,
    /// Fingerprint of the journal key as the region itself told it; blanks do not matter.
    #[arg(long)]
    fingerprint: String,
    /// File to write, for the region.
    #[arg(long)]
    out: PathBuf,
    /// Lifetime, cut short where the root ends earlier.
    #[arg(long, default_value_t = CITY_DAYS)]
    days: u16,
}

#[derive(Args, Clone, Debug)]
struct Activate {
    /// Configuration of the region.
    #[arg(long)]
    config: PathBuf,
    /// Region whose authority it is.
    #[arg(long)]
    region: RegionId,
    /// Answer file.
    #[arg(long)]
    file: PathBuf,
}

#[derive(Args, Clone, Debug)]
struct Retire {
    /// Configuration of the region.
    #[arg(long)]
    config: PathBuf,
    /// Region whose authority it is.
    #[arg(long)]
    region: RegionId,
    /// File for the old certificate, to be put on the list of the region above.
    #[arg(long)]
    out: PathBuf,
}

struct Place {
    config: Config,
    directory: PathBuf,
}

impl Place {
    fn read(file: &Path) -> Result<Self, String> {
        let config = Config::load(file).map_err(|fault| fault.to_string())?;
        let directory = config.enrolment.authority_directory.clone().ok_or_else(|| {
            format!("{}: `enrolment.authority_directory` is missing; say where the authority is to lie", file.display())
        })?;
        Ok(Self { config, directory })
    }

    fn beside(&self, with: &str) -> PathBuf {
        let mut name = self.directory.as_os_str().to_owned();
        name.push(".");
        name.push(with);
        name.into()
    }

    fn trust_domain(&self) -> Result<TrustDomain, String> {
        self.config.federation.trust_domain.parse().map_err(|fault| format!("`federation.trust_domain`: {fault}"))
    }

    /// The next version of the region's revocation list with another set of authorities being replaced. The running program adopts it.
    fn list(&self, region: &RegionId, retiring: Vec<String>, now: Instant) -> Result<PathBuf, String> {
        let file = self.config.federation.revocation_file.clone().ok_or(
            "`federation.revocation_file` is missing; name a file from which the running program adopts the list of this region",
        )?;
        let key = load_key(&self.config.files(region)?).map_err(|fault| fault.to_string())?;
        let mut list = match fs::read(&file) {
            Ok(bytes) => revocations::open(&bytes).map_err(|fault| format!("{}: {fault}", file.display()))?,
            Err(_) => RevocationList {
                issuer: region.clone(),
                version: 0,
                issued_at: now,
                next_update: now,
                revoked: Vec::new(),
                denied: Vec::new(),
                retiring: Vec::new(),
            },
        };
        if list.issuer != *region {
            return Err(format!("{}: it is the list of {}, not of {region}", file.display(), list.issuer));
        }
        list.version = list.version.saturating_add(1);
        (list.issued_at, list.next_update, list.retiring) = (now, now.plus_ms(LIST_DAYS * DAY_MS), retiring);
        write_whole(&file, &revocations::signed(&list, &key), 0o644).map_err(|fault| fault.told())?;
        Ok(file)
    }
}

fn prepare(asked: &Prepare, now: Instant) -> Result<String, String> {
    let place = Place::read(&asked.config)?;
    let key = load_key(&place.config.files(&asked.region)?).map_err(|fault| fault.to_string())?;
    let next = Paths::in_dir(&place.beside("next"));
    if next.key.exists() {
        return Err(format!(
            "{} exists: an authority is prepared already; activate it, or remove the directory",
            next.key.display()
        ));
    }
    let fresh = csr::make_authority(&place.trust_domain()?, &asked.region).map_err(|fault| fault.to_string())?;
    write_whole(&next.key, fresh.key_bytes(), 0o600).map_err(|fault| fault.told())?;
    let request = AuthorityRequest {
        region: asked.region.to_string(),
        csr: fresh.csr.into(),
        journal_key: key.public().0.to_vec().into(),
        made_at_ms: now.ms(),
    };
    let bytes = request.encode_to_vec();
    let signature = key.sign_statement(TAG, &bytes).to_vec().into();
    let sealed = SignedAuthorityRequest { request: bytes.into(), signature };
    write_whole(&asked.out, &sealed.encode_to_vec(), 0o644).map_err(|fault| fault.told())?;
    Ok(format!(
        "the request of {} is in {}\ncarry it to whoever holds the root, and read this fingerprint of the journal key out:\n  {}",
        asked.region,
        asked.out.display(),
        grouped(&key.fingerprint())
    ))
}

fn sign(asked: &Sign, now: Instant) -> Result<String, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", asked.file.display());
    let bytes = fs::read(&asked.file).map_err(|error| wrong(&error))?;
    let sealed = SignedAuthorityRequest::decode(bytes.as_slice()).map_err(|error| wrong(&error))?;
    let request = AuthorityRequest::decode(sealed.request.clone()).map_err(|error| wrong(&error))?;
    let key = PublicKey::from_slice(&request.journal_key).ok_or_else(|| wrong(&Refusal::Forged {}))?;
    if !key.verify_statement(TAG, &sealed.request, &sealed.signature) {
        return Err(wrong(&Refusal::Forged {}));
    }
    if normal(&asked.fingerprint) != key.fingerprint() {
        return Err(wrong(&"the fingerprint typed is not that of its journal key: hear it from the region itself"));
    }
    let region: RegionId = request.region.parse().map_err(|fault| wrong(&fault))?;
    let root = Authority::open(&asked.dir, now).map_err(|fault| fault.to_string())?;
    let public = csr::read_authority(&request.csr).map_err(|refusal| wrong(&refusal))?;
    let (certificate, leaf) =
        root.issue_authority_around(&public, &region, now, asked.days).map_err(|fault| fault.to_string())?;
    let mut text = pem(&certificate);
    text.extend(root.bundle().iter().map(pem));
    write_whole(&asked.out, text.as_bytes(), 0o644).map_err(|fault| fault.told())?;
    Ok(format!("the authority of {region} is signed until {}; carry {} back", date_in_words(leaf.not_after), asked.out.display()))
}

fn activate(asked: &Activate, now: Instant) -> Result<String, String> {
    let place = Place::read(&asked.config)?;
    let (next, retiring) = (place.beside("next"), place.beside("retiring"));
    let paths = Paths::in_dir(&next);
    let text = fs::read(&asked.file).map_err(|error| format!("{}: {error}", asked.file.display()))?;
    let all: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
    let (own, roots) = all.split_first().ok_or_else(|| format!("{}: it holds no certificate", asked.file.display()))?;
    write_whole(&paths.chain, pem(own).as_bytes(), 0o644).map_err(|fault| fault.told())?;
    write_whole(&paths.bundle, roots.iter().map(pem).collect::<String>().as_bytes(), 0o644).map_err(|fault| fault.told())?;
    let opened = Authority::open(&next, now).map_err(|fault| fault.to_string())?;
    let old = if place.directory.exists() { Some(own_key(&place.directory, now)?) } else { None };
    if old.is_some() {
        if retiring.exists() {
            return Err(format!("{} exists: an earlier replacement is not over; `authority retire` first", retiring.display()));
        }
        fs::rename(&place.directory, &retiring).map_err(|error| format!("{}: {error}", place.directory.display()))?;
    }
    fs::rename(&next, &place.directory).map_err(|error| format!("{}: {error}", next.display()))?;
    let until = date_in_words(opened.own().not_after);
    let mut words = format!("{} issues with the new authority until {until}\n", asked.region);
    if let Some(old) = old {
        let file = place.list(&asked.region, vec![old], now)?;
        words.push_str(&format!(
            "the regions below renew at once, told by {}\nthe old one lies in {}; `authority retire` once all have renewed",
            file.display(),
            retiring.display()
        ));
    }
    Ok(words)
}

fn own_key(directory: &Path, now: Instant) -> Result<String, String> {
    let held = Credentials::load_lapsed(&Paths::in_dir(directory), now).map_err(|fault| fault.to_string())?;
    Ok(held.leaf.own_key)
}

fn retire(asked: &Retire, now: Instant) -> Result<String, String> {
    let place = Place::read(&asked.config)?;
    let retiring = place.beside("retiring");
    let old = Paths::in_dir(&retiring);
    let text =
        fs::read(&old.chain).map_err(|error| format!("{}: {error}; no authority is being replaced", old.chain.display()))?;
    write_whole(&asked.out, &text, 0o644).map_err(|fault| fault.told())?;
    place.list(&asked.region, Vec::new(), now)?;
    // The key of what issues no more is worth nothing to us and much to a thief.
    fs::remove_dir_all(&retiring).map_err(|error| format!("{}: {error}", retiring.display()))?;
    Ok(format!(
        "the old authority is gone; have the region above put it on its list:\n  revocations build … --certificate {} --reason replaced",
        asked.out.display()
    ))
}

/// The command for the program's tree.
#[must_use]
pub fn command() -> Command {
    AuthorityCommand::augment_args(Command::new("authority").about("A city's own authority (签发机构)"))
}

/// Runs what [`command`] parsed.
///
/// # Errors
/// One sentence naming file or flag, and the remedy.
pub fn matched(matches: &ArgMatches, now: Instant) -> Result<String, String> {
    match AuthorityCommand::from_arg_matches(matches).map_err(|error| error.to_string())?.act {
        Act::Prepare(asked) => prepare(&asked, now),
        Act::Sign(asked) => sign(&asked, now),
        Act::Activate(asked) => activate(&asked, now),
        Act::Retire(asked) => retire(&asked, now),
    }
}
