//! The shared `main` of both programs: commands, configuration, opening regions, listeners, jobs, an orderly stop.
//!
//! `Config → open → serve(stop)`; sockets are bound last, after everything that can be wrong was found.

mod certificates;
mod commands;
mod doctor;
mod enrol;
mod routes;
mod serve;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use changxiao_domain::{
    clock::{Clock, Instant},
    region::RegionId,
};
use clap::{Command as Clap, FromArgMatches, Subcommand};
use ring::rand::SecureRandom;
use sea_orm::DatabaseConnection;
use sea_orm_migration::MigrationTrait;
use tokio::task::JoinHandle;

use crate::{
    channel::Routes,
    client, common,
    config::Config,
    directives::serve::Receive,
    feed::RefreshBelow,
    identity::{cli::Ca, spiffe::Role},
    policy::Table,
    protocol::delivery::Through,
    region::Files,
    statistics::HeardSource,
    telemetry::health::Below,
    writer::Book,
};

pub use serve::{Runtime, Served};

/// What makes one program different from the other.
pub trait Program: Sized + Send + Sync + 'static {
    /// Rows beside the journal.
    type Book: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known> + AsMut<common::Known>>;
    /// Name of the binary.
    const NAME: &'static str;
    /// One sentence for `--help`.
    const ABOUT: &'static str;
    /// Role in the SPIFFE id.
    const ROLE: Role;
    /// Client commands.
    const CLIENT: &'static client::Program;
    /// Whether `[follow]` means anything.
    const FOLLOWS: bool;

    /// Every migration, the tier's first.
    fn migrations() -> Vec<Box<dyn MigrationTrait>>;
    /// The book of one region.
    fn book(region: &RegionId, since: Instant) -> Self::Book;
    /// The program's whole policy table.
    fn table() -> Table;
    /// The program's own services and jobs, once everything shared is open.
    fn furnish(runtime: &Runtime<Self>) -> Result<Furniture, String>;
    /// Checks what a region keeps outside its database, for `verify`: what was found sound, for people.
    ///
    /// # Errors
    /// What is missing or differs.
    fn verify_beside(_files: &Files, _db: &DatabaseConnection) -> impl Future<Output = Result<Vec<String>, String>> + Send {
        async { Ok(Vec::new()) }
    }
    /// Commands of this program alone.
    fn commands() -> Vec<Clap> {
        Vec::new()
    }
    /// Runs one of them.
    fn run(_name: &str, _matches: &clap::ArgMatches, _machine: &Machine) -> impl Future<Output = Result<String, String>> + Send {
        async { Err("there is no such command".to_owned()) }
    }
}

/// What a program puts into the shared house.
#[derive(Default)]
pub struct Furniture {
    /// Added to the service listener.
    pub service: Routes,
    /// When each origin below was verified last, for the tier above.
    pub through: BTreeMap<RegionId, Arc<dyn Fn() -> Vec<Through> + Send + Sync>>,
    /// Pulls from those below, for the tier above.
    pub refresh: BTreeMap<RegionId, RefreshBelow>,
    /// The same for this region's own statistics.
    pub heard: BTreeMap<RegionId, HeardSource>,
    /// Freshness and troubles of what lies below, for its health.
    pub below: BTreeMap<RegionId, Below>,
    /// Takes a verified directive from above.
    pub receive: BTreeMap<RegionId, Receive>,
    /// Background work; ends when told to stop.
    pub jobs: Vec<JoinHandle<()>>,
}

