//! `join`, `identity request` and `identity install`: a region comes to its identity, over the network or by files that are carried.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use changxiao_domain::{enrolment::grouped, region::RegionId};
use changxiao_proto::{convert::enrolment::Answer, enrolment::v1::SignedAnswer};
use prost::Message as _;

use super::{Machine, Program, commands};
use crate::{
    channel::tls::real_time,
    config::Config,
    enrolment::{
        Fault,
        answer::Believed,
        child::Child,
        code::Code,
        files,
        join::{Outcome, RegisterFiles, keep_register, settle_with},
        parent::Parent,
        request,
    },
    identity::{
        SpiffeId,
        ca::{Authority, ROOT_DAYS},
        files::{Credentials, Paths, TrustBundle},
        spiffe::TrustDomain,
        words::date_in_words,
    },
    region::load_key,
};

/// Days for which the service certificate holds that `join` makes.
const SERVICE_DAYS: u16 = 397;
/// How often the region above is asked whether it has decided.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Enrol this machine's region at the region above.
#[derive(clap::Args, Clone, Debug)]
pub struct Join {
    /// Configuration file; `[enrolment]` names the region above.
    #[arg(long)]
    config: PathBuf,
    /// The one-time code that the region above told; none for a region that was enrolled before and kept its journal key.
    #[arg(long)]
    code: Option<String>,
    /// File with the code in its first line, where others on this machine could read a command line.
    #[arg(long, conflicts_with = "code")]
    code_file: Option<PathBuf>,
    /// How long to wait for the region above to approve; the command can be run again at any time.
    #[arg(long, default_value_t = 3_600)]
    wait_seconds: u64,
    #[command(flatten)]
    region: Making,
}

/// How a region is made that is not there yet.
#[derive(clap::Args, Clone, Debug)]
pub struct Making {
    /// Name under which people reach the service listener; repeat for several.
    #[arg(long = "service-name", default_value = "localhost")]
    service_names: Vec<String>,
    /// Make a sandbox region, whose business clock can be driven. For ever.
    #[arg(long)]
    sandbox: bool,
    /// Where a sandbox clock starts, such as 2015-08-01T00:00:00+08:00.
    #[arg(long, requires = "sandbox")]
    at: Option<String>,
}

/// Write a request into a file, to be carried to the region above.
#[derive(clap::Args, Clone, Debug)]
pub struct RequestFile {
    /// Configuration file; `[enrolment]` names the region above.
    #[arg(long)]
    config: PathBuf,
    /// File to write.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    region: Making,
}

/// Take the answer file of the region above into use.
#[derive(clap::Args, Clone, Debug)]
pub struct InstallFile {
    /// Configuration file.
    #[arg(long)]
    config: PathBuf,
    /// Answer file.
    #[arg(long)]
    file: PathBuf,
    /// Fingerprint of the authority as the region above told it; blanks do not matter. None for a region that trusts it already.
    #[arg(long)]
    authority: Option<String>,
}

struct Setting {
    config: Config,
    child: Child,
    told: String,
}

