//! Heads known from outside the entries: the guard's, and the one that the parent cosigned. A rewritten history may be sound in
//! itself, but its root differs from theirs.

use sea_orm::EntityTrait;

use super::{Finding, Subject, VerifyFault, Walk};
use crate::{
    facts::witness_row,
    journal::{
        checkpoint,
        guard::{Guard, GuardFault, Signed},
    },
};

/// One head that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    signed: Signed,
    by: String,
}

/// Heads in ascending order of size; and what is wrong with where they are kept, which is said only if the entries are sound.
pub(super) async fn load(subject: Subject<'_>) -> Result<(Vec<Anchor>, Option<Finding>), VerifyFault> {
    let (mut anchors, mut damaged) = (Vec::new(), None);
    match Guard::open(subject.guard) {
        Ok(guard) => anchors.extend(guard.last().map(|signed| Anchor { signed, by: "the guard".to_owned() })),
        Err(fault @ GuardFault::Damaged { .. }) => damaged = Some(Finding::beside(fault.to_string())),
        Err(fault) => return Err(fault.into()),
    }
    for row in witness_row::Entity::find().all(subject.db).await? {
        if row.checkpoint.is_empty() {
            continue;
        }
        match checkpoint::verify(&row.checkpoint, subject.region, subject.key) {
            Ok(head) => {
                anchors.push(Anchor { signed: Signed::from(&head), by: format!("`{}`, which witnessed it,", row.parent) })
            }
            Err(fault) => {
                let what = format!("the head that `{}` witnessed is not signed by this region's key: {fault}", row.parent);
                damaged.get_or_insert(Finding::beside(what));
            }
        }
    }
    anchors.sort_by_key(|anchor| anchor.signed.size);
    Ok((anchors, damaged))
}

impl Anchor {
    pub(super) const fn size(&self) -> u64 {
        self.signed.size
    }

    /// Compares the tree walked so far, which should be the one that was signed. `sound` entries agree with an earlier head.
    pub(super) fn compare(&self, walk: &Walk, sound: u64) -> Option<Finding> {
        let Self { signed, by } = self;
        if walk.size() < signed.size {
            if signed.epoch < walk.epoch() {
                // A later life may begin with a smaller journal: that is what a restored copy does, in the open.
                return None;
            }
            let what = format!(
                "the entries from here on are missing: {} are stored, {} were signed by the word of {by} epoch {}",
                walk.size(),
                signed.size,
                signed.epoch
            );
            return Some(Finding::at(walk.size(), what));
        }
        if walk.root() == signed.root || signed.epoch < walk.epoch() {
            return None;
        }
        let what = format!(
            "an entry from here up to position {} is not the one that was signed: the tree of {} entries has root {}, {by} holds {}",
            signed.size.saturating_sub(1),
            signed.size,
            walk.root(),
            signed.root
        );
        Some(Finding::at(sound, what))
    }

    /// A later life than that of the entries was signed.
    pub(super) fn epoch_after(&self, walk: &Walk) -> Option<Finding> {
        (self.signed.epoch > walk.epoch()).then(|| {
            let what = format!(
                "epoch {} was signed by the word of {}, the entries end in epoch {}",
                self.signed.epoch,
                self.by,
                walk.epoch()
            );
            Finding::at(walk.size(), what)
        })
    }

    /// For the report.
    pub(super) fn line(&self) -> String {
        format!("the first {} entries are those whose root {} holds", self.signed.size, self.by.trim_end_matches(','))
    }
}
