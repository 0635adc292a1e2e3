//! `files upload`, `files download` and `files template`: what would otherwise be many calls with pieces.
//!
//! The request id of an upload follows from the content, so that the same command, given again after a break, goes on where it
//! stopped. A download goes on from the bytes that lie in `FILE.part`, and is compared with the digest in the file's name.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::Arc,
};

use changxiao_proto::county::v1::{self as pb, files_client::FilesClient, imports_client::ImportsClient};
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use rustls::time_provider::TimeProvider;
use sha2::{Digest as _, Sha256};
use tonic::{Request, transport::Channel};

use super::{
    Terminal, connect, exchange,
    fault::Fault,
    finish, render,
    settings::{self, Output, Settings},
    surface::Program,
};

/// Answers of at most one piece.
const ANSWER_BYTES_MAX: usize = 2 << 20;

/// The subcommand, for programs that serve files.
#[must_use]
pub fn command(program: &Program) -> Option<Command> {
    let parent =
        || Arg::new("parent").long("parent").value_name("NAME").required(true).help("Region, such as regions/bs-tengchong");
    let purpose = Arg::new("purpose").long("purpose").value_name("PURPOSE").required(true).help("What it is for");
    let kinds = PossibleValuesParser::new(["catalogue", "hazards", "self-inspections"]);
    let path = |name: &'static str, help: &'static str| Arg::new(name).long(name).value_name("FILE").required(true).help(help);
    let name = program.name;
    let upload = Command::new("upload")
        .about("Sends a file in pieces; given again after a break it goes on where it stopped (上传)")
        .after_help(format!("Example:\n  {name} files upload --parent regions/bs-tengchong --purpose evidence --file before.jpg"))
        .args([parent(), purpose.value_parser(PossibleValuesParser::new(["evidence", "import"])), path("file", "File to send")]);
    let download = Command::new("download")
        .about("Fetches a file in pieces and compares it with its SHA-256 (下载)")
        .after_help(format!("Example:\n  {name} files download --name regions/bs-tengchong/files/0f1e… --out returned.xlsx"))
        .args([
            Arg::new("name").long("name").value_name("NAME").required(true).help("File, as an upload, import or export names it"),
            path("out", "Where to write it"),
        ]);
    let template = Command::new("template")
        .about("Fetches the workbook to fill in for an import (导入模板)")
        .after_help(format!(
            "Example:\n  {name} files template --parent regions/bs-tengchong --kind catalogue --out catalogue.xlsx"
        ))
        .args([
            parent(),
            Arg::new("kind").long("kind").value_name("KIND").required(true).value_parser(kinds).help("What the sheet holds"),
            path("out", "Where to write it"),
        ]);
    program.packages.contains(&"county").then(|| {
        Command::new("files")
            .about("Sends and fetches files of a running server")
            .subcommand_required(true)
            .disable_help_subcommand(true)
            .arg_required_else_help(true)
            .args(settings::arguments())
            .subcommands([upload, download, template])
    })
}

/// Runs what [`command`] parsed and returns the exit code.
pub async fn run(
    program: &Program,
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    time: Arc<dyn TimeProvider>,
    mut terminal: Terminal<'_>,
) -> u8 {
    let _ = program;
    let language = settings::language(matches, environment);
    let outcome = carry_out(matches, environment, time, &mut terminal).await;
    finish(outcome, language, &mut terminal)
}

async fn carry_out(
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    time: Arc<dyn TimeProvider>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Fault> {
    let settings = Settings::read(matches, environment)?;
    let line =
        Line { channel: connect::dial(&settings, time)?, caller: exchange::Caller::new(&settings, true)?, settings: &settings };
    let told = match matches.subcommand() {
        Some(("upload", flags)) => line.upload(flags).await?,
        Some(("download", flags)) => line.download(flags).await?,
        Some(("template", flags)) => line.template(flags).await?,
        _ => return Err(Fault::NoMethod),
    };
    terminal.output.write_all(told.as_bytes()).and_then(|()| terminal.output.flush()).map_err(Fault::Write)
}

struct Line<'a> {
    channel: Channel,
    caller: exchange::Caller,
    settings: &'a Settings,
}

fn flag<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

fn unusable(path: &str, why: impl std::fmt::Display) -> Fault {
    Fault::File { path: path.to_owned(), why: why.to_string() }
}

/// SHA-256 and length of a file, read in pieces.
fn measure(path: &str) -> Result<([u8; 32], u64), Fault> {
    let mut file = fs::File::open(path).map_err(|why| unusable(path, why))?;
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0_u64, vec![0; 64 * 1_024]);
    loop {
        let read = file.read(&mut buffer).map_err(|why| unusable(path, why))?;
        if read == 0 {
            return Ok((hasher.finalize().into(), size));
        }
        hasher.update(&buffer[..read]);
        size += u64::try_from(read).unwrap_or(0);
    }
}

