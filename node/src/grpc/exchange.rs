//! `county.v1.Imports` and `county.v1.Exports`: what starts, shows and stops the jobs.

use std::sync::Arc;

use changxiao_domain::{
    actor::Actor,
    import::Refusal,
    media::{Media, Purpose, Refusal as Unusable},
    region::RegionId,
};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, exports_server::Exports, imports_server::Imports},
};
use changxiao_tier::{desk::Host, fault::Fault};
use prost::Message as _;
use sea_orm::EntityTrait as _;
use tonic::{Request, Response, Status};

use super::files::{UPLOAD, derived_id, id_of, own_upload, touch};
use crate::{
    book::CountyBook,
    jobs::{List, View, Workshop, bytes_of, of_wire},
    store::jobs::{self, EXPORT, IMPORT, RUNNING},
    workbook::{columns::sheet, template},
};

/// Name of an import.
const IMPORT_NAME: &str = "regions/{region}/imports/{import}";
/// Name of an export.
const EXPORT_NAME: &str = "regions/{region}/exports/{export}";

/// Serves imports.
pub struct ImportsService(pub Arc<Workshop>);

/// Serves exports.
pub struct ExportsService(pub Arc<Workshop>);

async fn own_job(host: &Host<CountyBook>, actor: &Actor, id: &str, kind: &str, name: &str) -> Result<jobs::Model, Fault> {
    let row = jobs::Entity::find_by_id(id).one(&host.read).await?;
    let own = row.filter(|row| row.account == actor.id() && row.kind == kind);
    own.ok_or_else(|| Fault::NotFound { what: name.to_owned() })
}

fn import_view(workshop: &Workshop, row: &jobs::Model) -> pb::Import {
    match workshop.seen(row) {
        Some(View::Import(import)) => *import,
        _ => pb::Import::default(),
    }
}

fn export_view(workshop: &Workshop, row: &jobs::Model) -> pb::Export {
    match workshop.seen(row) {
        Some(View::Export(export)) => *export,
        _ => pb::Export::default(),
    }
}

#[tonic::async_trait]
impl Imports for ImportsService {
    async fn get_template(&self, request: Request<pb::GetTemplateRequest>) -> Result<Response<pb::GetTemplateResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let kind = of_wire(request.get_ref().kind(), pb::ImportMode::DryRun).map(|(kind, _)| kind);
        if kind.is_none() {
            reader.wrong("kind", "must be catalogue, hazards or self_inspections");
        }
        let (region, kind) = reader.finish(region.zip(kind)).map_err(Fault::from)?;
        self.0.desk.admit(&request, &region)?;
        let workbook = template::make(sheet(kind)).map_err(|error| Fault::Internal(format!("template: {error}")))?;
        Ok(Response::new(pb::GetTemplateResponse { workbook: workbook.into() }))
    }

    async fn start_import(&self, request: Request<pb::StartImportRequest>) -> Result<Response<pb::StartImportResponse>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wire.parent);
        let request_id = reader.request_id(&wire.request_id);
        let upload = id_of(&mut reader, "upload", &wire.upload, UPLOAD);
        let kind = of_wire(wire.kind(), pb::ImportMode::DryRun).map(|(kind, _)| kind);
        let what = of_wire(wire.kind(), wire.mode());
        if kind.is_none() {
            reader.wrong("kind", "must be catalogue, hazards or self_inspections");
        } else if what.is_none() {
            reader.wrong("mode", "must be dry_run, all_or_nothing or good_rows");
        }
        if let Some((region, (other, _))) = region.as_ref().zip(upload.as_ref())
            && region != other
        {
            reader.wrong("upload", format!("must lie in regions/{region}, as the import does"));
        }
        let read = region.zip(request_id).zip(upload).zip(what);
        let (((region, request_id), (_, upload)), (kind, _)) = reader.finish(read).map_err(Fault::from)?;
        let (host, actor) = self.0.desk.admit(&request, &region)?;
        if !self.0.may(&actor, sheet(kind).method) {
            return Err(Fault::Denied { what: sheet(kind).method.to_owned() }.into());
        }
        let held = own_upload(host, &actor, &upload).await?;
        if !held.is_kept() {
            let (received, size) =
                (self.0.vaults.of(&region)?.received(&held.id), changxiao_tier::journal::store::unsigned(held.size));
            return Err(Fault::Refused(Unusable::Unfinished { received, size }.into()).into());
        }
        if held.purpose != Purpose::Import.id() || !Media::of(&held.media).is_some_and(Media::is_table) {
            return Err(Fault::Refused(Unusable::Purpose { media: held.media }.into()).into());
        }
        touch(host, &held).await?;
        let id = derived_id("import", &actor.id(), &request_id);
        let now = host.door.real.now().ms();
        let view = pb::Import {
            name: host.place.name(&format!("imports/{id}")),
            kind: wire.kind,
            mode: wire.mode,
            state: pb::JobState::Running.into(),
            upload: wire.upload.clone(),
            started_at_ms: now,
            ..Default::default()
        };
        let row = jobs::Model {
            id,
            kind: IMPORT.to_owned(),
            account: actor.id(),
            state: RUNNING.to_owned(),
            digest: held.digest,
            result: String::new(),
            request: wire.encode_to_vec(),
            view: bytes_of(&View::Import(Box::new(view))),
            begun_ms: now,
        };
        let row = self.0.start(host, row).await?;
        Ok(Response::new(pb::StartImportResponse { import: Some(import_view(&self.0, &row)) }))
    }

    async fn get_import(&self, request: Request<pb::GetImportRequest>) -> Result<Response<pb::Import>, Status> {
        let name = &request.get_ref().name;
        let mut reader = Reader::default();
        let named = id_of(&mut reader, "name", name, IMPORT_NAME);
        let (region, id) = reader.finish(named).map_err(Fault::from)?;
        let (host, actor) = self.0.desk.admit(&request, &region)?;
        let row = own_job(host, &actor, &id, IMPORT, name).await?;
        Ok(Response::new(import_view(&self.0, &row)))
    }

    async fn list_imports(&self, request: Request<pb::ListImportsRequest>) -> Result<Response<pb::ListImportsResponse>, Status> {
        let (host, actor) = below(&self.0, &request, &request.get_ref().parent)?;
        let rows = jobs::of_account(&host.read, &actor.id(), IMPORT).await.map_err(Fault::from)?;
        Ok(Response::new(pb::ListImportsResponse { imports: rows.iter().map(|row| import_view(&self.0, row)).collect() }))
    }

    async fn cancel_import(
        &self,
        request: Request<pb::CancelImportRequest>,
    ) -> Result<Response<pb::CancelImportResponse>, Status> {
        let name = &request.get_ref().name;
        let mut reader = Reader::default();
        let named = id_of(&mut reader, "name", name, IMPORT_NAME);
        let (region, id) = reader.finish(named).map_err(Fault::from)?;
        let (host, actor) = self.0.desk.admit(&request, &region)?;
        let row = own_job(host, &actor, &id, IMPORT, name).await?;
        if !self.0.cancel(&row.id) {
            return Err(Fault::Refused(Refusal::Ended {}.into()).into());
        }
        Ok(Response::new(pb::CancelImportResponse { import: Some(import_view(&self.0, &row)) }))
    }
}

