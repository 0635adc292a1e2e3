//! `register build`: the first register of a network, signed by the region at its top.
//!
//! It works on files only, before any process serves. Later versions are published over gRPC.

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use changxiao_domain::{period::Month, region::RegionId, register::Register, yunnan};
use changxiao_tier::{
    config::Config,
    journal::checkpoint::{JournalKey, PublicKey},
    region::load_key,
};
use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand};

use crate::app::registers::signed;

/// The register of regions (行政区划登记).
#[derive(Args)]
struct RegisterCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Build and sign the register of Yunnan's 146 regions with the nodes of this network.
    #[command(
        after_help = "Example: register build --config yn.toml --region yn --joined 2015-08 --out register.signed \\\n    \
        --node yn=127.0.0.1:7001,data/yn/journal.pub --node bs=127.0.0.1:7002,data/bs/journal.pub"
    )]
    Build(Build),
}

/// What the register is built from.
#[derive(Args, Clone, Debug)]
pub struct Build {
    /// Configuration of the publishing region; only its data directory is used.
    #[arg(long)]
    config: PathBuf,
    /// Region that publishes: the one at the top, whose journal key signs.
    #[arg(long)]
    region: RegionId,
    /// A region that has a node: id, address of its federation listener, file with its public journal key.
    #[arg(long = "node", value_name = "ID=HOST:PORT,FILE", required = true)]
    nodes: Vec<Node>,
    /// First month that the counties among them report.
    #[arg(long, value_name = "YYYY-MM")]
    joined: Month,
    /// Version of the register.
    #[arg(long, default_value_t = 1)]
    version: u32,
    /// File to write.
    #[arg(long)]
    out: PathBuf,
}

/// One `--node`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Region.
    pub region: RegionId,
    /// Host and port of its federation listener.
    pub address: String,
    /// File with its public journal key.
    pub key_file: PathBuf,
}

impl FromStr for Node {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = || format!("`{text}` must look like bs-tengchong=127.0.0.1:7443,data/bs-tengchong/journal.pub");
        let (region, rest) = text.split_once('=').ok_or_else(shape)?;
        let (address, file) = rest.split_once(',').ok_or_else(shape)?;
        let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() || file.is_empty() {
            return Err(shape());
        }
        let region = region.parse::<RegionId>().map_err(|fault| fault.to_string())?;
        Ok(Self { region, address: address.to_owned(), key_file: file.into() })
    }
}

/// Why no register was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// A file cannot be read or written.
    #[error("{file}: {why}")]
    File {
        /// File.
        file: String,
        /// Cause and remedy.
        why: String,
    },
    /// Named, but not in the register of Yunnan.
    #[error("`--node {region}=…`: there is no such region in the register of Yunnan; ids look like bs or bs-tengchong")]
    UnknownRegion {
        /// Region.
        region: RegionId,
    },
    /// Named twice.
    #[error("`--node {region}=…` is given twice; a region has one node")]
    Twice {
        /// Region.
        region: RegionId,
    },
    /// The publisher is not the one at the top.
    #[error("`--region {region}` lies below another region; only the region at the top publishes the register")]
    NotTop {
        /// Region.
        region: RegionId,
    },
    /// The publisher's own key is missing or another.
    #[error(
        "name the publisher itself with `--node {region}=…` and the journal.pub that `init` made: its key must be in the register"
    )]
    PublisherKey {
        /// Region.
        region: RegionId,
    },
    /// The shipped tables contradict themselves.
    #[error("the register does not hold together: {0}")]
    Register(String),
}

/// A node with its key read.
pub type Named = (RegionId, String, PublicKey);

/// The register of Yunnan with these nodes, every county of which reports from `joined` on.
///
/// # Errors
/// A node is unknown or named twice, or the publisher is not at the top or without its own key.
pub fn build(
    publisher: &RegionId,
    key: &JournalKey,
    nodes: &[Named],
    joined: Month,
    version: u32,
) -> Result<Vec<u8>, BuildFault> {
    let broken = |fault: &dyn std::fmt::Display| BuildFault::Register(fault.to_string());
    let mut regions = yunnan::regions().map_err(|fault| broken(&fault))?;
    for (region, address, key) in nodes {
        let entry = regions.iter_mut().find(|entry| entry.id == *region);
        let entry = entry.ok_or_else(|| BuildFault::UnknownRegion { region: region.clone() })?;
        if entry.journal_key.replace(key.0).is_some() {
            return Err(BuildFault::Twice { region: region.clone() });
        }
        entry.federation_address = Some(address.clone());
        entry.joined = Some(joined);
    }
    let register = Register::new(u64::from(version), regions).map_err(|fault| broken(&fault))?;
    let today = joined.first_day();
    if register.at(publisher, today).is_none_or(|dated| dated.parent.is_some()) {
        return Err(BuildFault::NotTop { region: publisher.clone() });
    }
    if register.journal_key(publisher) != Some(&key.public().0) {
        return Err(BuildFault::PublisherKey { region: publisher.clone() });
    }
    Ok(signed(&register, key))
}

