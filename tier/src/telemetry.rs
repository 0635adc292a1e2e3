//! What a running program tells about itself: logs, traces, metrics. Nothing here changes what it does, and nothing names persons,
//! tokens, bodies or values of statements.

pub mod admin;
pub mod health;
pub mod metrics;
pub mod traces;

use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{LogFormat, Logging, Tracing};

/// Starts logging for the process, and tracing where it is configured. What comes back flushes the last traces when it is closed.
///
/// # Errors
/// The filter or the address of the collector cannot be read.
pub fn start(logging: &Logging, tracing: &Tracing, service: &str) -> Result<Option<traces::Exporter>, String> {
    let filter = EnvFilter::try_new(&logging.filter)
        .map_err(|fault| format!("`logging.filter`: {fault}; write it like info,changxiao_tier=debug"))?;
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let logs = match logging.format {
        LogFormat::Json => logs.json().flatten_event(true).with_filter(filter).boxed(),
        LogFormat::Text => logs.with_ansi(false).with_filter(filter).boxed(),
    };
    let (exporter, spans) = traces::layer(tracing, service)?.unzip();
    // A second start in one process (tests) keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(logs).with(spans).try_init();
    Ok(exporter)
}
