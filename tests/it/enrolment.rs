//! From nothing to an enrolled county by the commands of `docs/operations/joining.md`, run as they stand but on free ports: over the network,
//! and over files only. Commands and seconds are counted.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use changxiao_tests::world::programs::{Program, Programs};
use tokio::{process::Command, time::timeout};

const PAGE: &str = "docs/operations/joining.md";
/// What a machine under load may take for some forty commands and three starts.
const TIMEOUT: Duration = Duration::from_secs(180);

/// Every block of commands of the page, in order.
fn commands(page: &str) -> String {
    page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect()
}

/// Ports that were free a moment ago.
fn free_ports(many: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..many).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

/// What a shell printed, and how long it took.
pub struct Ran {
    pub printed: String,
    pub complaints: String,
    pub seconds: f64,
    pub directory: tempfile::TempDir,
}

/// Runs the page, then `after`, in a directory of its own.
pub async fn run_page(after: &str) -> Ran {
    let programs = Programs::beside_this_executable().unwrap();
    let built = programs.of(Program::Node).parent().unwrap();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE)).unwrap();
    let mut script = commands(&page);
    // The ports of the page, each replaced by a free one wherever it stands.
    let written = ["7453", "8453", "7454", "8454", "7443", "8443", "7444", "8444"];
    let marked = written.iter().fold(script.clone(), |text, port| {
        assert!(text.contains(port), "the page no longer says {port}");
        text.replace(port, &format!("@{port}@"))
    });
    script = written
        .iter()
        .zip(free_ports(written.len()))
        .fold(marked, |text, (port, free)| text.replace(&format!("@{port}@"), &free.to_string()));
    // A reader sees a command fail and stops. Whatever was started ends with the shell, by its own id.
    let head = format!(
        "set -eu\nexport PATH={}:$PATH\ntrap 'for job in $(jobs -p); do kill \"$job\" 2>/dev/null || :; done; wait' EXIT\n",
        built.display()
    );
    let directory = tempfile::Builder::new().prefix("changxiao-joining-").tempdir().unwrap();
    let begun = Instant::now();
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(format!("{head}{script}{after}")).current_dir(directory.path());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHANGXIAO_")) {
        shell.env_remove(name);
    }
    let ended = timeout(TIMEOUT, shell.kill_on_drop(true).output()).await.expect("the commands did not end").unwrap();
    let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{}\n{printed}\n{complaints}", ended.status);
    Ran { printed, complaints, seconds: begun.elapsed().as_secs_f64(), directory }
}

fn mode(path: PathBuf) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

#[tokio::test]
async fn the_page_leads_from_nothing_to_an_enrolled_county_over_the_network_and_over_files() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE)).unwrap();
    let after = "\nchangxiao-node verify --config bs-tengchong/bs-tengchong.toml\nchangxiao-aggregator verify --config bs/bs.toml\n\
                 changxiao-aggregator verify --config yn/yn.toml\nchangxiao-aggregator call enrolment-desk list-enrolments --parent regions/bs\n";
    let ran = run_page(after).await;
    let counted = commands(&page).lines().filter(|line| line.contains("changxiao-")).count();
    println!("{counted} commands of three tiers, {:.1} s from nothing to a followed county and one over files only", ran.seconds);
    for said in ["regions/bs/children/bs-tengchong  up", "bs-longling is enrolled at bs", "register version 3", "sound"] {
        assert!(ran.printed.contains(said), "nothing said {said:?}:\n{}\n{}", ran.printed, ran.complaints);
    }
    assert!(!ran.printed.contains("NOT SOUND"), "{}", ran.printed);
    for region in ["bs", "bs-tengchong", "bs-longling"] {
        let files = ran.directory.path().join(region).join("federation");
        assert_eq!(mode(files.join("key.pem")), 0o600, "{region}");
        assert!(!files.join("key.pem.next").exists() && !files.join("key.pem.request").exists(), "{region}");
    }
    assert_eq!(mode(ran.directory.path().join("bs/authority/key.pem")), 0o600);
}
