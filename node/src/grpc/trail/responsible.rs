//! Who did what to a hazard or a dossier, when, in what role and in whose name (责任倒查).

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{dossier::Dossier, hazard::Hazard, personal::Personal, serial::Serial};
use changxiao_proto::county::v1::{Responsible, TraceResponsibilityResponse};
use changxiao_tier::{
    accounts::account_row,
    fault::Fault,
    journal::{
        entry::Header,
        store::{entry_row, unsigned},
    },
};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    grpc::pages::record,
    store::{dossiers, hazards},
};

/// A hazard as it was first found and everything that it became: the general hazard and the dossiers around it.
#[derive(Default)]
pub(super) struct Life {
    hazards: Vec<Hazard>,
    dossiers: Vec<Dossier>,
}

impl Life {
    /// The life around one record: what it was upgraded to or from, or downgraded to or from.
    pub(super) async fn around(db: &DatabaseConnection, serial: Serial, of_dossier: bool) -> Result<Self, Fault> {
        let (mut life, mut seen) = (Self::default(), BTreeSet::new());
        let mut wanted = vec![(serial, of_dossier)];
        while let Some((serial, of_dossier)) = wanted.pop() {
            if !seen.insert((serial, of_dossier)) {
                continue;
            }
            if of_dossier {
                let Some(dossier) = record::<dossiers::Entity, _>(db, serial, dossiers::from_row).await? else { continue };
                wanted.extend(dossier.upgraded_from.into_iter().chain(dossier.hazard).map(|serial| (serial, false)));
                life.dossiers.push(dossier);
            } else {
                let Some(hazard) = record::<hazards::Entity, _>(db, serial, hazards::from_row).await? else { continue };
                wanted.extend(hazard.dossier.into_iter().chain(hazard.downgraded_from).map(|serial| (serial, true)));
                life.hazards.push(hazard);
            }
        }
        Ok(life)
    }

    /// Whether there is no such record.
    pub(super) const fn is_empty(&self) -> bool {
        self.hazards.is_empty() && self.dossiers.is_empty()
    }

    fn subjects(&self) -> Vec<String> {
        let hazards = self.hazards.iter().map(|hazard| format!("hazards/{}", hazard.serial));
        hazards.chain(self.dossiers.iter().map(|dossier| format!("dossiers/{}", dossier.serial))).collect()
    }

    /// Persons that the records themselves name, by what they answer for.
    fn named(&self) -> Vec<String> {
        let mut named = Vec::new();
        let mut name = |post: &str, person: &Personal| {
            if !person.shown().is_empty() {
                named.push(format!("{post} {}", person.shown()));
            }
        };
        for hazard in &self.hazards {
            name("发现人", &hazard.finder);
            if let Some(duties) = &hazard.duties {
                name("整改责任人", &duties.rectifier);
                name("复查责任人", &duties.reinspector);
                name("验收责任人", &duties.acceptor);
                name("销号责任人", &duties.closer);
            }
        }
        for notice in self.dossiers.iter().filter_map(|dossier| dossier.notice.as_ref()) {
            name("挂牌签发人", &notice.signer);
            name("挂牌签收人", &notice.receiver);
        }
        named
    }
}

/// Every act in the life of a hazard, in the order of the journal.
pub(super) async fn trace(db: &DatabaseConnection, life: &Life) -> Result<TraceResponsibilityResponse, Fault> {
    let rows = entry_row::Entity::find()
        .filter(entry_row::Column::Subject.is_in(life.subjects()))
        .order_by_asc(entry_row::Column::Position)
        .all(db)
        .await?;
    let actors: Vec<String> =
        rows.iter().map(|row| Header::decode(&row.header).map(|header| header.actor).unwrap_or_default()).collect();
    let accounts: BTreeMap<String, account_row::Model> = account_row::Entity::find()
        .filter(account_row::Column::Account.is_in(actors.iter().collect::<BTreeSet<_>>()))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.account.clone(), row))
        .collect();
    let acts = rows.into_iter().zip(actors).map(|(row, actor)| {
        let account = accounts.get(&actor);
        let on_behalf_of = match account {
            None => "time",
            Some(account) if account.enterprise.is_some() => "enterprise",
            Some(_) => "authority",
        };
        Responsible {
            position: unsigned(row.position),
            at_ms: row.effective_ms,
            kind: row.kind,
            holder: account.and_then(|account| account.holder.clone()).unwrap_or_default(),
            roles: account.map(|account| account.roles.split([' ', ',']).map(str::to_owned).collect()).unwrap_or_default(),
            on_behalf_of: on_behalf_of.to_owned(),
            subject: row.subject,
            actor,
        }
    });
    Ok(TraceResponsibilityResponse { acts: acts.collect(), named: life.named() })
}
