//! `county.v1.Trail`: the journal, readable and provable.

use changxiao_proto::{
    convert::request::Reader,
    county::v1::{Entry, ListEntriesRequest, ListEntriesResponse, ProveEntryRequest, ProveEntryResponse, trail_server::Trail},
};
use changxiao_tier::{
    desk::page,
    fault::Fault,
    feed,
    journal::{
        merkle::{inclusion, inclusion_needs},
        store::{self, entry_row, nodes, signed, unsigned},
    },
    signer::Signer,
};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::{collections::BTreeMap, sync::Arc};
use tonic::{Request, Response, Status};

use super::{CountyDesk, cut, sight::within_sight};

/// Serves the trail.
pub struct TrailService {
    /// Regions.
    pub desk: CountyDesk,
    /// Signers of their checkpoints.
    pub signers: BTreeMap<changxiao_domain::region::RegionId, Arc<Signer>>,
    /// Descriptors, for bodies as JSON.
    pub pool: DescriptorPool,
}

impl TrailService {
    /// A body as JSON; personal data is not in it.
    fn json(&self, body: &[u8]) -> String {
        let Some(message) = self.pool.get_message_by_name("changxiao.journal.v1.Event") else { return String::new() };
        let Ok(event) = DynamicMessage::decode(message, body) else { return String::new() };
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::new(&mut bytes);
        let options = SerializeOptions::new().use_proto_field_name(true);
        if event.serialize_with_options(&mut serializer, &options).is_err() {
            return String::new();
        }
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn view(&self, row: &entry_row::Model) -> Entry {
        let header = changxiao_tier::journal::entry::Header::decode(&row.header).ok();
        Entry {
            position: unsigned(row.position),
            epoch: u32::try_from(row.epoch).unwrap_or_default(),
            received_at_ms: row.received_ms,
            effective_at_ms: row.effective_ms,
            actor: header.map(|header| header.actor).unwrap_or_default(),
            subject: row.subject.clone(),
            kind: row.kind.clone(),
            leaf_hash: row.leaf.clone().into(),
            body_json: self.json(&row.body),
        }
    }
}

#[tonic::async_trait]
impl Trail for TrailService {
    async fn list_entries(&self, request: Request<ListEntriesRequest>) -> Result<Response<ListEntriesResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let (size, token) = page(request.get_ref().page.as_ref())?;
        let mut query = entry_row::Entity::find().order_by_asc(entry_row::Column::Position).limit(size + 1);
        if let Some(token) = token {
            let mut reader = Reader::default();
            let after = reader.parse::<u64>("page.page_token", &token);
            let after = reader.finish(after).map_err(Fault::from)?;
            query = query.filter(entry_row::Column::Position.gt(signed(after)));
        }
        if !request.get_ref().subject.is_empty() {
            query = query.filter(entry_row::Column::Subject.eq(request.get_ref().subject.as_str()));
        }
        let mut rows = query.all(&host.read).await.map_err(Fault::from)?;
        let next_page_token = cut(&mut rows, size, |row| row.position.to_string());
        // A page may hold less than its size: what lies outside the caller's sight is not there for them.
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            if within_sight(&host.read, &actor, &row.subject).await? {
                entries.push(self.view(row));
            }
        }
        Ok(Response::new(ListEntriesResponse { entries, next_page_token }))
    }

    async fn prove_entry(&self, request: Request<ProveEntryRequest>) -> Result<Response<ProveEntryResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let position = request.get_ref().position;
        let size = store::size(&host.read).await.map_err(Fault::from)?;
        let row = store::rows(&host.read, position, 1).await.map_err(Fault::from)?.into_iter().next();
        let row = row.filter(|row| unsigned(row.position) == position);
        let missing = || Fault::NotFound { what: format!("entry {position}") };
        let row = row.ok_or_else(missing)?;
        if !within_sight(&host.read, &actor, &row.subject).await? {
            return Err(missing().into());
        }
        let signer = self.signers.get(&region).ok_or_else(|| Fault::NotFound { what: region.to_string() })?;
        let checkpoint = signer.checkpoint(size).await?;
        let broken = |fault: &dyn std::fmt::Display| Fault::Internal(format!("inclusion of {position} in {size}: {fault}"));
        let needs = inclusion_needs(position, size).map_err(|fault| broken(&fault))?;
        let found = nodes(&host.read, &needs).await.map_err(Fault::from)?;
        let proof = inclusion(position, size, &|node| found.get(&node).copied()).map_err(|fault| broken(&fault))?;
        let witness = feed::witnesses(&host.read).await.map_err(Fault::from)?.into_iter().next();
        Ok(Response::new(ProveEntryResponse {
            entry_header: row.header.into(),
            checkpoint,
            inclusion: proof.iter().map(|hash| hash.as_bytes().to_vec().into()).collect(),
            cosignature: witness.as_ref().map(|witness| witness.cosignature.clone()).unwrap_or_default().into_bytes().into(),
            witnessed_size: witness.map_or(0, |witness| unsigned(witness.size)),
        }))
    }
}
