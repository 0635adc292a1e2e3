//! Settings of every call: where to, as whom, how to print. Each is a flag or a variable that `main` read.

use std::{collections::BTreeMap, time::Duration};

use clap::{Arg, ArgMatches, builder::PossibleValuesParser, parser::ValueSource};

use super::{fault::Fault, words::Language};

/// Variables of the client are this and the flag's name in capitals, such as `CHANGXIAO_CALL_TOKEN_FILE`. The
/// configuration of `serve` has to leave them alone.
pub const ENVIRONMENT_PREFIX: &str = "CHANGXIAO_CALL_";

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Aligned columns for people.
    Table,
    /// proto3 JSON for programs; numbers of 64 bits are strings there.
    Json,
}

/// Settings of one call.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host and port of the service listener; absent if a channel is handed in.
    pub server: Option<String>,
    /// Name that the server's certificate has to show, if it is not the host of `server`.
    pub server_name: Option<String>,
    /// PEM file with the authorities that may have signed the server's certificate.
    pub trust_bundle: Option<String>,
    /// File whose first line is the bearer token.
    pub token_file: Option<String>,
    /// Directory with a client certificate and its key.
    pub client_certificate: Option<String>,
    /// File in which a session is kept between two commands.
    pub session_file: Option<String>,
    /// File with the secret fields of the request.
    pub secrets_file: Option<String>,
    /// Printing.
    pub output: Output,
    /// Language of refusals.
    pub language: Language,
    /// Deadline of the call.
    pub timeout: Duration,
}

/// Flags that every subcommand accepts.
pub fn arguments() -> Vec<Arg> {
    let text = |name: &'static str, placeholder: &'static str, help: &str| {
        Arg::new(name)
            .long(name)
            .global(true)
            .value_name(placeholder)
            .help_heading("Connection and output")
            .help(format!("{help} [env: {}]", variable(name)))
    };
    vec![
        text("server", "HOST:PORT", "Service listener to call"),
        text("server-name", "NAME", "Name in the server's certificate, if it is not HOST"),
        text("trust-bundle", "FILE", "PEM certificates that may have signed the server's"),
        text("token-file", "FILE", "File with the bearer token in its first line"),
        text("client-certificate", "DIRECTORY", "Directory with a client certificate, as identity issue-client made it"),
        text("session-file", "FILE", "File in which signin keeps the session; used where no token file is named"),
        text("secrets-file", "FILE|-", "File with the secrets of the request, one in a line; else a terminal is asked"),
        text("output", "FORMAT", "How to print the answer")
            .default_value("table")
            .value_parser(PossibleValuesParser::new(["table", "json"])),
        text("language", "LANGUAGE", "Language of error messages")
            .default_value("en")
            .value_parser(PossibleValuesParser::new(["zh", "en"])),
        text("timeout-seconds", "SECONDS", "Deadline of the call").default_value("60"),
    ]
}

fn variable(flag: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", flag.replace('-', "_").to_ascii_uppercase())
}

/// The flag as typed, else the variable, else the flag's default.
fn value(matches: &ArgMatches, environment: &BTreeMap<String, String>, flag: &str) -> Option<String> {
    let flagged = matches.get_one::<String>(flag).cloned();
    if matches.value_source(flag) == Some(ValueSource::CommandLine) {
        return flagged;
    }
    environment.get(&variable(flag)).filter(|text| !text.is_empty()).cloned().or(flagged)
}

/// Language of refusals, also of those about other settings. What is no language counts as English here and is
/// refused by [`Settings::read`].
pub fn language(matches: &ArgMatches, environment: &BTreeMap<String, String>) -> Language {
    value(matches, environment, "language").and_then(|text| Language::named(&text)).unwrap_or(Language::English)
}

impl Settings {
    /// Reads flags and variables.
    ///
    /// # Errors
    /// [`Fault::Value`] for a variable or number out of range.
    pub fn read(matches: &ArgMatches, environment: &BTreeMap<String, String>) -> Result<Self, Fault> {
        let text = |flag: &str| value(matches, environment, flag);
        let wrong = |flag: &str, expected: &str| Fault::Value {
            flag: flag.to_owned(),
            given: text(flag).unwrap_or_default(),
            expected: expected.to_owned(),
        };
        let output = match text("output").as_deref() {
            None | Some("table") => Output::Table,
            Some("json") => Output::Json,
            Some(_) => return Err(wrong("output", "table or json")),
        };
        let language = match text("language") {
            None => Language::English,
            Some(name) => Language::named(&name).ok_or_else(|| wrong("language", "zh or en"))?,
        };
        let seconds = text("timeout-seconds").and_then(|text| text.parse().ok()).filter(|seconds| (1..=3600).contains(seconds));
        let timeout = seconds.map(Duration::from_secs).ok_or_else(|| wrong("timeout-seconds", "a number from 1 to 3600"))?;
        Ok(Self {
            server: text("server"),
            server_name: text("server-name"),
            trust_bundle: text("trust-bundle"),
            token_file: text("token-file"),
            client_certificate: text("client-certificate"),
            session_file: text("session-file"),
            secrets_file: text("secrets-file"),
            output,
            language,
            timeout,
        })
    }

    /// A text setting that this call cannot do without.
    pub(super) fn needed<'a>(&self, setting: &'a Option<String>, flag: &'static str) -> Result<&'a str, Fault> {
        setting.as_deref().ok_or_else(|| Fault::Missing { flag, variable: variable(flag) })
    }
}
