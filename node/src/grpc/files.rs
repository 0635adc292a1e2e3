//! `county.v1.Files`: uploads in pieces, files in pieces.

use std::{collections::BTreeMap, sync::Arc};

use changxiao_domain::{
    actor::Actor,
    event::Digest,
    evidence::hex,
    media::{ACCOUNT_BYTES_MAX, ACCOUNT_UPLOADS_MAX, Purpose, Refusal},
    region::RegionId,
};
use changxiao_proto::{
    convert::request::{Name, Reader},
    county::v1::{self as pb, files_server::Files},
};
use changxiao_tier::{
    database::upsert,
    desk::Host,
    fault::Fault,
    journal::store::{signed, unsigned},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use super::{CountyDesk, within};
use crate::{
    book::CountyBook,
    store::{
        evidence::{self, digest_of},
        jobs, uploads,
    },
    vault::{CHUNK_BYTES_MAX, Vault},
};

/// Name of an upload.
pub(crate) const UPLOAD: &str = "regions/{region}/uploads/{upload}";
/// Name of a file.
const FILE: &str = "regions/{region}/files/{sha256}";

/// The files of every region hosted here.
#[derive(Clone)]
pub struct Vaults(pub Arc<BTreeMap<RegionId, Arc<Vault>>>);

impl Vaults {
    /// Of one region.
    ///
    /// # Errors
    /// It is not hosted here.
    pub fn of(&self, region: &RegionId) -> Result<&Arc<Vault>, Fault> {
        self.0.get(region).ok_or_else(|| Fault::NotFound { what: format!("regions/{region}") })
    }
}

/// Serves files.
pub struct FilesService {
    /// Regions.
    pub desk: CountyDesk,
    /// Their bytes.
    pub vaults: Vaults,
}

/// An identifier of 32 hexadecimal digits that follows from who asked and how they named the request.
pub(crate) fn derived_id(what: &str, account: &str, request_id: &str) -> String {
    let hash = Sha256::digest(format!("changxiao/{what}/v1\n{account}\n{request_id}"));
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Region and id of a name such as an upload's.
pub(crate) fn id_of(reader: &mut Reader, field: &str, given: &str, pattern: &'static str) -> Option<(RegionId, String)> {
    let name = reader.read(field, Name::parse(given, pattern))?;
    name.path.into_iter().next().map(|(_, id)| (name.region, id))
}

/// An upload of the caller.
///
/// # Errors
/// It is not there, or somebody else's.
pub(crate) async fn own_upload(host: &Host<CountyBook>, actor: &Actor, id: &str) -> Result<uploads::Model, Fault> {
    let row = uploads::Entity::find_by_id(id).one(&host.read).await?;
    row.filter(|row| row.account == actor.id()).ok_or_else(|| Fault::NotFound { what: host.place.name(&format!("uploads/{id}")) })
}

/// Says that an upload is in use, so that it is not tidied away now.
///
/// # Errors
/// The database fails.
pub(crate) async fn touch(host: &Host<CountyBook>, row: &uploads::Model) -> Result<(), Fault> {
    let row = uploads::Model { used_ms: host.door.real.now().ms(), ..row.clone() };
    Ok(upsert::<uploads::Entity>(&host.write.connection(), vec![row]).await?)
}

/// Name of the bytes under a digest.
pub(crate) fn file_name(region: &RegionId, digest: &str) -> String {
    if digest.is_empty() { String::new() } else { format!("regions/{region}/files/{digest}") }
}

fn view(region: &RegionId, vault: &Vault, row: &uploads::Model) -> pb::Upload {
    let (purpose, kept) = (Purpose::of(&row.purpose), row.is_kept());
    pb::Upload {
        name: format!("regions/{region}/uploads/{}", row.id),
        purpose: match purpose {
            Some(Purpose::Evidence) => pb::UploadPurpose::Evidence,
            Some(Purpose::Import) => pb::UploadPurpose::Import,
            None => pb::UploadPurpose::Unspecified,
        }
        .into(),
        state: if kept { pb::UploadState::Kept } else { pb::UploadState::Receiving }.into(),
        file_name: row.file_name.clone(),
        size: unsigned(row.size),
        received: if kept { unsigned(row.size) } else { vault.received(&row.id) },
        media_type: row.media.clone(),
        file: if kept { file_name(region, &row.digest) } else { String::new() },
    }
}

struct Announced {
    region: RegionId,
    request_id: String,
    size: u64,
    digest: Digest,
    purpose: Purpose,
    file_name: String,
}

fn read_begin(wire: &pb::BeginUploadRequest) -> Result<Announced, Fault> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    if wire.size == 0 {
        reader.wrong("size", "an empty file proves nothing");
    }
    let digest = reader.digest("sha256", &wire.sha256);
    let purpose = match wire.purpose() {
        pb::UploadPurpose::Evidence => Some(Purpose::Evidence),
        pb::UploadPurpose::Import => Some(Purpose::Import),
        pb::UploadPurpose::Unspecified => {
            reader.wrong("purpose", "must be evidence or import");
            None
        }
    };
    reader.text("media_type", &wire.media_type, 0, 200);
    let file_name = reader.text("file_name", &wire.file_name, 1, 200);
    let read = (|| {
        Some(Announced {
            region: region?,
            request_id: request_id?,
            size: wire.size,
            digest: digest?,
            purpose: purpose?,
            file_name: file_name?,
        })
    })();
    Ok(reader.finish(read)?)
}

impl FilesService {
    /// Whether the account may announce another file.
    async fn quota(&self, host: &Host<CountyBook>, account: &str, size: u64) -> Result<(), Fault> {
        let rows = uploads::of_account(&host.read, account).await?;
        let digests: Vec<String> = rows.iter().map(|row| row.digest.clone()).collect();
        let query = evidence::Entity::find().select_only().column(evidence::Column::Digest);
        let attached: Vec<String> = query.filter(evidence::Column::Digest.is_in(digests)).into_tuple().all(&host.read).await?;
        let loose = rows.iter().filter(|row| !attached.contains(&row.digest));
        let (count, bytes) = loose.fold((0_u64, 0_u64), |(count, bytes), row| (count + 1, bytes + unsigned(row.size)));
        if count >= ACCOUNT_UPLOADS_MAX || bytes.saturating_add(size) > ACCOUNT_BYTES_MAX {
            return Err(Fault::Refused(Refusal::Quota { most: ACCOUNT_BYTES_MAX }.into()));
        }
        Ok(())
    }

    /// Whether a file is the caller's own, or evidence within their sight.
    async fn may_read(&self, host: &Host<CountyBook>, actor: &Actor, digest: &str) -> Result<bool, Fault> {
        let account = actor.id();
        let own = uploads::Entity::find().filter(uploads::Column::Account.eq(&account));
        if own.filter(uploads::Column::Digest.eq(digest)).one(&host.read).await?.is_some() {
            return Ok(true);
        }
        let made = jobs::Entity::find().filter(jobs::Column::Account.eq(&account));
        if made.filter(jobs::Column::Result.eq(digest)).one(&host.read).await?.is_some() {
            return Ok(true);
        }
        let sight = within(actor.scope(), evidence::Column::Enterprise, Some(evidence::Column::Industry));
        let shown = evidence::Entity::find().filter(evidence::Column::Digest.eq(digest)).filter(sight);
        Ok(shown.one(&host.read).await?.is_some())
    }
}

#[tonic::async_trait]
impl Files for FilesService {
    async fn begin_upload(&self, request: Request<pb::BeginUploadRequest>) -> Result<Response<pb::BeginUploadResponse>, Status> {
        let announced = read_begin(request.get_ref())?;
        let (host, actor) = self.desk.admit(&request, &announced.region)?;
        let vault = self.vaults.of(&announced.region)?;
        let most = announced.purpose.most_bytes();
        if announced.size > most {
            return Err(Fault::Refused(Refusal::TooLarge { size: announced.size, most }.into()).into());
        }
        let account = actor.id();
        let id = derived_id("upload", &account, &announced.request_id);
        let known = uploads::Entity::find_by_id(&id).one(&host.read).await.map_err(Fault::from)?;
        let row = if let Some(row) = known {
            let same = (unsigned(row.size), row.digest.as_str(), row.purpose.as_str())
                == (announced.size, hex(&announced.digest).as_str(), announced.purpose.id());
            if !same {
                return Err(Fault::RequestReused.into());
            }
            row
        } else {
            self.quota(host, &account, announced.size).await?;
            let now = host.door.real.now().ms();
            let row = uploads::Model {
                id,
                account,
                purpose: announced.purpose.id().to_owned(),
                file_name: announced.file_name,
                size: signed(announced.size),
                digest: hex(&announced.digest),
                media: String::new(),
                claims: String::new(),
                begun_ms: now,
                used_ms: now,
            };
            upsert::<uploads::Entity>(&host.write.connection(), vec![row.clone()]).await.map_err(Fault::from)?;
            row
        };
        let upload = Some(view(&announced.region, vault, &row));
        let chunk_bytes_max = u32::try_from(CHUNK_BYTES_MAX).unwrap_or(u32::MAX);
        Ok(Response::new(pb::BeginUploadResponse { upload, chunk_bytes_max }))
    }

    async fn write_chunk(&self, request: Request<pb::WriteChunkRequest>) -> Result<Response<pb::WriteChunkResponse>, Status> {
        let mut reader = Reader::default();
        let named = id_of(&mut reader, "name", &request.get_ref().name, UPLOAD);
        if request.get_ref().data.len() > CHUNK_BYTES_MAX {
            reader.wrong("data", format!("holds more than {CHUNK_BYTES_MAX} bytes"));
        }
        let (region, id) = reader.finish(named).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let row = own_upload(host, &actor, &id).await?;
        let size = unsigned(row.size);
        if row.is_kept() {
            return Ok(Response::new(pb::WriteChunkResponse { received: size }));
        }
        let wire = request.into_inner();
        let received = self.vaults.of(&region)?.append(&row.id, wire.offset, wire.data, size).await.map_err(Fault::from)?;
        Ok(Response::new(pb::WriteChunkResponse { received }))
    }

    async fn finish_upload(
        &self,
        request: Request<pb::FinishUploadRequest>,
    ) -> Result<Response<pb::FinishUploadResponse>, Status> {
        let mut reader = Reader::default();
        let named = id_of(&mut reader, "name", &request.get_ref().name, UPLOAD);
        let (region, id) = reader.finish(named).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let (row, vault) = (own_upload(host, &actor, &id).await?, self.vaults.of(&region)?);
        if row.is_kept() {
            return Ok(Response::new(pb::FinishUploadResponse { upload: Some(view(&region, vault, &row)) }));
        }
        let digest = digest_of(&row.digest).ok_or_else(|| Fault::Internal("an upload without a digest".to_owned()))?;
        let kept = vault.finish(&row.id, unsigned(row.size), digest).await.map_err(Fault::from)?;
        let fits = match Purpose::of(&row.purpose) {
            Some(Purpose::Evidence) => kept.media.is_evidence(),
            Some(Purpose::Import) => kept.media.is_table(),
            None => false,
        };
        if !fits {
            return Err(Fault::Refused(Refusal::Purpose { media: kept.media.id().to_owned() }.into()).into());
        }
        let used_ms = host.door.real.now().ms();
        let row = uploads::Model { media: kept.media.id().to_owned(), claims: kept.claims, used_ms, ..row };
        upsert::<uploads::Entity>(&host.write.connection(), vec![row.clone()]).await.map_err(Fault::from)?;
        Ok(Response::new(pb::FinishUploadResponse { upload: Some(view(&region, vault, &row)) }))
    }

    async fn get_upload(&self, request: Request<pb::GetUploadRequest>) -> Result<Response<pb::Upload>, Status> {
        let mut reader = Reader::default();
        let named = id_of(&mut reader, "name", &request.get_ref().name, UPLOAD);
        let (region, id) = reader.finish(named).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let row = own_upload(host, &actor, &id).await?;
        Ok(Response::new(view(&region, self.vaults.of(&region)?, &row)))
    }

    async fn list_uploads(&self, request: Request<pb::ListUploadsRequest>) -> Result<Response<pb::ListUploadsResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let vault = self.vaults.of(&region)?;
        let rows = uploads::of_account(&host.read, &actor.id()).await.map_err(Fault::from)?;
        Ok(Response::new(pb::ListUploadsResponse { uploads: rows.iter().map(|row| view(&region, vault, row)).collect() }))
    }

    async fn read_file(&self, request: Request<pb::ReadFileRequest>) -> Result<Response<pb::ReadFileResponse>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let named = id_of(&mut reader, "name", &wire.name, FILE);
        let (region, hex) = reader.finish(named).map_err(Fault::from)?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let missing = || Fault::NotFound { what: wire.name.clone() };
        let digest = digest_of(&hex).ok_or_else(missing)?;
        if !self.may_read(host, &actor, &hex).await? {
            return Err(missing().into());
        }
        let most = match usize::try_from(wire.most_bytes) {
            Ok(most) if most > 0 => most,
            _ => CHUNK_BYTES_MAX,
        };
        let (data, size) = self.vaults.of(&region)?.read(&digest, wire.offset, most).await.map_err(Fault::from)?;
        Ok(Response::new(pb::ReadFileResponse { data, size }))
    }
}