/// The one region of the configuration, made if it is not there yet.
async fn setting<P: Program>(file: &Path, making: Option<&Making>, machine: &Machine) -> Result<Setting, String> {
    let config = commands::config::<P>(file)?;
    let told = |fault: Fault| format!("{}: {}", file.display(), fault.told());
    let [region] = config.region_ids().try_into().map_err(|all: Vec<RegionId>| {
        told(Fault::Configuration(format!("`regions` names {}; enrolment is for a process with one region", all.len())))
    })?;
    let missing = "`enrolment.parent` and `enrolment.parent_address` are missing; name the region above and its service listener";
    let (parent, _) = config.enrolment.above().ok_or_else(|| told(Fault::Configuration(missing.to_owned())))?;
    let domain = &config.federation.trust_domain;
    let domain: TrustDomain =
        domain.parse().map_err(|fault| format!("{}: `federation.trust_domain`: {fault}", file.display()))?;
    let id = SpiffeId::new(domain, region.clone(), P::ROLE).map_err(|fault| fault.to_string())?;
    let mut words = String::new();
    let files = config.files(&region)?;
    if let Some(making) = making {
        if !files.key().exists() {
            words.push_str(&commands::init::<P>(file, making.sandbox, making.at.as_deref(), machine).await?);
        }
        words.push_str(&service_certificate(&config, &id, &making.service_names, machine).map_err(told)?);
    }
    let key = Arc::new(load_key(&files).map_err(|fault| fault.to_string())?);
    let address = config.enrolment.federation_address.clone().unwrap_or_else(|| config.federation.listen.clone());
    let (clock, random) = (machine.clock.clone(), machine.random.clone());
    let paths = commands::federation_paths(&config);
    files::settle(&paths).map_err(told)?;
    Ok(Setting { config, child: Child { id, parent, key, paths, address, clock, random }, told: words })
}

/// A certificate of this region's own making for its service listener, where there is none. It owes nothing to the federation.
fn service_certificate(config: &Config, id: &SpiffeId, names: &[String], machine: &Machine) -> Result<String, Fault> {
    let paths = commands::service_paths(config);
    if paths.key.exists() || paths.chain.exists() {
        return Ok(String::new());
    }
    let directory = paths.key.parent().unwrap_or(Path::new(".")).to_owned();
    let usual = Paths::in_dir(&directory);
    if (&usual.key, &usual.chain) != (&paths.key, &paths.chain) {
        let why = "`service.certificate_file` and `service.key_file` do not exist; name them cert.pem and key.pem in one directory, or make them";
        return Err(Fault::Configuration(why.to_owned()));
    }
    let now = machine.clock.now();
    let authority = directory.join("authority");
    if !authority.join("key.pem").exists() {
        Authority::init(id.trust_domain(), now, ROOT_DAYS)?.write(&authority)?;
    }
    let issued = Authority::open(&authority, now)?.issue_service(names, now, SERVICE_DAYS)?;
    issued.write(&directory)?;
    let until = date_in_words(issued.leaf.not_after);
    Ok(format!(
        "service certificate for {} in {}, valid until {until}\n  clients trust {}\n",
        names.join(", "),
        directory.display(),
        usual.bundle.display()
    ))
}

fn held_bundle(paths: &Paths, machine: &Machine) -> Result<Believed, Fault> {
    let bundle = TrustBundle::load(&paths.bundle, machine.clock.now())?;
    Ok(Believed::Bundle(bundle.authorities().to_vec()))
}

fn keep(config: &Config, answer: &Answer) -> Result<(), Fault> {
    let publisher = config.register_publisher.parse().map_err(|fault| Fault::Configuration(format!("{fault}")))?;
    let (register, key) = (&config.register_file, &config.register_publisher_key_file);
    keep_register(answer, RegisterFiles { register, publisher: &publisher, key })
}

fn installed<P: Program>(file: &Path, setting: &Setting, answer: &Answer, machine: &Machine) -> Result<String, String> {
    keep(&setting.config, answer).map_err(|fault| fault.told())?;
    commands::check_config::<P>(file, machine.clock.now())?;
    let held = Credentials::load(&setting.child.paths, machine.clock.now()).map_err(|fault| fault.to_string())?;
    Ok(format!(
        "{}{} is enrolled at {}: {}, valid until {}; it renews itself\nstart it with: {} serve --config {}",
        setting.told,
        setting.child.id.region(),
        answer.parent,
        setting.child.id,
        date_in_words(held.leaf.not_after),
        P::NAME,
        file.display()
    ))
}

fn code_of(join: &Join) -> Result<Option<String>, Fault> {
    match &join.code_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| Fault::file(file, error))?;
            Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
        }
        None => Ok(join.code.clone()),
    }
}

