//! Clients that share no code with us file a declaration: Python with grpcio and generated stubs, and `buf curl`, which learns the
//! contract by reflection. Both are put in place by tests/run.sh.

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use changxiao_proto::county::v1::{Declaration, DeclarationState, GetDeclarationRequest};
use changxiao_tests::{
    abuse::{foreign::Foreign, target::Target},
    story::stage::Stage,
    world::{World, config},
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::small::{self, COUNTY};

const MONTH: &str = "2015-08";
const STATEMENT: &str = "本月自查未发现隐患(测试)";

/// A foreign client, below the target directory that this test was built into.
fn client(path: &str) -> PathBuf {
    let executable = env::current_exe().unwrap();
    let target = executable.ancestors().nth(3).unwrap();
    let client = target.join("clients").join(path);
    assert!(client.exists(), "{} is missing: run tests/run.sh once, it installs the foreign clients", client.display());
    client
}

fn bundle(stage: &Stage) -> PathBuf {
    config::service_directory(stage.world.directory(), COUNTY).join("bundle.pem")
}

fn address(stage: &Stage) -> String {
    stage.world.spots().into_iter().find(|spot| spot.region == COUNTY).unwrap().service.to_string()
}

/// Runs a client to its end and gives back what it printed.
async fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let (printed, complained) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(output.status.success(), "{command:?} ended with {}\n{printed}{complained}", output.status);
    printed
}

