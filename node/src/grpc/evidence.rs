//! `county.v1.EvidenceFiles`.

use changxiao_domain::{
    evidence::{Attachment, Evidence, Phase, Refusal, hex},
    media::{Media, Purpose, Refusal as Unusable},
    region::RegionId,
};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, evidence_files_server::EvidenceFiles},
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::page,
    fault::Fault,
    journal::store::{signed, unsigned},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{
    CountyDesk, Envelope, after, cut,
    files::{UPLOAD, Vaults, file_name, id_of, own_upload, touch},
    sight::{owner_of, within_sight},
    within,
};
use crate::{
    app::evidence as app,
    store::{evidence, evidence::digest_of},
    vault::exif::claim,
};

/// Name of evidence.
const EVIDENCE: &str = "regions/{region}/evidence/{evidence}";

/// Serves evidence.
pub struct EvidenceService {
    /// Regions.
    pub desk: CountyDesk,
    /// Their bytes.
    pub vaults: Vaults,
}

/// Region and path of a record's name, such as `hazards/1-204`; an empty path for the region itself.
fn record(reader: &mut Reader, given: &str) -> Option<(RegionId, String)> {
    let (region, path) = match given.splitn(3, '/').collect::<Vec<_>>()[..] {
        ["regions", region, path] => (region, path),
        ["regions", region] => (region, ""),
        _ => {
            reader.wrong("parent", "must name a record, such as regions/bs-tengchong/hazards/1-204");
            return None;
        }
    };
    reader.region_name("parent", &format!("regions/{region}")).map(|region| (region, path.to_owned()))
}

fn phase(phase: Phase) -> pb::EvidencePhase {
    match phase {
        Phase::Before => pb::EvidencePhase::Before,
        Phase::After => pb::EvidencePhase::After,
        Phase::Other => pb::EvidencePhase::Other,
    }
}

fn view(region: &RegionId, value: &Evidence) -> pb::Evidence {
    let claims = value.claims.shown();
    pb::Evidence {
        name: format!("regions/{region}/evidence/{}", value.serial),
        subject: format!("regions/{region}/{}", value.subject),
        enterprise: format!("regions/{region}/enterprises/{}", value.enterprise),
        phase: phase(value.phase).into(),
        file: file_name(region, &hex(&value.digest)),
        size: value.size,
        media_type: value.media.clone(),
        file_name: value.title.shown().to_owned(),
        claimed_time: claim(claims, "time").to_owned(),
        claimed_latitude: claim(claims, "latitude").to_owned(),
        claimed_longitude: claim(claims, "longitude").to_owned(),
        note: value.note.clone(),
        attached_by: value.by.clone(),
        attached_at_ms: value.at.ms(),
    }
}

#[tonic::async_trait]
impl EvidenceFiles for EvidenceService {
    async fn attach_evidence(&self, request: Request<pb::AttachEvidenceRequest>) -> Result<Response<Receipt>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let subject = record(&mut reader, &wire.parent);
        let request_id = reader.request_id(&wire.request_id);
        let upload = id_of(&mut reader, "upload", &wire.upload, UPLOAD);
        if let Some(((region, _), (other, _))) = subject.as_ref().zip(upload.as_ref())
            && region != other
        {
            reader.wrong("upload", format!("must lie in regions/{region}, as the record does"));
        }
        let side = match wire.phase() {
            pb::EvidencePhase::Before => Some(Phase::Before),
            pb::EvidencePhase::After => Some(Phase::After),
            pb::EvidencePhase::Other => Some(Phase::Other),
            pb::EvidencePhase::Unspecified => {
                reader.wrong("phase", "must be before, after or other");
                None
            }
        };
        let note = reader.text("note", &wire.note, 0, 500);
        let read = subject.zip(request_id).zip(upload).zip(side).zip(note);
        let (((((region, subject), request_id), (_, upload)), phase), note) = reader.finish(read).map_err(Fault::from)?;
        let validate_only = wire.validate_only;

        let (host, actor) = self.desk.admit(&request, &region)?;
        let not_found = || Fault::Refused(Refusal::NotFound { name: subject.clone() }.into());
        let owner = owner_of(&host.read, &subject).await?.ok_or_else(not_found)?;
        if !within_sight(&host.read, &actor, &subject).await? {
            return Err(not_found().into());
        }
        let row = own_upload(host, &actor, &upload).await?;
        if !row.is_kept() {
            let (received, size) = (self.vaults.of(&region)?.received(&row.id), unsigned(row.size));
            return Err(Fault::Refused(Unusable::Unfinished { received, size }.into()).into());
        }
        let (media, digest) = (Media::of(&row.media), digest_of(&row.digest));
        let usable = media.filter(|media| media.is_evidence()).filter(|_| row.purpose == Purpose::Evidence.id());
        let unusable = || Fault::Refused(Unusable::Purpose { media: row.media.clone() }.into());
        let (media, digest) = usable.zip(digest).ok_or_else(unusable)?;
        if self.vaults.of(&region)?.size(&digest).await.map_err(Fault::from)?.is_none() {
            return Err(Fault::Refused(Unusable::Missing { digest: row.digest.clone() }.into()).into());
        }
        touch(host, &row).await?;
        let what = Attachment {
            subject,
            phase,
            digest,
            size: unsigned(row.size),
            media,
            title: row.file_name,
            claims: row.claims,
            note,
        };
        let command = app::attach(owner, what);
        let envelope = Envelope { region: Some(region), request_id: Some(request_id), validate_only };
        self.desk.write("AttachEvidence", request, |_| envelope.parsed(Reader::default(), Some(command))).await
    }

    async fn get_evidence(&self, request: Request<pb::GetEvidenceRequest>) -> Result<Response<pb::Evidence>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, EVIDENCE);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let row = evidence::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(evidence::from_row).transpose().map_err(|fault| Fault::from(DbErr::from(fault)))?;
        let found = found.filter(|evidence| actor.sees(evidence.enterprise, evidence.industry));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view(&region, &found)))
    }

    async fn list_evidence(
        &self,
        request: Request<pb::ListEvidenceRequest>,
    ) -> Result<Response<pb::ListEvidenceResponse>, Status> {
        let mut reader = Reader::default();
        let subject = record(&mut reader, &request.get_ref().parent);
        let (region, subject) = reader.finish(subject).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let (size, token) = page(request.get_ref().page.as_ref())?;
        let mut filter = within(actor.scope(), evidence::Column::Enterprise, Some(evidence::Column::Industry));
        if !subject.is_empty() {
            filter = filter.add(evidence::Column::Subject.eq(subject));
        }
        if let Some(after) = after(token)? {
            filter = filter.add(evidence::Column::Serial.gt(signed(after.raw())));
        }
        let query = evidence::Entity::find().filter(filter).order_by_asc(evidence::Column::Serial).limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let found = rows.into_iter().map(evidence::from_row).collect::<Result<Vec<_>, _>>();
        let mut found = found.map_err(|fault| Fault::from(DbErr::from(fault)))?;
        let next_page_token = cut(&mut found, size, |evidence| evidence.serial.to_string());
        let evidence = found.iter().map(|evidence| view(&region, evidence)).collect();
        Ok(Response::new(pb::ListEvidenceResponse { evidence, next_page_token }))
    }
}
