//! Logs: one JSON object a line, or text for people. What strangers sent is escaped by the format.

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Logging};

/// Starts logging for the process.
///
/// # Errors
/// The filter cannot be read.
pub fn start(logging: &Logging) -> Result<(), String> {
    let filter =
        EnvFilter::try_new(&logging.filter).map_err(|fault| format!("{fault}; write it like info,changxiao_tier=debug"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first subscriber.
    let _ = match logging.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(false).try_init(),
    };
    Ok(())
}
