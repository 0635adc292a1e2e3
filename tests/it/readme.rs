//! The commands that the README offers by hand do what it says: they are run as they stand, but with the programs built already and on free ports.

use std::{fs, net::TcpListener, path::Path, process::Stdio, time::Duration};

use changxiao_tests::world::programs::{Program, Programs};
use tokio::{process::Command, time::timeout};

const HEADING: &str = "## One county by hand";
/// What a machine under load may take for a dozen commands and one start.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The first block of commands below the heading.
fn commands(readme: &str) -> &str {
    let below = readme.split_once(HEADING).unwrap().1;
    below.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0
}

/// Ports that were free a moment ago, for both listeners of the county. The service's is the federation's and a thousand in the README.
fn free_ports() -> (u16, u16) {
    let held: Vec<TcpListener> = (0..2).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    let [federation, service] = [&held[0], &held[1]].map(|listener| listener.local_addr().unwrap().port());
    (federation, service)
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the README no longer says {from}");
    text.replace(from, to)
}

#[tokio::test]
async fn one_county_by_hand_works_as_it_stands() {
    let programs = Programs::beside_this_executable().unwrap();
    let built = programs.of(Program::Node).parent().unwrap();
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let (federation, service) = free_ports();

    let mut script = commands(&readme).to_owned();
    script = replaced(&script, "cargo build --release -p changxiao-node -p changxiao-aggregator\n", "");
    script = replaced(&script, "$PWD/target/release", &built.display().to_string());
    script = replaced(&script, "$((port + 1000))", &service.to_string());
    script = replaced(&script, "7443", &federation.to_string());
    script = replaced(&script, "localhost:8443", &format!("localhost:{service}"));
    // A reader sees a command fail and stops; `-m` is what lets `%1` name the county in a script.
    script.insert_str(0, "set -eum\ntrap 'kill %1 2>/dev/null || :' EXIT\n");

    let mut shell = Command::new("bash");
    shell.arg("-c").arg(&script).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHANGXIAO_")) {
        shell.env_remove(name);
    }
    let ended = timeout(TIMEOUT, shell.kill_on_drop(true).output()).await.expect("the commands did not end").unwrap();

    let printed = String::from_utf8_lossy(&ended.stdout);
    let complaints = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{}\n{printed}\n{complaints}", ended.status);
    for said in ["4 entries, sound", "declaration_on_time_rate", "腾冲市", "sandbox  true", "good  federation certificate"] {
        assert!(printed.contains(said), "nothing said {said:?}:\n{printed}\n{complaints}");
    }
    assert!(!printed.contains("BAD"), "{printed}");
}
