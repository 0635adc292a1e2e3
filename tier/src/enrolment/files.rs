//! The files of an identity while it is being replaced: the new key waits beside the old one, and what was interrupted is finished.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use changxiao_proto::enrolment::v1::SignedEnrolmentRequest;
use prost::Message as _;
use rustls::pki_types::CertificateDer;

use super::Fault;
use crate::identity::{
    ca::pem,
    files::{Paths, pair_fits},
    key::KeyText,
};

/// Where the new key waits for its certificate.
#[must_use]
pub fn next_key(paths: &Paths) -> PathBuf {
    beside(&paths.key, "next")
}

/// Where the request lies that waits for an answer.
#[must_use]
pub fn pending_request(paths: &Paths) -> PathBuf {
    beside(&paths.key, "request")
}

fn beside(path: &Path, with: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(with);
    path.with_file_name(name)
}

/// Writes a file whole or not at all.
///
/// # Errors
/// The system refuses.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Fault> {
    let fault = |error: std::io::Error| Fault::file(path, error);
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(fault)?;
    }
    let new = beside(path, "new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(fault(error)),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&new, path).map_err(fault)?;
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(fault)
}

/// Puts a new key, mode 0600, beside the one in use.
///
/// # Errors
/// The system refuses.
pub fn keep_key(paths: &Paths, key: &KeyText) -> Result<(), Fault> {
    write_whole(&next_key(paths), key.as_bytes(), 0o600)
}

/// Keeps the request that waits for an answer.
///
/// # Errors
/// The system refuses.
pub fn keep_request(paths: &Paths, request: &SignedEnrolmentRequest) -> Result<(), Fault> {
    write_whole(&pending_request(paths), &request.encode_to_vec(), 0o600)
}

/// The request that waits for an answer, if its key is there too.
///
/// # Errors
/// The file is there and cannot be read.
pub fn pending(paths: &Paths) -> Result<Option<SignedEnrolmentRequest>, Fault> {
    let file = pending_request(paths);
    if !file.exists() || !next_key(paths).exists() {
        return Ok(None);
    }
    let bytes = fs::read(&file).map_err(|error| Fault::file(&file, error))?;
    let request = SignedEnrolmentRequest::decode(bytes.as_slice());
    request.map(Some).map_err(|error| Fault::file(&file, format!("{error}; remove it and run the command again")))
}

/// Forgets a request that came to nothing.
///
/// # Errors
/// The system refuses.
pub fn forget(paths: &Paths) -> Result<(), Fault> {
    for file in [pending_request(paths), next_key(paths)] {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Fault::file(&file, error)),
            _ => {}
        }
    }
    Ok(())
}

/// Takes certificates into use whose key waits: bundle, certificate, key, each whole. A running program looks at the files every second
/// and takes the set when it fits; [`settle`] finishes what was interrupted.
///
/// # Errors
/// The key does not fit the certificate, or the system refuses.
pub fn install(paths: &Paths, chain: &[CertificateDer<'static>], bundle: &[CertificateDer<'static>]) -> Result<(), Fault> {
    let next = next_key(paths);
    if !pair_fits(&next, chain)? {
        return Err(Fault::AnswerInvalid("its certificate is for another key".to_owned()));
    }
    let text = |certificates: &[CertificateDer<'static>]| certificates.iter().map(pem).collect::<String>();
    write_whole(&paths.bundle, text(bundle).as_bytes(), 0o644)?;
    write_whole(&paths.chain, text(chain).as_bytes(), 0o644)?;
    fs::rename(&next, &paths.key).map_err(|error| Fault::file(&next, error))?;
    let request = pending_request(paths);
    match fs::remove_file(&request) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Fault::file(&request, error)),
        _ => Ok(()),
    }
}

/// Finishes a replacement that was interrupted between certificate and key. Says whether there was one.
///
/// # Errors
/// The system refuses.
pub fn settle(paths: &Paths) -> Result<bool, Fault> {
    let next = next_key(paths);
    let Ok(chain) = crate::identity::files::certificates(&paths.chain) else { return Ok(false) };
    if !next.exists() || !pair_fits(&next, &chain)? {
        return Ok(false);
    }
    fs::rename(&next, &paths.key).map_err(|error| Fault::file(&next, error))?;
    Ok(true)
}
