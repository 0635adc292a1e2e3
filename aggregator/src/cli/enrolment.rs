//! `enrolment approve --file`: a request that was carried here becomes an answer that can be carried back, in one command.
//!
//! It calls the running program, as `call` does, so the decision is that of an account and lies in the journal. `authority` prints
//! the fingerprint that the region needs beside its answer.

use std::{
    fs,
    path::{Path, PathBuf},
};

use changxiao_domain::enrolment::grouped;
use changxiao_proto::enrolment::v1::{
    CollectRequest, DecideEnrolmentRequest, DescribeAuthorityRequest, SignedEnrolmentRequest, TakeRequestRequest,
    enrolment_client::EnrolmentClient, enrolment_desk_client::EnrolmentDeskClient,
};
use changxiao_tier::{
    channel::tls::real_time,
    client::{Connection, connection_flags, told},
    enrolment::{code::fingerprint, files::write_whole, request},
    identity::Leaf,
    program::Machine,
};
use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand};
use prost::Message as _;
use ring::rand::SecureRandom;
use rustls::pki_types::CertificateDer;

#[derive(Args)]
struct EnrolmentCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Take in a request file, approve it after its fingerprint was compared, and write the answer file.
    #[command(
        after_help = "Example: enrolment approve --file tengchong.request --fingerprint '9b1f 03c2 …' --out tengchong.answer"
    )]
    Approve(Approve),
    /// Say whom and what a request file is from, without calling anybody.
    #[command(after_help = "Example: enrolment show --file tengchong.request")]
    Show(Show),
}

/// What is approved.
#[derive(Args, Clone, Debug)]
pub struct Approve {
    /// Request file.
    #[arg(long)]
    file: PathBuf,
    /// Fingerprint of its journal key as the region itself told it; blanks do not matter.
    #[arg(long)]
    fingerprint: String,
    /// Answer file to write.
    #[arg(long)]
    out: PathBuf,
}

/// What is shown.
#[derive(Args, Clone, Debug)]
pub struct Show {
    /// Request file.
    #[arg(long)]
    file: PathBuf,
}

fn read(file: &Path) -> Result<SignedEnrolmentRequest, String> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    SignedEnrolmentRequest::decode(bytes.as_slice())
        .map_err(|error| format!("{}: it is no request file: {error}", file.display()))
}

fn show(file: &Path) -> Result<String, String> {
    let asked = request::open(&read(file)?).map_err(|refusal| format!("{}: {refusal}", file.display()))?;
    let key = changxiao_tier::journal::checkpoint::PublicKey(asked.journal_key);
    Ok(format!(
        "{} asks {} for an identity\naddress      {}\nfingerprint  {}\nhear the fingerprint from the region itself before you approve",
        asked.region,
        asked.parent,
        asked.federation_address,
        grouped(&key.fingerprint())
    ))
}

/// A UUID of version 4.
fn request_id(machine: &Machine) -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    let random: &dyn SecureRandom = &*machine.random;
    random.fill(&mut bytes).map_err(|_| "this machine gives no randomness".to_owned())?;
    (bytes[6], bytes[8]) = (bytes[6] & 0x0f | 0x40, bytes[8] & 0x3f | 0x80);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

async fn approve(approve: &Approve, matches: &ArgMatches, machine: &Machine) -> Result<String, String> {
    let sealed = read(&approve.file)?;
    let asked = request::open(&sealed).map_err(|refusal| format!("{}: {refusal}", approve.file.display()))?;
    let connection = Connection::open(matches, &machine.environment, real_time()).map_err(|fault| told(&fault))?;
    let parent = format!("regions/{}", asked.parent);
    let mut desk = EnrolmentDeskClient::new(connection.channel.clone());
    let message = TakeRequestRequest {
        parent: parent.clone(),
        request_id: request_id(machine)?,
        validate_only: false,
        request: Some(sealed),
    };
    let taken = desk.take_request(connection.request(message)).await;
    let taken = taken.map_err(|status| connection.told(status))?.into_inner();
    let message = DecideEnrolmentRequest {
        name: taken.name.clone(),
        request_id: request_id(machine)?,
        approve: true,
        fingerprint: approve.fingerprint.clone(),
        ..DecideEnrolmentRequest::default()
    };
    desk.decide_enrolment(connection.request(message)).await.map_err(|status| connection.told(status))?;
    let mut enrolment = EnrolmentClient::new(connection.channel.clone());
    let message = CollectRequest { parent: parent.clone(), request_digest: taken.request_digest };
    let answer = enrolment.collect(connection.request(message)).await.map_err(|status| connection.told(status))?;
    let answer = answer.into_inner().answer.ok_or("the program gave no answer")?;
    write_whole(&approve.out, &answer.encode_to_vec(), 0o644).map_err(|fault| fault.told())?;
    let about = enrolment.describe_authority(connection.request(DescribeAuthorityRequest { parent })).await;
    let about = about.map_err(|status| connection.told(status))?.into_inner();
    let roots: Vec<CertificateDer<'static>> = about.bundle.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
    let mut words = format!("{} is approved as {}; the answer is in {}\n", taken.region, taken.name, approve.out.display());
    for root in &roots {
        let subject = Leaf::read(root).map_or_else(|_| "an authority".to_owned(), |leaf| leaf.subject);
        words.push_str(&format!(
            "carry it back, and read this fingerprint of {subject} out:\n  {}\n",
            grouped(&fingerprint(root).to_string())
        ));
    }
    Ok(words)
}

/// The command for the program's tree.
#[must_use]
pub fn command() -> Command {
    let command = EnrolmentCommand::augment_args(Command::new("enrolment").about("Enrolment of regions below (入网登记)"));
    command.mut_subcommand("approve", |approve| approve.args(connection_flags()))
}

/// Runs what [`command`] parsed.
///
/// # Errors
/// One sentence naming file or flag, and the remedy.
pub async fn matched(matches: &ArgMatches, machine: &Machine) -> Result<String, String> {
    let EnrolmentCommand { act } = EnrolmentCommand::from_arg_matches(matches).map_err(|error| error.to_string())?;
    match (act, matches.subcommand()) {
        (Act::Approve(asked), Some((_, flags))) => approve(&asked, flags, machine).await,
        (Act::Show(asked), _) => show(&asked.file),
        (Act::Approve(_), None) => Err("name a command; --help lists them".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_parses() {
        command().debug_assert();
        let words = ["enrolment", "approve", "--file", "a", "--fingerprint", "b", "--out", "c", "--server", "localhost:1"];
        assert!(command().try_get_matches_from(words).is_ok());
    }
}
