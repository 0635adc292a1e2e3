//! `county.v1.Dossiers`.

mod read;

use changxiao_domain::dossier::State;
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, dossiers_server::Dossiers},
    types::v1::Receipt,
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{CountyDesk, DOSSIER, after, cut, step::state_filter, view, within};
use crate::store::dossiers;

/// Serves dossiers of major hazards.
pub struct DossiersService(pub CountyDesk);

#[tonic::async_trait]
impl Dossiers for DossiersService {
    async fn identify_major_hazard(&self, request: Request<pb::IdentifyMajorHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("IdentifyMajorHazard", request, read::identify).await
    }

    async fn record_protection(&self, request: Request<pb::RecordProtectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordProtection", request, read::protect).await
    }

    async fn open_dossier(&self, request: Request<pb::OpenDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("OpenDossier", request, read::open).await
    }

    async fn complete_dossier(&self, request: Request<pb::CompleteDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("CompleteDossier", request, read::complete).await
    }

    async fn file_dossier(&self, request: Request<pb::FileDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("FileDossier", request, read::file).await
    }

    async fn confirm_filing(&self, request: Request<pb::ConfirmFilingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ConfirmFiling", request, read::confirm).await
    }

    async fn list_for_supervision(&self, request: Request<pb::ListForSupervisionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ListForSupervision", request, read::list).await
    }

    async fn decline_listing(&self, request: Request<pb::DeclineListingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DeclineListing", request, read::decline_listing).await
    }

    async fn start_treatment(&self, request: Request<pb::StartTreatmentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("StartTreatment", request, read::start).await
    }

    async fn ask_treatment_extension(
        &self,
        request: Request<pb::AskTreatmentExtensionRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("AskTreatmentExtension", request, read::ask_extension).await
    }

    async fn decide_treatment_extension(
        &self,
        request: Request<pb::DecideTreatmentExtensionRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideTreatmentExtension", request, read::decide_extension).await
    }

    async fn report_progress(&self, request: Request<pb::ReportProgressRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReportProgress", request, read::report).await
    }

    async fn complete_treatment(&self, request: Request<pb::CompleteTreatmentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("CompleteTreatment", request, read::finish).await
    }

    async fn commission_assessment(
        &self,
        request: Request<pb::CommissionAssessmentRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("CommissionAssessment", request, read::commission).await
    }

    async fn record_assessment(&self, request: Request<pb::RecordAssessmentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordAssessment", request, read::assess).await
    }

    async fn apply_for_acceptance(&self, request: Request<pb::ApplyForAcceptanceRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ApplyForAcceptance", request, read::apply).await
    }

    async fn decide_acceptance(&self, request: Request<pb::DecideAcceptanceRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideAcceptance", request, read::decide).await
    }

    async fn strike_off_dossier(&self, request: Request<pb::StrikeOffDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("StrikeOffDossier", request, read::strike_off).await
    }

    async fn ask_resumption(&self, request: Request<pb::AskResumptionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AskResumption", request, read::ask_resumption).await
    }

    async fn decide_resumption(&self, request: Request<pb::DecideResumptionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideResumption", request, read::decide_resumption).await
    }

    async fn downgrade_dossier(&self, request: Request<pb::DowngradeDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DowngradeDossier", request, read::downgrade).await
    }

    async fn get_dossier(&self, request: Request<pb::GetDossierRequest>) -> Result<Response<pb::Dossier>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, DOSSIER);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let row = dossiers::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(dossiers::from_row).transpose().map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let found = found.filter(|dossier| actor.sees(dossier.enterprise, dossier.industry));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::dossier(&region, &found)))
    }

    async fn list_dossiers(
        &self,
        request: Request<pb::ListDossiersRequest>,
    ) -> Result<Response<pb::ListDossiersResponse>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wanted.parent);
        let states = State::ALL.iter().map(|state| (view::dossier_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let (region, state) = reader.finish(region.zip(state)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(wanted.page.as_ref())?;
        let mut filter = within(actor.scope(), dossiers::Column::Enterprise, Some(dossiers::Column::Industry));
        if let Some(after) = after(token)? {
            filter = filter.add(dossiers::Column::Serial.gt(signed(after.raw())));
        }
        if let Some(state) = state {
            filter = filter.add(dossiers::Column::State.eq(state));
        }
        let query = dossiers::Entity::find().filter(filter).order_by_asc(dossiers::Column::Serial).limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let found = rows.into_iter().map(dossiers::from_row).collect::<Result<Vec<_>, _>>();
        let mut found = found.map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let next_page_token = cut(&mut found, size, |dossier| dossier.serial.to_string());
        let dossiers = found.iter().map(|dossier| view::dossier(&region, dossier)).collect();
        Ok(Response::new(pb::ListDossiersResponse { dossiers, next_page_token }))
    }
}