/// Runs `join`.
pub async fn join<P: Program>(join: &Join, machine: &Machine) -> Result<String, String> {
    let mut setting = setting::<P>(&join.config, Some(&join.region), machine).await?;
    // Said before the wait: the fingerprint is what the region above asks for.
    println!("{}", setting.told.trim_end());
    setting.told = String::new();
    let answer = over_network(join, &setting, machine).await.map_err(|fault| fault.told())?;
    installed::<P>(&join.config, &setting, &answer, machine)
}

async fn over_network(join: &Join, setting: &Setting, machine: &Machine) -> Result<Answer, Fault> {
    let (config, child) = (&setting.config, &setting.child);
    let code = code_of(join)?;
    // A slip is noticed here, before anybody is called.
    let typed = code.as_deref().map(|code| Code::typed(child.id.region(), code)).transpose()?;
    let believed = match &typed {
        Some(code) => Believed::Pinned(code.pin),
        None => held_bundle(&child.paths, machine)?,
    };
    let told = typed.as_ref().map(|code| code.told(child.id.region())).unwrap_or_default();
    let (region, address) = config.enrolment.above().ok_or(Fault::NothingPending)?;
    let parent = Parent {
        region,
        address: address.to_owned(),
        name: config.enrolment.parent_name.clone(),
        clock: machine.clock.clone(),
        time: real_time(),
    };
    let until = tokio::time::Instant::now() + Duration::from_secs(join.wait_seconds);
    let mut known = parent.meet(&believed).await?;
    let mut said = false;
    loop {
        let outcome = settle_with(child, &mut known, told.clone(), &believed).await;
        match outcome {
            Ok(Outcome::Installed(answer)) => return Ok(*answer),
            Ok(Outcome::Waits) => {}
            // A line that breaks during a wait of hours is no reason to give up.
            Err(Fault::Unreachable { .. }) if said => {}
            Err(fault) => return Err(fault),
        }
        if !said {
            said = true;
            println!(
                "{} has the request of {}. Call it and read this fingerprint of the journal key out:\n  {}\nwaiting for its approval …",
                parent.region,
                child.id.region(),
                grouped(&child.key.fingerprint())
            );
        }
        if tokio::time::Instant::now() >= until {
            return Err(Fault::Waiting);
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Runs `identity request`.
pub async fn request_file<P: Program>(asked: &RequestFile, machine: &Machine) -> Result<String, String> {
    let setting = setting::<P>(&asked.config, Some(&asked.region), machine).await?;
    let child = &setting.child;
    let written = || {
        let sealed = child.ask()?;
        files::write_whole(&asked.out, &sealed.encode_to_vec(), 0o644)
    };
    written().map_err(|fault| fault.told())?;
    Ok(format!(
        "{}the request of {} to {} is in {}\ncarry it there, and read this fingerprint of the journal key out:\n  {}",
        setting.told,
        child.id.region(),
        child.parent,
        asked.out.display(),
        grouped(&child.key.fingerprint())
    ))
}

/// Runs `identity install`.
pub async fn install_file<P: Program>(asked: &InstallFile, machine: &Machine) -> Result<String, String> {
    let setting = setting::<P>(&asked.config, None, machine).await?;
    let child = &setting.child;
    let take = || {
        let bytes = std::fs::read(&asked.file).map_err(|error| Fault::file(&asked.file, error))?;
        let sealed = SignedAnswer::decode(bytes.as_slice()).map_err(|error| Fault::file(&asked.file, error))?;
        let pending = files::pending(&child.paths)?.ok_or(Fault::NothingPending)?;
        let believed = match &asked.authority {
            Some(fingerprint) => Believed::Fingerprint(fingerprint.clone()),
            None => held_bundle(&child.paths, machine)?,
        };
        child.take(&sealed, request::digest(&pending), believed)
    };
    let answer = take().map_err(|fault| fault.told())?;
    installed::<P>(&asked.config, &setting, &answer, machine)
}