fn public_key(file: &Path) -> Result<PublicKey, BuildFault> {
    let shown = || file.display().to_string();
    let text =
        fs::read_to_string(file).map_err(|error| BuildFault::File { file: shown(), why: format!("{error}; `init` makes it") })?;
    let why = "it must hold 64 hexadecimal digits; take the journal.pub that `init` made".to_owned();
    text.trim().parse().map_err(|_| BuildFault::File { file: shown(), why })
}

/// Builds the register and writes its file.
///
/// # Errors
/// One sentence naming file or flag, and the remedy.
pub fn run(build_of: &Build) -> Result<String, String> {
    let config = Config::load(&build_of.config).map_err(|fault| fault.to_string())?;
    let key = load_key(&config.files(&build_of.region)?).map_err(|fault| fault.to_string())?;
    let nodes = build_of.nodes.iter().map(|node| Ok((node.region.clone(), node.address.clone(), public_key(&node.key_file)?)));
    let nodes = nodes.collect::<Result<Vec<Named>, BuildFault>>().map_err(|fault| fault.to_string())?;
    let bytes = build(&build_of.region, &key, &nodes, build_of.joined, build_of.version).map_err(|fault| fault.to_string())?;
    fs::write(&build_of.out, bytes).map_err(|error| format!("{}: {error}; choose another `--out`", build_of.out.display()))?;
    Ok(format!(
        "register version {} with {} nodes, signed by {}, is in {}",
        build_of.version,
        nodes.len(),
        build_of.region,
        build_of.out.display()
    ))
}

/// The command for the program's tree.
#[must_use]
pub fn command() -> Command {
    RegisterCommand::augment_args(Command::new("register").about("The register of regions (行政区划登记)"))
}

/// Runs what [`command`] parsed.
///
/// # Errors
/// See [`run`].
pub fn matched(matches: &ArgMatches) -> Result<String, String> {
    let RegisterCommand { act: Act::Build(build) } =
        RegisterCommand::from_arg_matches(matches).map_err(|error| error.to_string())?;
    run(&build)
}

#[cfg(test)]
mod tests {
    use changxiao_proto::convert::register::{REGISTER_TAG, decode, unseal};

    use super::*;

    fn key(seed: u8) -> JournalKey {
        JournalKey::from_file(&[seed; 32]).unwrap()
    }

    fn named(region: &str, seed: u8) -> Named {
        (region.parse().unwrap(), "127.0.0.1:7001".to_owned(), key(seed).public())
    }

    fn month() -> Month {
        Month::new(2015, 8).unwrap()
    }

    #[test]
    fn the_register_holds_all_146_regions_and_is_signed_by_the_province() {
        let yn = "yn".parse().unwrap();
        let sealed = build(&yn, &key(1), &[named("yn", 1), named("bs", 2), named("bs-tengchong", 3)], month(), 1).unwrap();
        let (bytes, signature) = unseal(&sealed).unwrap();
        assert!(key(1).public().verify_statement(REGISTER_TAG, &bytes, &signature));
        let register = decode(&bytes).unwrap();
        assert_eq!((register.version(), register.len()), (1, 146));
        let tengchong = register.region(&"bs-tengchong".parse().unwrap()).unwrap();
        assert_eq!(tengchong.journal_key, Some(key(3).public().0));
        assert_eq!(tengchong.federation_address.as_deref(), Some("127.0.0.1:7001"));
        assert_eq!(register.expected(&yn, month()).len(), 1, "one county has joined");
    }

    #[test]
    fn mistakes_are_named() {
        let yn: RegionId = "yn".parse().unwrap();
        let check = |publisher: &str, nodes: &[Named], wanted: &str| {
            let refused = build(&publisher.parse().unwrap(), &key(1), nodes, month(), 1).unwrap_err().to_string();
            assert!(refused.contains(wanted), "{refused}");
        };
        check("yn", &[named("yn", 1), named("atlantis", 2)], "no such region");
        check("yn", &[named("yn", 1), named("bs", 2), named("bs", 2)], "given twice");
        check("bs", &[named("yn", 1), named("bs", 1)], "lies below another");
        check("yn", &[named("bs", 2)], "must be in the register");
        check("yn", &[named("yn", 9)], "must be in the register");
        assert!(build(&yn, &key(1), &[named("yn", 1)], month(), 1).is_ok());
    }

    #[test]
    fn a_node_is_written_as_id_address_and_file() {
        let node: Node = "bs-tengchong=127.0.0.1:7443,data/x/journal.pub".parse().unwrap();
        assert_eq!((node.region.as_str(), node.address.as_str()), ("bs-tengchong", "127.0.0.1:7443"));
        for bad in ["", "bs", "bs=127.0.0.1:7443", "bs=127.0.0.1,x", "bs=:1,x", "BS=127.0.0.1:1,x", "bs=a:70000,x", "bs=a:1,"] {
            assert!(bad.parse::<Node>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_command_parses() {
        let words =
            ["register", "build", "--config", "c", "--region", "yn", "--node", "yn=a:1,k", "--joined", "2015-08", "--out", "o"];
        command().debug_assert();
        assert!(command().try_get_matches_from(words).is_ok());
    }
}
