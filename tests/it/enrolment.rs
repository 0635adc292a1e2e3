//! From nothing to an enrolled county by the commands of `docs/operations/joining.md`, run as they stand but on free ports: over the network,
//! and over files only. Commands and seconds are counted.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use changxiao_proto::enrolment::v1::{
    DecideEnrolmentRequest, EnrolmentState, EnrolmentView, ListEnrolmentsRequest, enrolment_desk_client::EnrolmentDeskClient,
};
use changxiao_proto::oversight::v1::{LinkState, ListChildrenRequest};
use changxiao_tests::{
    rotation::{Plan, rotate},
    world::{
        World, config,
        programs::{Program, Programs},
    },
};
use changxiao_tier::identity::{
    Leaf,
    files::{Paths, certificates},
};
use tokio::{
    process::Command,
    time::{Instant, timeout},
};

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

const COUNTY: &str = "bs-tengchong";
/// How long a test waits for what a running network does by itself.
const PATIENCE: Duration = Duration::from_secs(60);

fn leaf(world: &World, region: &str) -> Leaf {
    let chain = Paths::in_dir(&config::federation_directory(world.directory(), region)).chain;
    Leaf::read(certificates(&chain).unwrap().first().unwrap()).unwrap()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The list of enrolments as the city's administrator sees it.
async fn enrolments(world: &World) -> Vec<EnrolmentView> {
    let mut desk = EnrolmentDeskClient::new(world.door("bs").channel());
    let request = signed(world, ListEnrolmentsRequest { parent: "regions/bs".into(), page: None });
    desk.list_enrolments(request).await.unwrap().into_inner().enrolments
}

fn signed<T>(world: &World, message: T) -> tonic::Request<T> {
    let token = fs::read_to_string(world.token_file("bs")).unwrap();
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {}", token.trim()).parse().unwrap());
    request
}

fn log(world: &World, region: &str) -> String {
    fs::read_to_string(world.log(region)).unwrap()
}

/// Leaves of twelve seconds: every region renews again and again, nobody is silent. Then the city cannot issue until the county's
/// certificate has lapsed: the county starts all the same, asks with its old key, is approved, and its history is whole.
#[tokio::test]
async fn a_running_network_renews_and_a_lapsed_county_comes_back_with_its_old_key() {
    let mut world = World::yunnan().with_counties(&[COUNTY]).renewing(12).start().await.unwrap();
    for region in [COUNTY, "bs", "yn"] {
        let (first, mut second) = (leaf(&world, region).serial, String::new());
        until(&format!("two renewals of {region}"), async || {
            let now = leaf(&world, region).serial;
            if now != first && second.is_empty() {
                second.clone_from(&now);
            }
            !second.is_empty() && now != second && now != first
        })
        .await;
    }
    for (above, below) in [("bs", COUNTY), ("yn", "bs")] {
        let request = ListChildrenRequest { parent: format!("regions/{above}") };
        let children = world.administrator(above).list_children(request).await.unwrap().children;
        let child = children.iter().find(|child| child.name.ends_with(below)).unwrap();
        assert_eq!(child.state(), LinkState::Up, "{child:?}");
    }

    let authority = config::authority_directory(world.directory(), "bs");
    let away = authority.with_extension("away");
    fs::rename(&authority, &away).unwrap();
    let lapsed = leaf(&world, COUNTY);
    until("the county's certificate lapses", async || log(&world, COUNTY).contains("ENROLMENT_AUTHORITY_FAILS")).await;
    tokio::time::sleep(Duration::from_secs(13)).await;
    world.stop(COUNTY).await.unwrap();
    world.restart(COUNTY).await.unwrap();
    assert!(log(&world, COUNTY).contains("this region works on by itself and asks for a new one"));
    fs::rename(&away, &authority).unwrap();

    let waits = async || {
        let all = enrolments(&world).await;
        all.into_iter().find(|one| one.state() == EnrolmentState::Requested && one.way == "old key")
    };
    until("the county asks with its old key", async || waits().await.is_some()).await;
    let asked = waits().await.unwrap();
    until("the county's log names the fingerprint to be read out", async || log(&world, COUNTY).contains(&asked.fingerprint))
        .await;
    let decide = DecideEnrolmentRequest {
        name: asked.name,
        request_id: "5f1c2a8e-0d1b-4c57-9a55-7a1f6b0c9d3e".into(),
        approve: true,
        fingerprint: asked.fingerprint,
        ..DecideEnrolmentRequest::default()
    };
    let mut desk = EnrolmentDeskClient::new(world.door("bs").channel());
    desk.decide_enrolment(signed(&world, decide)).await.unwrap();
    until("the county has a certificate again", async || leaf(&world, COUNTY).not_before > lapsed.not_after).await;
    until("the city follows it again", async || log(&world, COUNTY).contains("took a new federation certificate into use")).await;
    for region in [COUNTY, "bs", "yn"] {
        world.stop(region).await.unwrap();
        assert!(world.verify(region).await.unwrap().contains("sound"), "{region}");
    }
}

/// The small sizes of `cargo run -p changxiao-tests --bin rotation`.
#[tokio::test(flavor = "multi_thread")]
async fn leaves_and_the_citys_authority_rotate_under_load_and_a_revocation_bites() {
    let counties = vec![COUNTY, "bs-longyang"];
    let outcome = rotate(Plan { counties, leaves: 8, authorities: 1, rate: 100, leaf_seconds: 20 }).await.unwrap();
    println!("{}", outcome.table());
    assert_eq!(outcome.failed, 0, "{:?}", outcome.first_failure);
    assert!(outcome.leaves >= 8 && outcome.authorities == 1 && outcome.calls > 500, "{outcome:?}");
    assert!(outcome.revoked_within <= 60.0, "{outcome:?}");
}
