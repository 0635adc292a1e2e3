//! `changxiao-node`: the county program. Here, and only here, the machine's clock, randomness and environment are taken.

use std::{process::ExitCode, sync::Arc};

use changxiao_domain::clock::{Clock, Instant};
use changxiao_node::{program::Node, workbook::child};
use changxiao_tier::program::{Machine, run};

struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Instant::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

fn main() -> ExitCode {
    // The process that reads workbooks has neither runtime nor configuration: it limits itself before anything else is made.
    if std::env::args_os().nth(1).is_some_and(|first| first == child::COMMAND) {
        return child::run();
    }
    serve()
}

#[tokio::main]
async fn serve() -> ExitCode {
    let random = Arc::new(ring::rand::SystemRandom::new());
    run::<Node>(Machine { clock: Arc::new(SystemClock), random, environment: std::env::vars().collect() }).await
}
