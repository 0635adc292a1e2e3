//! Mistakes in the configuration of a real node: one sentence that names file, key and remedy, another exit code than 0, and all
//! that before any socket opens.
//!
//! Both ports of the configuration are held by this test while the program runs. Had it bound first, it would complain of them.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use changxiao_tests::world::{World, config, programs::Program};
use tokio::{process::Command, time::timeout};

use crate::support::{
    database::{Disk, directory},
    small::COUNTY,
};

/// A program that does not end by itself took the mistake for a configuration.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A copy of a good configuration, to be spoilt.
struct Spoilt<'a> {
    world: &'a World,
    place: PathBuf,
    text: String,
    environment: Vec<(&'static str, String)>,
}

impl Spoilt<'_> {
    /// Replaces something that must be there.
    fn replace(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "{from} is not in\n{}", self.text);
        self.text = self.text.replacen(from, to, 1);
    }

    /// The value of a key, as it stands in its section.
    fn value(&self, section: &str, key: &str) -> String {
        let of_section = self.text.split(&format!("[{section}]")).nth(1).unwrap();
        let line = of_section.lines().find(|line| line.starts_with(key)).unwrap();
        line.split('"').nth(1).unwrap().to_owned()
    }

    /// Lets a key of a section name another file, a copy that may be changed.
    fn copied(&mut self, section: &str, key: &str) -> PathBuf {
        let original = self.value(section, key);
        let copy = self.place.join(format!("{section}-{key}"));
        fs::copy(&original, &copy).unwrap();
        let at = self.text.find(&format!("[{section}]")).unwrap();
        let (before, after) = self.text.split_at(at);
        self.text = format!("{before}{}", after.replacen(&original, &copy.display().to_string(), 1));
        copy
    }

    /// Lets the configuration name a copy of the region's data.
    fn copied_data(&mut self) -> PathBuf {
        let data = self.place.join("data");
        let region = data.join(COUNTY);
        fs::create_dir_all(&region).unwrap();
        for entry in fs::read_dir(directory(self.world, COUNTY)).unwrap() {
            let entry = entry.unwrap();
            // Evidence lies in a directory beside the files.
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), region.join(entry.file_name())).unwrap();
            }
        }
        let original = format!("data_directory = \"{}\"", self.world.directory().join("data").display());
        self.replace(&original, &format!("data_directory = \"{}\"", data.display()));
        region
    }
}

type Spoil = for<'a, 'b> fn(&'a mut Spoilt<'b>);

