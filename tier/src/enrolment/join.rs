//! One round of asking: send the request unless it arrived before, hear what became of it, take what was issued.

use std::path::Path;

use changxiao_domain::region::RegionId;
use changxiao_proto::{
    convert::{
        enrolment::Answer,
        register::{REGISTER_TAG, decode, unseal},
    },
    enrolment::v1::EnrolmentState,
};

use super::{Fault, answer::Believed, child::Child, files, parent::Known, request};
use crate::journal::checkpoint::PublicKey;

/// What a round came to.
#[derive(Debug)]
pub enum Outcome {
    /// The identity is on disk.
    Installed(Box<Answer>),
    /// The region above has not decided.
    Waits,
}

/// One round. A request that waits on disk is taken up again, so an interrupted command goes on where it stopped.
///
/// # Errors
/// The region above refuses or does not answer, or the answer is not to be believed.
pub async fn settle_with(child: &Child, parent: &mut Known, code: String, believed: &Believed) -> Result<Outcome, Fault> {
    let sealed = match files::pending(&child.paths)? {
        Some(sealed) => sealed,
        None => child.ask()?,
    };
    let digest = request::digest(&sealed);
    let known = match parent.collect(&digest).await {
        Err(Fault::Refused { reason, .. }) if reason == "ENROLMENT_NOT_FOUND" => {
            if let Err(fault) = parent.enrol(code, sealed).await {
                // What was refused is not to be sent again; what did not arrive is.
                if matches!(fault, Fault::Refused { .. }) {
                    files::forget(&child.paths)?;
                }
                return Err(fault);
            }
            parent.collect(&digest).await?
        }
        other => other?,
    };
    match known.state() {
        EnrolmentState::Requested | EnrolmentState::Unspecified => Ok(Outcome::Waits),
        EnrolmentState::Approved => {
            let answer = known.answer.ok_or_else(|| Fault::AnswerInvalid("it is empty".to_owned()))?;
            Ok(Outcome::Installed(Box::new(child.take(&answer, digest, believed.clone())?)))
        }
        EnrolmentState::Refused => {
            files::forget(&child.paths)?;
            Err(Fault::Declined { parent: child.parent.clone(), why: known.reason })
        }
        EnrolmentState::Superseded => {
            files::forget(&child.paths)?;
            Err(Fault::Superseded)
        }
    }
}

/// Where the register lies and by whose key it is believed, as the configuration says.
#[derive(Clone, Copy, Debug)]
pub struct RegisterFiles<'a> {
    /// The signed register.
    pub register: &'a Path,
    /// Region that signs it.
    pub publisher: &'a RegionId,
    /// Its public key.
    pub key: &'a Path,
}

/// Writes the register and its signer's key where they are missing. A key that is there already must be the same.
///
/// # Errors
/// The answer names another signer or key than this machine believes, or a file cannot be written.
pub fn keep_register(answer: &Answer, files: RegisterFiles<'_>) -> Result<(), Fault> {
    if answer.publisher != *files.publisher {
        return Err(Fault::Configuration(format!(
            "`register_publisher` is {}, and the region above says that {} signs the register; correct it",
            files.publisher, answer.publisher
        )));
    }
    let key = PublicKey(answer.publisher_key);
    if files.key.exists() {
        let held = std::fs::read_to_string(files.key).map_err(|error| Fault::file(files.key, error))?;
        if held.trim() != key.to_string() {
            let why = format!("it holds another key of {} than the region above; find out which is right", answer.publisher);
            return Err(Fault::file(files.key, why));
        }
    }
    let (bytes, signature) = unseal(&answer.signed_register).map_err(|fault| Fault::AnswerInvalid(fault.to_string()))?;
    if !key.verify_statement(REGISTER_TAG, &bytes, &signature) {
        return Err(Fault::AnswerInvalid(format!("its register is not signed by {}", answer.publisher)));
    }
    decode(&bytes).map_err(|fault| Fault::AnswerInvalid(fault.to_string()))?;
    if !files.key.exists() {
        super::files::write_whole(files.key, format!("{key}\n").as_bytes(), 0o644)?;
    }
    if !files.register.exists() {
        super::files::write_whole(files.register, &answer.signed_register, 0o644)?;
    }
    Ok(())
}
