//! The client half of both programs: `call <service> <method>`, generated from the descriptors of the wire.
//!
//! A new method or field needs no code here: names become subcommands and flags, comments become help, and answers are
//! read by reflection. The module knows the wire's few shared words (months, dates, instants, receipts, figures) and no
//! noun of the domain. It reads neither the environment nor a clock: `main` hands both streams and variables in.
//!
//! Exit codes: 0 done, 1 refused by the server, 2 wrong usage, 3 no connection.

mod codec;
mod comments;
mod connect;
mod example;
mod exchange;
mod fault;
pub mod files;
mod flags;
mod kept;
mod names;
mod refusal;
mod render;
mod request;
mod secrets;
mod settings;
mod surface;
mod tree;
mod values;
mod words;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

use clap::ArgMatches;
use rustls::time_provider::TimeProvider;
use tonic::transport::Channel;

pub use self::{
    codec::DynamicCodec,
    comments::Comments,
    fault::Fault,
    secrets::{Ask, Tty},
    settings::{ENVIRONMENT_PREFIX, Output, Settings},
    surface::{AGGREGATOR, NODE, Program},
    words::Language,
};
use self::{
    exchange::Caller,
    request::Prepared,
    surface::{Method, Surface},
};

/// The three streams of a command, and who is asked for secrets.
pub struct Terminal<'a> {
    /// Where `--json -` reads.
    pub input: &'a mut (dyn Read + Send),
    /// Answers.
    pub output: &'a mut (dyn Write + Send),
    /// Refusals and mistakes.
    pub errors: &'a mut (dyn Write + Send),
    /// Passwords and codes.
    pub secrets: &'a mut dyn Ask,
}

/// The subcommand `call` with everything below it.
///
/// # Errors
/// [`Fault::Descriptors`] if the descriptors compiled in are broken, which a test excludes.
pub fn command(program: &Program) -> Result<clap::Command, Fault> {
    Ok(tree::command(&Surface::of(program)?))
}

/// Runs what `command` parsed (`matches` of `call`) and returns the exit code. Everything said goes to `terminal`.
/// `time` judges the server's certificate and is real also where the business clock is not.
pub async fn run(
    program: &Program,
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    time: Arc<dyn TimeProvider>,
    mut terminal: Terminal<'_>,
) -> u8 {
    let language = settings::language(matches, environment);
    let outcome = dialled(program, matches, environment, time, &mut terminal).await;
    finish(outcome, language, &mut terminal)
}

/// Like [`run`], over a connection that the caller already holds; `--server` and the trust bundle play no part.
pub async fn run_over(
    channel: Channel,
    program: &Program,
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    mut terminal: Terminal<'_>,
) -> u8 {
    let language = settings::language(matches, environment);
    let outcome = held(channel, program, matches, environment, &mut terminal).await;
    finish(outcome, language, &mut terminal)
}

/// The flags of `call` that say where to and as whom, for commands of their own that make several calls.
#[must_use]
pub fn connection_flags() -> Vec<clap::Arg> {
    settings::arguments()
}

/// A connection with the caller's token, by the same flags and variables as `call`.
pub struct Connection {
    /// The connection.
    pub channel: Channel,
    caller: Caller,
    server: Option<String>,
}

impl Connection {
    /// Dials.
    ///
    /// # Errors
    /// A setting is missing or wrong; whether somebody answers shows at the first call.
    pub fn open(
        matches: &ArgMatches,
        environment: &BTreeMap<String, String>,
        time: Arc<dyn TimeProvider>,
    ) -> Result<Self, Fault> {
        let settings = Settings::read(matches, environment)?;
        let channel = connect::dial(&settings, time)?;
        Ok(Self { channel, caller: Caller::new(&settings, true)?, server: settings.server })
    }

    /// A message with deadline and token.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        self.caller.request(message)
    }

    /// What a status came to, in words for a terminal.
    #[must_use]
    pub fn told(&self, status: tonic::Status) -> String {
        refusal::words(&Fault::of_status(status).during(self.server.as_deref(), None), Language::English)
    }
}

/// A fault in words for a terminal.
#[must_use]
pub fn told(fault: &Fault) -> String {
    refusal::words(fault, Language::English)
}

async fn dialled(
    program: &Program,
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    time: Arc<dyn TimeProvider>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Fault> {
    let settings = Settings::read(matches, environment)?;
    // The request is read before anything is dialled: a wrong flag costs no connection.
    let (method, prepared) = prepare(program, matches, &settings, terminal)?;
    let channel = connect::dial(&settings, time)?;
    converse(channel, &settings, &method, prepared, terminal).await
}

async fn held(
    channel: Channel,
    program: &Program,
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Fault> {
    let settings = Settings::read(matches, environment)?;
    let (method, prepared) = prepare(program, matches, &settings, terminal)?;
    converse(channel, &settings, &method, prepared, terminal).await
}

fn prepare(
    program: &Program,
    matches: &ArgMatches,
    settings: &Settings,
    terminal: &mut Terminal<'_>,
) -> Result<(Method, Prepared), Fault> {
    let surface = Surface::of(program)?;
    let (method, flags) = tree::chosen(&surface, matches)?;
    let mut prepared = request::prepare(&surface, &method, flags, terminal.input)?;
    let file = settings.secrets_file.as_deref();
    secrets::fill(&surface, &mut prepared.message, file, terminal.input, terminal.secrets)?;
    Ok((method, prepared))
}

async fn converse(
    channel: Channel,
    settings: &Settings,
    method: &Method,
    prepared: Prepared,
    terminal: &mut Terminal<'_>,
) -> Result<(), Fault> {
    let caller = Caller::new(settings, kept::is_sent(method))?;
    let mut answer = exchange::call(channel, &caller, method, prepared.message)
        .await
        .map_err(|fault| fault.during(settings.server.as_deref(), prepared.request_id.as_deref()))?;
    kept::settle(settings, method, &mut answer)?;
    let text = match settings.output {
        Output::Table => render::table(&answer, prepared.request_id.as_deref()),
        Output::Json => render::json(&answer, prepared.request_id.as_deref())?,
    };
    terminal.output.write_all(text.as_bytes()).and_then(|()| terminal.output.flush()).map_err(Fault::Write)
}

fn finish(outcome: Result<(), Fault>, language: Language, terminal: &mut Terminal<'_>) -> u8 {
    match outcome {
        Ok(()) => 0,
        Err(fault) => {
            // Nobody is left to tell if the error stream is gone too; the exit code still says it.
            let _ = terminal.errors.write_all(refusal::words(&fault, language).as_bytes());
            fault.exit_code()
        }
    }
}
