//! The witness rule: a child's journal may only grow, and only within the epoch that was admitted.

use super::{Authority, Judge};
use crate::journal::merkle::{ProofError, verify_consistency};
use crate::protocol::delivery::Head;
use crate::protocol::held::{HeldLink, Witness};
use crate::protocol::refused::{Fault, Refused};
use crate::protocol::word;

impl<A: Authority> Judge<'_, A> {
    /// Judges the head of a pull against what was witnessed last: signature, epoch, growth.
    ///
    /// # Errors
    /// [`Refused`], with both notes as evidence where the two heads contradict each other.
    pub fn head(&self, link: &HeldLink, head: &Head) -> Result<Witness, Refused> {
        let key = self.key(&link.child)?;
        let offered = word::signed_head(&head.checkpoint, &link.child, &key)
            .map_err(|detail| Refused::quarantine(Fault::CheckpointInvalid { region: link.child.to_string(), detail }))?;
        if offered.epoch != head.epoch {
            let detail = format!("it speaks of epoch {}, the head of {}", offered.epoch, head.epoch);
            return Err(Refused::quarantine(Fault::CheckpointInvalid { region: link.child.to_string(), detail }));
        }
        let Some(witnessed) = &link.witnessed else {
            return Ok(offered);
        };
        if offered.epoch < witnessed.epoch {
            let fault = Fault::EpochWentBack { admitted: witnessed.epoch, offered: offered.epoch };
            return Err(against(witnessed, &offered, fault));
        }
        if offered.epoch > witnessed.epoch {
            return if link.admitted == Some(offered.epoch) {
                Ok(offered)
            } else {
                let fault = Fault::EpochChanged { admitted: witnessed.epoch, offered: offered.epoch };
                Err(Refused::quarantine(fault))
            };
        }
        if self.controls.skip_proof {
            return Ok(offered);
        }
        match verify_consistency(witnessed.size, offered.size, &witnessed.root, &offered.root, &head.consistency) {
            Ok(()) => Ok(offered),
            Err(error) => Err(against(witnessed, &offered, inconsistent(witnessed, &offered, &error))),
        }
    }
}

/// What a failed consistency proof says about two heads of one epoch.
fn inconsistent(witnessed: &Witness, offered: &Witness, error: &ProofError) -> Fault {
    if offered.size < witnessed.size {
        Fault::JournalShrank { witnessed: witnessed.size, offered: offered.size }
    } else if offered.size == witnessed.size {
        Fault::JournalForked { size: offered.size }
    } else {
        Fault::JournalInconsistent { witnessed: witnessed.size, offered: offered.size, detail: error.to_string() }
    }
}

/// A quarantine that keeps both notes.
pub(super) fn against(witnessed: &Witness, offered: &Witness, fault: Fault) -> Refused {
    Refused { evidence: Some(Box::new((witnessed.note.clone(), offered.note.clone()))), ..Refused::quarantine(fault) }
}