#[derive(Subcommand)]
enum Shared {
    /// Make the regions of the configuration: directory, key, journal, administrator.
    #[command(after_help = "Example: init --config county.toml")]
    Init {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Make sandbox regions, whose business clock can be driven. For ever.
        #[arg(long)]
        sandbox: bool,
        /// Where a sandbox clock starts, such as 2015-08-01T00:00:00+08:00.
        #[arg(long, requires = "sandbox")]
        at: Option<String>,
    },
    /// Serve the regions of the configuration.
    #[command(after_help = "Example: serve --config county.toml")]
    Serve {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Bring the databases of the configuration to this program's schema.
    #[command(after_help = "Example: migrate --config county.toml")]
    Migrate {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Recompute hashes, tree, tables and facts from the journal alone and name the first difference.
    #[command(after_help = "Example: verify --config county.toml --region bs-tengchong")]
    Verify {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Only this region.
        #[arg(long)]
        region: Option<String>,
    },
    /// Read the configuration and every file it names, open nothing.
    #[command(after_help = "Example: check-config --config county.toml")]
    CheckConfig {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Look at everything that can be wrong on this machine and say what to do.
    #[command(after_help = "Example: doctor --config county.toml")]
    Doctor {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Enrol this machine's region at the region above.
    #[command(after_help = "Example: join --config county.toml --code 4D7WN-…")]
    Join(enrol::Join),
    /// Certificates of the federation.
    #[command(subcommand)]
    Identity(Identity),
}

/// Certificates of the federation: those of an authority at hand, and those that the region above issues for a file.
#[derive(Subcommand)]
enum Identity {
    #[command(flatten)]
    Ca(Ca),
    /// Write a request into a file, to be carried to the region above.
    #[command(after_help = "Example: identity request --config county.toml --out tengchong.request")]
    Request(enrol::RequestFile),
    /// Take the answer file of the region above into use.
    #[command(after_help = "Example: identity install --config county.toml --file tengchong.answer --authority '3f09 …'")]
    Install(enrol::InstallFile),
}

/// What `main` hands in: the machine's clock, its randomness, its environment.
pub struct Machine {
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
}

/// Runs a program to its end.
pub async fn run<P: Program>(machine: Machine) -> ExitCode {
    let call = match client::command(P::CLIENT) {
        Ok(call) => call,
        Err(fault) => return fail(&format!("the client commands cannot be built: {fault}")),
    };
    let mut clap =
        Clap::new(P::NAME).about(P::ABOUT).version(env!("CARGO_PKG_VERSION")).subcommand_required(true).subcommand(call);
    clap = Shared::augment_subcommands(clap);
    clap = clap.subcommands(client::files::command(P::CLIENT));
    clap = clap.subcommands(P::commands());
    let matches = clap.get_matches();
    if let Some(("call", call)) = matches.subcommand() {
        let (mut input, mut output, mut errors) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        let secrets = &mut client::Tty;
        let terminal = client::Terminal { input: &mut input, output: &mut output, errors: &mut errors, secrets };
        let time = crate::channel::tls::real_time();
        return ExitCode::from(client::run(P::CLIENT, call, &machine.environment, time, terminal).await);
    }
    if let Some(("files", files)) = matches.subcommand() {
        let (mut input, mut output, mut errors) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        let secrets = &mut client::Tty;
        let terminal = client::Terminal { input: &mut input, output: &mut output, errors: &mut errors, secrets };
        let time = crate::channel::tls::real_time();
        return ExitCode::from(client::files::run(P::CLIENT, files, &machine.environment, time, terminal).await);
    }
    let Ok(shared) = Shared::from_arg_matches(&matches) else {
        let Some((name, own)) = matches.subcommand() else { return fail("name a command; --help lists them") };
        return finish(P::run(name, own, &machine).await);
    };
    let outcome = match shared {
        Shared::Init { config, sandbox, at } => commands::init::<P>(&config, sandbox, at.as_deref(), &machine).await,
        Shared::Serve { config } => serve::serve::<P>(&config, machine).await,
        Shared::Migrate { config } => commands::migrate::<P>(&config).await,
        Shared::Verify { config, region } => commands::verify::<P>(&config, region.as_deref()).await,
        Shared::CheckConfig { config } => commands::check_config::<P>(&config, machine.clock.now()),
        Shared::Doctor { config } => doctor::doctor::<P>(&config, machine.clock.now()).await,
        Shared::Join(join) => enrol::join::<P>(&join, &machine).await,
        Shared::Identity(Identity::Ca(ca)) => {
            ca.run(machine.clock.now()).map(|made| made.to_string()).map_err(|fault| fault.to_string())
        }
        Shared::Identity(Identity::Request(asked)) => enrol::request_file::<P>(&asked, &machine).await,
        Shared::Identity(Identity::Install(asked)) => enrol::install_file::<P>(&asked, &machine).await,
    };
    finish(outcome)
}

fn finish(outcome: Result<String, String>) -> ExitCode {
    match outcome {
        Ok(words) => {
            if !words.is_empty() {
                println!("{}", words.trim_end());
            }
            ExitCode::SUCCESS
        }
        Err(words) => fail(&words),
    }
}

fn fail(words: &str) -> ExitCode {
    eprintln!("{words}");
    ExitCode::FAILURE
}

/// The register of a file, if its signature is the publisher's.
///
/// # Errors
/// One sentence naming file and remedy.
pub fn load_register(config: &Config) -> Result<changxiao_domain::register::Register, String> {
    use changxiao_proto::convert::register::{REGISTER_TAG, decode, unseal};
    let (file, key_file) = (&config.register_file, &config.register_publisher_key_file);
    let read = |file: &PathBuf, key: &str| {
        std::fs::read(file)
            .map_err(|error| format!("{}: {error}; `{key}` must name a file that this user can read", file.display()))
    };
    let bytes = read(file, "register_file")?;
    let key = read(key_file, "register_publisher_key_file")?;
    let key: crate::journal::checkpoint::PublicKey = String::from_utf8_lossy(&key)
        .trim()
        .parse()
        .map_err(|_| format!("{}: `register_publisher_key_file` must hold 64 hexadecimal digits", key_file.display()))?;
    let wrong = |why: String| format!("{}: {why}; take the register that the province published", file.display());
    let (register, signature) = unseal(&bytes).map_err(|fault| wrong(fault.to_string()))?;
    if !key.verify_statement(REGISTER_TAG, &register, &signature) {
        return Err(wrong(format!("the register is not signed by {}", config.register_publisher)));
    }
    decode(&register).map_err(|fault| wrong(fault.to_string()))
}