/// A UUID that follows from what is sent, in the form of a random one.
fn request_id(digest: &[u8; 32], purpose: &str, file_name: &str) -> String {
    let hash = Sha256::new().chain_update(digest).chain_update(purpose).chain_update(file_name).finalize();
    let mut hex: Vec<char> = hash.iter().take(16).flat_map(|byte| format!("{byte:02x}").chars().collect::<Vec<_>>()).collect();
    (hex[12], hex[16]) = ('4', '8');
    let part = |from: usize, to: usize| hex[from..to].iter().collect::<String>();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

impl Line<'_> {
    fn ask<T>(&self, message: T) -> Request<T> {
        self.caller.request(message)
    }

    fn refused(&self, status: tonic::Status) -> Fault {
        Fault::of_status(status).during(self.settings.server.as_deref(), None)
    }

    fn files(&self) -> FilesClient<Channel> {
        FilesClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// An answer as every other command prints it.
    fn printed(&self, name: &str, message: &impl Message) -> Result<String, Fault> {
        let pool = DescriptorPool::decode(changxiao_proto::DESCRIPTORS)?;
        let Some(descriptor) = pool.get_message_by_name(name) else { return Err(Fault::NoMethod) };
        let shown = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice());
        let shown = shown.map_err(|why| Fault::Json { message: name.to_owned(), why: why.to_string() })?;
        match self.settings.output {
            Output::Table => Ok(render::table(&shown, None)),
            Output::Json => render::json(&shown, None),
        }
    }

    async fn upload(&self, flags: &ArgMatches) -> Result<String, Fault> {
        let path = flag(flags, "file");
        let (digest, size) = measure(path)?;
        let purpose = if flag(flags, "purpose") == "import" { pb::UploadPurpose::Import } else { pb::UploadPurpose::Evidence };
        let file_name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let begin = pb::BeginUploadRequest {
            parent: flag(flags, "parent").to_owned(),
            request_id: request_id(&digest, flag(flags, "purpose"), &file_name),
            size,
            sha256: digest.to_vec().into(),
            media_type: String::new(),
            purpose: purpose.into(),
            file_name,
        };
        let mut files = self.files();
        let begun = files.begin_upload(self.ask(begin)).await.map_err(|status| self.refused(status))?.into_inner();
        let upload = begun.upload.unwrap_or_default();
        let mut file = fs::File::open(path).map_err(|why| unusable(path, why))?;
        let mut offset = upload.received;
        while offset < size {
            file.seek(SeekFrom::Start(offset)).map_err(|why| unusable(path, why))?;
            let mut data = Vec::new();
            let piece = std::io::Read::by_ref(&mut file).take(begun.chunk_bytes_max.into());
            { piece }.read_to_end(&mut data).map_err(|why| unusable(path, why))?;
            if data.is_empty() {
                return Err(unusable(path, "it became shorter while it was sent"));
            }
            let chunk = pb::WriteChunkRequest { name: upload.name.clone(), offset, data: data.into() };
            offset = files.write_chunk(self.ask(chunk)).await.map_err(|status| self.refused(status))?.into_inner().received;
        }
        let done = pb::FinishUploadRequest { name: upload.name };
        let done = files.finish_upload(self.ask(done)).await.map_err(|status| self.refused(status))?.into_inner();
        self.printed("changxiao.county.v1.Upload", &done.upload.unwrap_or_default())
    }

    async fn download(&self, flags: &ArgMatches) -> Result<String, Fault> {
        let (name, out) = (flag(flags, "name"), flag(flags, "out"));
        let part = format!("{out}.part");
        let failed = |why: std::io::Error| unusable(&part, why);
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&part).map_err(failed)?;
        let mut offset = file.metadata().map_err(failed)?.len();
        let mut files = self.files();
        loop {
            let ask = pb::ReadFileRequest { name: name.to_owned(), offset, most_bytes: 0 };
            let piece = files.read_file(self.ask(ask)).await.map_err(|status| self.refused(status))?.into_inner();
            file.write_all(&piece.data).map_err(failed)?;
            offset += u64::try_from(piece.data.len()).unwrap_or(0);
            if offset >= piece.size || piece.data.is_empty() {
                break;
            }
        }
        file.sync_all().map_err(failed)?;
        let (digest, size) = measure(&part)?;
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        if !name.ends_with(&hex) {
            let _ = fs::remove_file(&part);
            return Err(unusable(out, "what was fetched does not have the SHA-256 in the file's name; fetch it again"));
        }
        fs::rename(&part, out).map_err(|why| unusable(out, why))?;
        Ok(format!("{out}: {size} bytes, sha256 {hex}\n"))
    }

    async fn template(&self, flags: &ArgMatches) -> Result<String, Fault> {
        let kind = match flag(flags, "kind") {
            "catalogue" => pb::ImportKind::Catalogue,
            "hazards" => pb::ImportKind::Hazards,
            _ => pb::ImportKind::SelfInspections,
        };
        let ask = pb::GetTemplateRequest { parent: flag(flags, "parent").to_owned(), kind: kind.into() };
        let mut imports = ImportsClient::new(self.channel.clone());
        let answer = imports.get_template(self.ask(ask)).await.map_err(|status| self.refused(status))?.into_inner();
        let out = flag(flags, "out");
        fs::write(out, &answer.workbook).map_err(|why| unusable(out, why))?;
        Ok(format!("{out}: {} bytes\n", answer.workbook.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_follows_from_the_content_and_looks_like_any_other() {
        let id = request_id(&[7; 32], "evidence", "a.jpg");
        assert_eq!(id, request_id(&[7; 32], "evidence", "a.jpg"));
        assert_ne!(id, request_id(&[8; 32], "evidence", "a.jpg"));
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
    }
}
