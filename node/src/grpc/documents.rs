//! `county.v1.Documents`.

mod read;

pub(super) use read::pepper;

use changxiao_domain::{document, inspection::sight::Sight, serial::Serial};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{
        self as pb, GetDocumentRequest, ListDocumentKindsRequest, ListDocumentKindsResponse, ListDocumentsRequest,
        ListDocumentsResponse, VerifyDocumentRequest, VerifyDocumentResponse, documents_server::Documents,
    },
    types::v1::Receipt,
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use tonic::{Request, Response, Status};

use super::{CountyDesk, DOCUMENT, after, cut, optional, step::state_filter, view, within};
use crate::{
    app::documents as app,
    store::{documents, inspections},
};

/// Serves enforcement documents.
pub struct DocumentsService(pub CountyDesk);

/// The documents that somebody may know of, as a condition.
pub(super) fn seen(sight: &Sight) -> Condition {
    match sight {
        Sight::Supervisor => Condition::all(),
        Sight::Assigned(account) => {
            let own = inspections::Entity::find()
                .select_only()
                .column(inspections::Column::Serial)
                .filter(inspections::Column::Accounts.contains(inspections::word(account)));
            Condition::all().add(documents::Column::Inspection.in_subquery(own.into_query()))
        }
        Sight::Told => {
            let internal = document::kinds::all().iter().filter(|kind| kind.internal).map(|kind| kind.code);
            Condition::all()
                .add(documents::Column::State.eq(document::State::Served.id()))
                .add(documents::Column::Kind.is_not_in(internal))
        }
        Sight::Bystander => Condition::all().add(documents::Column::Serial.lt(0)),
    }
}

/// The inspection of a document, if it belongs to one.
async fn inspection_of(
    db: &DatabaseConnection,
    document: &document::Document,
) -> Result<Option<changxiao_domain::inspection::Inspection>, Fault> {
    let Some(serial) = document.subject.parts().0 else { return Ok(None) };
    let row = inspections::Entity::find_by_id(signed(serial.raw())).one(db).await?;
    Ok(row.map(inspections::from_row).transpose().map_err(sea_orm::DbErr::from)?)
}

#[tonic::async_trait]
impl Documents for DocumentsService {
    async fn draw_up_document(&self, request: Request<pb::DrawUpDocumentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DrawUpDocument", request, |wire| read::draw_up(&self.0, wire)).await
    }

    async fn approve_document(&self, request: Request<pb::ApproveDocumentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ApproveDocument", request, read::approve).await
    }

    async fn void_document(&self, request: Request<pb::VoidDocumentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("VoidDocument", request, read::void).await
    }

    async fn serve_document(&self, request: Request<pb::ServeDocumentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ServeDocument", request, read::serve).await
    }

    async fn get_document(&self, request: Request<GetDocumentRequest>) -> Result<Response<pb::Document>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, DOCUMENT);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let row = documents::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(documents::from_row).transpose().map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let missing = || Fault::NotFound { what: request.get_ref().name.clone() };
        let found = found.ok_or_else(missing)?;
        let inspection = inspection_of(&host.read, &found).await?;
        if !app::is_seen(&found, inspection.as_ref(), &actor) {
            return Err(missing().into());
        }
        Ok(Response::new(view::document(&region, &found, true)))
    }

    async fn list_documents(&self, request: Request<ListDocumentsRequest>) -> Result<Response<ListDocumentsResponse>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wanted.parent);
        let subject = read::optional_subject(&mut reader, "subject", &wanted.subject, region.as_ref());
        let kind = optional::<document::DocumentKind>(&mut reader, "kind", &wanted.kind);
        let states = document::State::ALL.iter().map(|state| (view::document_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let read = (|| Some((region?, subject?, kind?, state?)))();
        let (region, subject, kind, state) = reader.finish(read).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(wanted.page.as_ref())?;
        let mut filter = within(actor.scope(), documents::Column::Enterprise, Some(documents::Column::Industry));
        filter = filter.add(seen(&Sight::of(&actor)));
        if let Some(after) = after(token)? {
            filter = filter.add(documents::Column::Serial.gt(signed(after.raw())));
        }
        let raw = |serial: Serial| signed(serial.raw());
        if let Some((inspection, dossier)) = subject.map(document::Subject::parts) {
            filter = filter
                .add_option(inspection.map(|serial| documents::Column::Inspection.eq(raw(serial))))
                .add_option(dossier.map(|serial| documents::Column::Dossier.eq(raw(serial))));
        }
        filter = filter
            .add_option(kind.map(|kind| documents::Column::Kind.eq(kind.to_string())))
            .add_option(state.map(|state| documents::Column::State.eq(state)));
        let query = documents::Entity::find().filter(filter).order_by_asc(documents::Column::Serial).limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let found = rows.into_iter().map(documents::from_row).collect::<Result<Vec<_>, _>>();
        let mut found = found.map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let next_page_token = cut(&mut found, size, |document| document.serial.to_string());
        let documents = found.iter().map(|document| view::document(&region, document, false)).collect();
        Ok(Response::new(ListDocumentsResponse { documents, next_page_token }))
    }

    async fn verify_document(&self, request: Request<VerifyDocumentRequest>) -> Result<Response<VerifyDocumentResponse>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wanted.parent);
        let number = reader.text("number", &wanted.number, 1, 200);
        let code = reader.text("code", &wanted.code, 1, 40);
        let read = region.zip(number).zip(code);
        let ((region, number), code) = reader.finish(read).map_err(Fault::from)?;
        // Anybody may ask, so nobody is admitted; the code is the key.
        let host = self.0.host(&region)?;
        let query = documents::Entity::find()
            .filter(documents::Column::Number.eq(number.as_str()))
            .filter(documents::Column::Code.eq(app::normal(&code)));
        let row = query.one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(documents::from_row).transpose().map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let found = found.ok_or(Fault::NotFound { what: number })?;
        Ok(Response::new(VerifyDocumentResponse { document: Some(view::document_record(&found)) }))
    }

    async fn list_document_kinds(
        &self,
        request: Request<ListDocumentKindsRequest>,
    ) -> Result<Response<ListDocumentKindsResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        self.0.admit(&request, &region)?;
        let kinds = document::kinds::all().iter().map(view::document_kind).collect();
        Ok(Response::new(ListDocumentKindsResponse { kinds }))
    }
}
