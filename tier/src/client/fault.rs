//! What can go wrong on the client's side of a call.

use tonic::Status;

use crate::channel::dial::why;

/// Why a command did not end well. [`Fault::exit_code`] is what a shell sees.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The descriptors compiled in cannot be read.
    #[error("the descriptors of the wire are broken: {0}")]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// No service or method was named.
    #[error("name a service and a method, see --help")]
    NoMethod,
    /// A setting is neither a flag nor in the environment.
    #[error("--{flag} is missing; give it or set {variable}")]
    Missing {
        /// Flag without its hyphens.
        flag: &'static str,
        /// Environment variable that would do as well.
        variable: String,
    },
    /// A flag has a value of another kind.
    #[error("--{flag}: `{given}` is not {expected}")]
    Value {
        /// Flag without its hyphens.
        flag: String,
        /// As typed.
        given: String,
        /// What it should be, with an example.
        expected: String,
    },
    /// The text after `--json` is not this request in proto3 JSON.
    #[error("--json is not a {message}: {why}")]
    Json {
        /// Full name of the request.
        message: String,
        /// What the parser says, with line and column.
        why: String,
    },
    /// A file named on the command line cannot be used.
    #[error("cannot use {path}: {why}")]
    File {
        /// As typed.
        path: String,
        /// Why not.
        why: String,
    },
    /// The random source of the operating system failed.
    #[error("no request id could be made: the random source failed")]
    Random,
    /// Nothing was sent.
    #[error("cannot connect to {server}: {why}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// Causes, outermost first.
        why: String,
    },
    /// The connection broke while the answer was awaited: the command may or may not have taken effect.
    #[error("the connection broke before the answer came: {why}")]
    Lost {
        /// Causes, outermost first.
        why: String,
        /// With which the same command can be repeated safely.
        request_id: Option<String>,
    },
    /// The server answered with a status.
    #[error("refused: {}", status.message())]
    Refused {
        /// The status with its details.
        status: Box<Status>,
        /// With which the same command can be repeated safely.
        request_id: Option<String>,
    },
    /// The answer cannot be written as JSON.
    #[error("the answer cannot be written as JSON: {0}")]
    Answer(#[from] serde_json::Error),
    /// Standard output is gone.
    #[error("cannot write the answer: {0}")]
    Write(std::io::Error),
}

impl Fault {
    /// Stable name. A refusal's own reason stands in its status.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Descriptors(_) => "CLIENT_DESCRIPTORS_BROKEN",
            Self::NoMethod => "CLIENT_NO_METHOD",
            Self::Missing { .. } => "CLIENT_SETTING_MISSING",
            Self::Value { .. } => "CLIENT_FLAG_INVALID",
            Self::Json { .. } => "CLIENT_JSON_INVALID",
            Self::File { .. } => "CLIENT_FILE_UNUSABLE",
            Self::Random => "CLIENT_RANDOM_FAILED",
            Self::Unreachable { .. } => "CLIENT_UNREACHABLE",
            Self::Lost { .. } => "CLIENT_CONNECTION_LOST",
            Self::Refused { .. } => "CLIENT_REFUSED",
            Self::Answer(_) => "CLIENT_ANSWER_UNREADABLE",
            Self::Write(_) => "CLIENT_OUTPUT_GONE",
        }
    }

    /// 1 refused or unusable answer, 2 wrong usage, 3 no connection.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } | Self::Answer(_) | Self::Write(_) | Self::Descriptors(_) | Self::Random => 1,
            Self::NoMethod | Self::Missing { .. } | Self::Value { .. } | Self::Json { .. } | Self::File { .. } => 2,
            Self::Unreachable { .. } | Self::Lost { .. } => 3,
        }
    }

    /// Adds the server and the request id of the call during which the fault arose.
    pub(super) fn during(mut self, called: Option<&str>, id: Option<&str>) -> Self {
        match &mut self {
            Self::Lost { request_id, .. } | Self::Refused { request_id, .. } => {
                *request_id = id.map(str::to_owned);
            }
            Self::Unreachable { server, .. } => *server = called.unwrap_or_default().to_owned(),
            _ => {}
        }
        self
    }

    /// A status that the server sent, or the sign that the connection failed before the call or broke under it.
    pub(super) fn of_status(status: Status) -> Self {
        // Only a status made on this side has a source; one that came over the wire never has. An expired deadline counts as
        // a lost connection: nobody knows whether the command took effect.
        if std::error::Error::source(&status).is_none() {
            return Self::Refused { status: Box::new(status), request_id: None };
        }
        let why = why(&status);
        if never_connected(&status) {
            Self::Unreachable { server: String::new(), why }
        } else {
            Self::Lost { why, request_id: None }
        }
    }
}

/// True if the call failed while connecting, so that nothing was sent.
fn never_connected(status: &Status) -> bool {
    let mut next = std::error::Error::source(status);
    while let Some(error) = next {
        if error.is::<tonic::ConnectError>() {
            return true;
        }
        next = error.source();
    }
    false
}