/// What is wrong, how it comes to be so, and what the sentence must name: the file, the key or the like, and the remedy.
const MISTAKES: &[(&str, Spoil, &[&str])] = &[
    ("no TOML", |it| it.text.push_str("regions = = 1\n"), &["county.toml", "line 25, column 11", "correct it"]),
    ("an unknown key", |it| it.replace("[logging]", "[logging]\ncolour = true"), &["county.toml", "`colour`", "remove it"]),
    (
        "a missing key",
        |it| it.replace("data_directory", "# data_directory"),
        &["county.toml", "`data_directory` is missing", "add it"],
    ),
    (
        "a number for an address",
        |it| {
            let listen = it.value("service", "listen");
            it.replace(&format!("\"{listen}\""), "8443")
        },
        &["county.toml", "`service.listen`", "must be"],
    ),
    ("no region", |it| it.replace("[\"bs-tengchong\"]", "[]"), &["county.toml", "`regions` is empty", "name at least one"]),
    (
        "a region that is a code",
        |it| it.replace("bs-tengchong", "530581"),
        &["county.toml", "`regions`", "530581", "beginning with a letter"],
    ),
    (
        "a region twice",
        |it| it.replace("[\"bs-tengchong\"]", "[\"bs-tengchong\", \"bs-tengchong\"]"),
        &["county.toml", "`regions`", "bs-tengchong", "once"],
    ),
    (
        "a region that the register does not know",
        |it| it.replace("bs-tengchong", "bs-atlantis"),
        &["county.toml", "`regions`", "bs-atlantis", "register"],
    ),
    (
        "a region that was never made",
        |it| {
            let data = it.world.directory().join("data").display().to_string();
            it.replace(&format!("data_directory = \"{data}\""), "data_directory = \"/nowhere\"")
        },
        &["bs-tengchong", "/nowhere/bs-tengchong", "init"],
    ),
    (
        "half an address",
        |it| {
            let listen = it.value("federation", "listen");
            it.replace(&listen, "localhost")
        },
        &["county.toml", "`federation.listen`", "write host and port"],
    ),
    (
        "one port for two",
        |it| {
            let (one, two) = (it.value("federation", "listen"), it.value("service", "listen"));
            it.replace(&two, &one)
        },
        &["county.toml", "`service.listen`", "port of its own"],
    ),
    (
        "no certificate",
        |it| {
            let file = it.value("service", "certificate_file");
            it.replace(&file, "/nowhere/cert.pem")
        },
        &["/nowhere/cert.pem", "does not exist", "issue"],
    ),
    (
        "a certificate that is none",
        |it| {
            let copy = it.copied("federation", "certificate_file");
            fs::write(copy, "certificate").unwrap()
        },
        &["federation-certificate_file", "PEM", "put the certificate there"],
    ),
    (
        "a key that everybody reads",
        |it| {
            let copy = it.copied("service", "key_file");
            fs::set_permissions(copy, fs::Permissions::from_mode(0o644)).unwrap()
        },
        &["service-key_file", "open to other accounts", "chmod 600"],
    ),
    (
        "a key of another certificate",
        |it| {
            let other = it.value("federation", "key_file");
            let copy = it.copied("service", "key_file");
            fs::copy(other, copy).unwrap();
        },
        &["service-key_file", "does not match", "side by side"],
    ),
    (
        "a bundle of no authority",
        |it| {
            let other = it.value("service", "certificate_file");
            let copy = it.copied("federation", "trust_bundle_file");
            fs::copy(other, copy).unwrap();
        },
        &["federation-trust_bundle_file", "not an authority", "authorities only"],
    ),
    (
        "a trust domain in capitals",
        |it| it.replace("changxiao.test", "Changxiao Test"),
        &["county.toml", "`federation.trust_domain`"],
    ),
    (
        "a trust domain of somebody else",
        |it| it.replace("changxiao.test", "elsewhere.example"),
        &["county.toml", "`federation.trust_domain`", "elsewhere.example"],
    ),
    (
        "an identity of another region",
        |it| {
            for key in ["certificate_file", "key_file"] {
                let own = it.value("federation", key);
                let other = own.replace(COUNTY, "bs");
                it.replace(&own, &other);
            }
        },
        &["county.toml", "`federation.certificate_file`", "bs"],
    ),
    (
        "no register",
        |it| {
            let register = config::register(it.world.directory());
            it.replace(&register.display().to_string(), "/nowhere/register.signed")
        },
        &["/nowhere/register.signed", "`register_file`", "must name a file"],
    ),
    (
        "a register that is none",
        |it| {
            let register = config::register(it.world.directory());
            let copy = it.place.join("register");
            fs::write(&copy, b"register").unwrap();
            it.replace(&register.display().to_string(), &copy.display().to_string())
        },
        &["register", "take the register that the province published"],
    ),
    (
        "a register of another publisher",
        |it| it.replace("data/yn/journal.pub", "data/bs/journal.pub"),
        &["register.signed", "not signed by yn", "take the register"],
    ),
    (
        "a publisher's key that is none",
        |it| it.replace("data/yn/journal.pub", "register.signed"),
        &["register.signed", "`register_publisher_key_file`", "64 hexadecimal digits"],
    ),
    (
        "a county that follows",
        |it| it.text.push_str("[follow]\npull_interval_seconds = 1\n"),
        &["county.toml", "`follow`", "remove it"],
    ),
    ("an unknown form of logs", |it| it.replace("\"text\"", "\"xml\""), &["county.toml", "`logging.format`", "xml"]),
    (
        "a filter that is none",
        |it| it.replace("\"info\"", "\"changxiao=loud\""),
        &["county.toml", "`logging.filter`", "write it like"],
    ),
    (
        "the environment",
        |it| it.environment.push(("CHANGXIAO_SERVICE__LISTEN", "everywhere".to_owned())),
        &["county.toml", "`service.listen`", "everywhere", "write host and port"],
    ),
    (
        "an unknown key in the environment",
        |it| it.environment.push(("CHANGXIAO_SERVICE__PORT", "8443".to_owned())),
        &["county.toml", "`port`", "CHANGXIAO", "remove it"],
    ),
    (
        "no journal key",
        |it| {
            let data = it.copied_data();
            fs::remove_file(data.join("journal.key")).unwrap()
        },
        &["journal.key", "put this region's own key back"],
    ),
    (
        "a journal key that is none",
        |it| {
            let data = it.copied_data();
            fs::write(data.join("journal.key"), "key").unwrap()
        },
        &["journal.key", "put this region's own key back"],
    ),
    (
        "the journal of another region",
        |it| {
            let data = it.copied_data();
            fs::copy(directory(it.world, "bs").join("journal.db"), data.join("journal.db")).unwrap();
        },
        &["bs-tengchong", "the database", "use that version"],
    ),
    (
        "a database that is none",
        |it| {
            let data = it.copied_data();
            fs::write(data.join("journal.db"), "database".repeat(1_000)).unwrap()
        },
        &["journal.db", "is not a database"],
    ),
];

