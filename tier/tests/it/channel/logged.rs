//! The line an operator finds: one per refused connection, with who, what certificate and why.

use std::io;
use std::sync::{Arc, Mutex};

use changxiao_tier::channel::{Admit, Limits};

use crate::world::{World, aggregator, check, node};

/// A log that stays in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// The subscriber is the whole binary's: one set for a thread alone can miss events whose call site another thread met first.
// Lines of other tests lie in the same log, so the certificate's serial picks ours.
#[tokio::test]
async fn a_refusal_is_one_line_with_everything_known() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::WARN)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let world = World::new();
    let county = node("bs-tengchong");
    let nobody: Admit = Arc::new(|_| Err("not the parent of a region hosted here".to_owned()));
    let mut server = world.serve_with(&county, nobody, Limits::default()).await;
    check(&world.channel(&server, &aggregator("bs"), &county)).await.unwrap_err();
    let refused = server.refused().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let (addr, serial) = (refused.addr.to_string(), refused.serial.unwrap());
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["certificate.serial"] == serial.as_str())
        .collect();
    let [line] = lines.as_slice() else {
        panic!("expected one line, found {text}");
    };
    for (field, value) in [
        ("level", "WARN"),
        ("peer.addr", addr.as_str()),
        ("tls.reason", "PEER_NOT_ADMITTED"),
        ("certificate.serial", serial.as_str()),
        ("certificate.subject", "CN=bs aggregator"),
        ("message", "refused a connection: not admitted: not the parent of a region hosted here"),
    ] {
        assert_eq!(line[field], value, "{field} in {line}");
    }
}
