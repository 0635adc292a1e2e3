//! Reference tables, checklists and deputies in the book.

use changxiao_domain::{
    checklist::{Checklist, ChecklistId},
    deputy::Deputy,
    event::Event,
    rule_table::{TableKind, Versions},
    serial::Serial,
    stamp::Stamp,
};

use super::{
    chapter::Chapter,
    known::{Known, Needs},
};

/// The chapter.
pub(super) struct Rules;

impl Chapter for Rules {
    fn needs_of(event: &Event, needs: &mut Needs) {
        match event {
            Event::TableAdopted(event) => needs.rule_tables.extend(TableKind::from_id(&event.table)),
            Event::ChecklistPublished(event) => {
                needs.checklists.insert((None, event.checklist.clone()));
            }
            Event::ChecklistAdapted(event) => {
                needs.checklists.insert((Some(event.enterprise), event.checklist.clone()));
            }
            Event::DeputyAuthorised(event) => {
                needs.deputies.insert((event.enterprise, event.account.clone()));
            }
            Event::DeputyRevoked(event) => {
                needs.deputies.insert((event.enterprise, event.account.clone()));
            }
            _ => {}
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        match event {
            Event::TableAdopted(event) => {
                let Some(kind) = TableKind::from_id(&event.table) else { return };
                known.rule_tables.change_or(kind, Versions::default, |versions| versions.apply(event, stamp.at));
            }
            Event::ChecklistPublished(event) => {
                let empty = || empty(None, event.checklist.clone());
                known.checklists.change_or((None, event.checklist.clone()), empty, |list| list.apply_published(event));
            }
            Event::ChecklistAdapted(event) => {
                let owner = Some(event.enterprise);
                let empty = || empty(owner, event.checklist.clone());
                known.checklists.change_or((owner, event.checklist.clone()), empty, |list| list.apply_adapted(event));
            }
            Event::DeputyAuthorised(event) => {
                let value = Deputy {
                    enterprise: event.enterprise,
                    account: event.account.clone(),
                    first: event.first,
                    last: event.last,
                    revoked: false,
                    version: stamp.position,
                };
                known.deputies.put((event.enterprise, event.account.clone()), value);
            }
            Event::DeputyRevoked(event) => known.deputies.change(&(event.enterprise, event.account.clone()), |deputy| {
                deputy.revoked = true;
                deputy.version = stamp.position;
            }),
            _ => {}
        }
    }
}

fn empty(owner: Option<Serial>, id: ChecklistId) -> Checklist {
    Checklist { id, owner, versions: Vec::new() }
}