async fn kept(stage: &Stage, index: usize) -> Declaration {
    let name = format!("{}/declarations/{MONTH}", stage.enterprises[&index]);
    stage.offices[COUNTY].regulator.get_declaration(GetDeclarationRequest { name }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_files_a_declaration() {
    let python = client("python/bin/python");
    let stage = small::frozen(7, 1).await;
    let administrator = stage.world.administrator(COUNTY);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let printed = run(Command::new(python)
        .arg(tests.join("clients/declare.py"))
        .args(["--address", &address(&stage), "--enterprise", &stage.enterprises[&0], "--month", MONTH])
        .arg("--bundle")
        .arg(bundle(&stage))
        .arg("--proto")
        .arg(tests.parent().unwrap().join("proto"))
        .env("REPORTER_TOKEN", small::token(&administrator, "reporter-0").await)
        .env("RESPONSIBLE_TOKEN", small::token(&administrator, "responsible-0").await)
        .env("LEGAL_TOKEN", small::token(&administrator, "legal-0").await)
        .env("PYTHONDONTWRITEBYTECODE", "1"))
    .await;
    println!("{printed}");
    let steps: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let step = |name: &str| steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("no step {name}"));

    assert_eq!(step("shown")["self_inspections"], 1);
    assert_eq!(step("shown")["found"], 0);
    let (filed, again) = (step("filed"), step("filed again"));
    assert_eq!(filed["resource"], format!("{}/declarations/{MONTH}", stage.enterprises[&0]));
    assert_eq!((&filed["sandbox"], &filed["repeated"], &again["repeated"]), (&json!(true), &json!(false), &json!(true)));
    for same in ["resource", "position", "leaf"] {
        assert_eq!(filed[same], again[same]);
    }
    assert_eq!(filed["leaf"].as_str().unwrap().len(), 64);
    assert_eq!(
        *step("kept"),
        json!({ "step": "kept", "state": "DECLARATION_STATE_ON_TIME", "signed": true, "statement": STATEMENT })
    );

    let refused = step("refused");
    assert_eq!((&refused["code"], &refused["reason"]), (&json!("INVALID_ARGUMENT"), &json!("REQUEST_INVALID")));
    let fields: Vec<&str> =
        refused["violations"].as_array().unwrap().iter().map(|each| each["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["parent", "request_id", "on", "inspector", "scope", "responsible", "legal_representative", "paper"]);

    let kept = kept(&stage, 0).await;
    assert_eq!((kept.state(), kept.zero_statement.as_str()), (DeclarationState::OnTime, STATEMENT));
}

/// What a stop means for a client whose library heeds GOAWAY: served, told so, or nobody listens; never anything else.
#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_meets_the_stop_and_every_call_is_answered() {
    let python = client("python/bin/python");
    let mut world = World::baoshan().with_counties(&[COUNTY]).seed(43).start().await.unwrap();
    let target = Target::service(&world, COUNTY).unwrap();
    let bundle = config::service_directory(world.directory(), COUNTY).join("bundle.pem");
    let bystander = Foreign::start(&python, &target, &bundle).await.unwrap();
    world.stop(COUNTY).await.unwrap();
    let fared = bystander.stop().await.unwrap();
    println!("{fared:?}");
    assert!(fared.answered > 0 && fared.broken == 0, "{fared:?}");
}

/// Headers with a token, in a file that only we can read: what stands on a command line can be read by everybody.
fn headers(directory: &Path, account: &str, token: &str) -> String {
    let path = directory.join(format!("{account}.headers"));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    writeln!(file, "authorization: Bearer {token}").unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0);
    format!("@{}", path.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn buf_curl_files_a_declaration_by_reflection() {
    let buf = client("buf/node_modules/.bin/buf");
    let stage = small::frozen(7, 1).await;
    let administrator = stage.world.administrator(COUNTY);
    let directory = stage.world.directory().to_owned();
    let reporter = headers(&directory, "reporter-0", &small::token(&administrator, "reporter-0").await);
    let responsible = headers(&directory, "responsible-0", &small::token(&administrator, "responsible-0").await);
    let legal = headers(&directory, "legal-0", &small::token(&administrator, "legal-0").await);
    let (bundle, address) = (bundle(&stage), address(&stage));
    let curl = |who: &str, method: &str, message: Value| {
        let mut command = Command::new(&buf);
        command
            .args([
                "curl",
                "--protocol",
                "grpc",
                "--reflect-protocol",
                "grpc-v1",
                "--header",
                who,
                "--reflect-header",
                who,
                "--cacert",
            ])
            .arg(&bundle)
            .args(["--data", &message.to_string(), &format!("https://{address}/changxiao.county.v1.{method}")])
            .env("BUF_CACHE_DIR", directory.join("buf-cache"))
            .current_dir(&directory);
        async move { serde_json::from_str::<Value>(&run(&mut command).await).unwrap() }
    };

    let enterprise = &stage.enterprises[&0];
    let name = format!("{enterprise}/declarations/{MONTH}");
    let inspection = json!({
        "parent": enterprise, "requestId": "0b8f1c52-5f2e-4a55-8a1d-5c2b7f0e9a01",
        "on": { "year": 2015, "month": 8, "day": 28 }, "inspector": "测试检查员", "scope": "测试全厂区",
        "responsible": "测试责任人", "legalRepresentative": "测试法定代表人", "paper": "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=",
    });
    curl(&reporter, "SelfInspections/RecordSelfInspection", inspection).await;
    let editing = json!({ "name": name, "requestId": "0b8f1c52-5f2e-4a55-8a1d-5c2b7f0e9a04" });
    curl(&reporter, "Declarations/EditDeclaration", editing).await;
    let shown = curl(&responsible, "Declarations/GetDeclaration", json!({ "name": name })).await;
    assert_eq!(shown["figures"]["selfInspections"], 1);
    let confirming = json!({
        "name": name, "requestId": "0b8f1c52-5f2e-4a55-8a1d-5c2b7f0e9a05", "contentHash": shown["contentHash"],
        "zeroStatement": STATEMENT,
    });
    curl(&responsible, "Declarations/ConfirmDeclaration", confirming).await;
    let shown = curl(&legal, "Declarations/GetDeclaration", json!({ "name": name })).await;
    let hash = &shown["contentHash"];
    let signing = json!({ "name": name, "requestId": "0b8f1c52-5f2e-4a55-8a1d-5c2b7f0e9a02", "contentHash": hash });
    curl(&legal, "Declarations/SignDeclaration", signing).await;
    let filing = json!({
        "name": name, "requestId": "0b8f1c52-5f2e-4a55-8a1d-5c2b7f0e9a03", "contentHash": hash,
    });
    let filed = curl(&reporter, "Declarations/FileDeclaration", filing.clone()).await;
    println!("{filed:#}");
    assert_eq!((&filed["resource"], &filed["sandbox"]), (&json!(name), &json!(true)));
    let again = curl(&reporter, "Declarations/FileDeclaration", filing).await;
    assert_eq!((&again["repeated"], &again["leafHash"]), (&json!(true), &filed["leafHash"]));
    let kept = kept(&stage, 0).await;
    assert_eq!((kept.state(), kept.zero_statement.as_str()), (DeclarationState::OnTime, STATEMENT));
}