/// The region named as a parent, and who asks.
fn below<'w, R>(workshop: &'w Workshop, request: &Request<R>, parent: &str) -> Result<(&'w Arc<Host<CountyBook>>, Actor), Fault> {
    let mut reader = Reader::default();
    let region: Option<RegionId> = reader.region_name("parent", parent);
    let region = reader.finish(region)?;
    workshop.desk.admit(request, &region)
}

#[tonic::async_trait]
impl Exports for ExportsService {
    async fn start_export(&self, request: Request<pb::StartExportRequest>) -> Result<Response<pb::StartExportResponse>, Status> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wire.parent);
        let request_id = reader.request_id(&wire.request_id);
        if wire.format() == pb::ExportFormat::Unspecified {
            reader.wrong("format", "must be xlsx or csv");
        }
        if let Some(region) = &region
            && !(wire.list_parent.is_empty() || format!("{}/", wire.list_parent).starts_with(&format!("regions/{region}/")))
        {
            reader.wrong("list_parent", format!("must lie in regions/{region}"));
        }
        let list = List::of(&self.0.pool, &wire.method);
        if let Ok(list) = &list
            && let Err(why) = list.request(&wire.parent, &wire.filter_json)
        {
            reader.wrong("filter_json", format!("is not the request of {}: {why}", wire.method));
        }
        let (region, request_id) = reader.finish(region.zip(request_id)).map_err(Fault::from)?;
        let list = list.map_err(|refusal| Fault::Refused(refusal.into()))?;
        let (host, actor) = self.0.desk.admit(&request, &region)?;
        if !self.0.may(&actor, &list.path()) {
            return Err(Fault::Denied { what: list.path() }.into());
        }
        let id = derived_id("export", &actor.id(), &request_id);
        let now = host.door.real.now().ms();
        let view = pb::Export {
            name: host.place.name(&format!("exports/{id}")),
            method: wire.method.clone(),
            format: wire.format,
            state: pb::JobState::Running.into(),
            started_at_ms: now,
            ..Default::default()
        };
        let row = jobs::Model {
            id,
            kind: EXPORT.to_owned(),
            account: actor.id(),
            state: RUNNING.to_owned(),
            digest: String::new(),
            result: String::new(),
            request: wire.encode_to_vec(),
            view: bytes_of(&View::Export(Box::new(view))),
            begun_ms: now,
        };
        let row = self.0.start(host, row).await?;
        Ok(Response::new(pb::StartExportResponse { export: Some(export_view(&self.0, &row)) }))
    }

    async fn get_export(&self, request: Request<pb::GetExportRequest>) -> Result<Response<pb::Export>, Status> {
        let name = &request.get_ref().name;
        let mut reader = Reader::default();
        let named = id_of(&mut reader, "name", name, EXPORT_NAME);
        let (region, id) = reader.finish(named).map_err(Fault::from)?;
        let (host, actor) = self.0.desk.admit(&request, &region)?;
        let row = own_job(host, &actor, &id, EXPORT, name).await?;
        Ok(Response::new(export_view(&self.0, &row)))
    }

    async fn list_exports(&self, request: Request<pb::ListExportsRequest>) -> Result<Response<pb::ListExportsResponse>, Status> {
        let (host, actor) = below(&self.0, &request, &request.get_ref().parent)?;
        let rows = jobs::of_account(&host.read, &actor.id(), EXPORT).await.map_err(Fault::from)?;
        Ok(Response::new(pb::ListExportsResponse { exports: rows.iter().map(|row| export_view(&self.0, row)).collect() }))
    }
}