/// Runs the node with a file until it ends.
async fn serve(world: &World, file: &Path, environment: &[(&'static str, String)]) -> Option<Output> {
    let mut command = Command::new(world.programs().of(Program::Node));
    command.arg("serve").arg("--config").arg(file).envs(environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    timeout(TIMEOUT, command.spawn().unwrap().wait_with_output()).await.ok().map(Result::unwrap)
}

/// What is wrong with how the program ended, if anything.
fn judge(output: Option<Output>, words: &[&str]) -> Option<String> {
    let Some(output) = output else { return Some("it went on".to_owned()) };
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Some("it ended with code 0".to_owned());
    }
    if told.contains("Address already in use") {
        return Some(format!("it opened a socket first: {told}"));
    }
    if told.trim_end().lines().count() != 1 || !output.stdout.is_empty() {
        return Some(format!("it said more than one sentence: {told}{}", String::from_utf8_lossy(&output.stdout)));
    }
    println!("{}", told.trim_end());
    let missing: Vec<&&str> = words.iter().filter(|word| !told.contains(**word)).collect();
    (!missing.is_empty()).then(|| format!("it does not name {missing:?}: {told}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_told_in_one_sentence_before_any_socket_opens() {
    let mut world = World::baoshan().with_counties(&[COUNTY]).start().await.unwrap();
    world.stop(COUNTY).await.unwrap();
    world.stop("bs").await.unwrap();
    // Copies must not depend on a log beside the database.
    Disk::tamper(&world, COUNTY, &["PRAGMA wal_checkpoint(TRUNCATE)"]).await;
    Disk::tamper(&world, "bs", &["PRAGMA wal_checkpoint(TRUNCATE)"]).await;
    let spot = world.spots().into_iter().find(|spot| spot.region == COUNTY).unwrap();
    let held = [TcpListener::bind(spot.federation).unwrap(), TcpListener::bind(spot.service).unwrap()];

    let mut wrong = Vec::new();
    for (number, (what, spoil, words)) in MISTAKES.iter().enumerate() {
        let place = world.directory().join(format!("mistake-{number}"));
        fs::create_dir(&place).unwrap();
        let text = fs::read_to_string(world.config(COUNTY)).unwrap();
        let mut it = Spoilt { world: &world, place, text, environment: Vec::new() };
        spoil(&mut it);
        let file = it.place.join("county.toml");
        fs::write(&file, &it.text).unwrap();
        wrong.extend(judge(serve(&world, &file, &it.environment).await, words).map(|why| format!("{what}: {why}")));
    }
    let missing = world.directory().join("nowhere.toml");
    wrong.extend(
        judge(serve(&world, &missing, &[]).await, &["nowhere.toml", "no such file", "--config"])
            .map(|why| format!("no file: {why}")),
    );
    println!("{} mistakes", MISTAKES.len() + 1);
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));

    // Only a configuration without a mistake comes as far as the sockets.
    let output = serve(&world, world.config(COUNTY), &[]).await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("`federation.listen`") && told.contains("choose an address"), "{told}");
    drop(held);
}
