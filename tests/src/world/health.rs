//! Waiting until a process serves: a condition, never a pause of hope.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::process::Process;
use crate::client::Door;

/// Returns once the health service says SERVING.
///
/// # Errors
/// If the process ends or does not serve in time.
pub async fn wait_until_serving(door: &Door, process: &mut Process, timeout: Duration) -> anyhow::Result<()> {
    let until = Instant::now() + timeout;
    let mut last;
    loop {
        if let Some(status) = process.ended() {
            bail!("the process ended with {status}");
        }
        match HealthClient::new(door.channel()).check(HealthCheckRequest { service: String::new() }).await {
            Ok(answer) if answer.get_ref().status() == ServingStatus::Serving => return Ok(()),
            Ok(answer) => last = format!("{:?}", answer.get_ref().status()),
            Err(status) => last = status.to_string(),
        }
        if Instant::now() >= until {
            bail!("it does not serve after {timeout:?}: {last}");
        }
        sleep(Duration::from_millis(20)).await;
    }
}
