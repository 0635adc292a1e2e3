//! `county.v1.Inspections`.

mod lists;
mod read;

use changxiao_domain::{inspection::sight::Sight, region::RegionId};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, GetInspectionRequest, GetPlanRequest, inspections_server::Inspections},
    types::v1::Receipt,
};
use changxiao_tier::{fault::Fault, journal::store::signed};
use sea_orm::EntityTrait;
use tonic::{Request, Response, Status};

use super::{CountyDesk, INSPECTION, PLAN, view};
use crate::store::{inspection_plans, inspections};

/// Serves inspections.
pub struct InspectionsService(pub CountyDesk);

#[tonic::async_trait]
impl Inspections for InspectionsService {
    async fn plan_inspections(&self, request: Request<pb::PlanInspectionsRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("PlanInspections", request, read::plan).await
    }

    async fn assign_inspection(&self, request: Request<pb::AssignInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AssignInspection", request, read::assign).await
    }

    async fn begin_inspection(&self, request: Request<pb::BeginInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("BeginInspection", request, read::begin).await
    }

    async fn record_findings(&self, request: Request<pb::RecordFindingsRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordFindings", request, read::record).await
    }

    async fn sign_record(&self, request: Request<pb::SignRecordRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("SignRecord", request, read::sign).await
    }

    async fn issue_order(&self, request: Request<pb::IssueOrderRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("IssueOrder", request, |wire| read::order(&self.0, wire)).await
    }

    async fn feed_back(&self, request: Request<pb::FeedBackRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("FeedBack", request, read::feed_back).await
    }

    async fn confirm_feedback(&self, request: Request<pb::ConfirmFeedbackRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ConfirmFeedback", request, read::receive).await
    }

    async fn escalate_inspection(&self, request: Request<pb::EscalateInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("EscalateInspection", request, read::escalate).await
    }

    async fn apply_for_recheck(&self, request: Request<pb::ApplyForRecheckRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ApplyForRecheck", request, read::apply_for_recheck).await
    }

    async fn recheck_inspection(&self, request: Request<pb::RecheckInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecheckInspection", request, |wire| read::recheck(&self.0, wire)).await
    }

    async fn close_inspection(&self, request: Request<pb::CloseInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("CloseInspection", request, read::close).await
    }

    async fn file_case(&self, request: Request<pb::FileCaseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("FileCase", request, |wire| read::file_case(&self.0, wire)).await
    }

    async fn transfer_inspection(&self, request: Request<pb::TransferInspectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("TransferInspection", request, |wire| read::transfer(&self.0, wire)).await
    }

    async fn record_transfer_reply(&self, request: Request<pb::RecordTransferReplyRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordTransferReply", request, |wire| read::reply(&self.0, wire)).await
    }

    async fn record_transfer_result(
        &self,
        request: Request<pb::RecordTransferResultRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordTransferResult", request, |wire| read::settle(&self.0, wire)).await
    }

    async fn get_plan(&self, request: Request<GetPlanRequest>) -> Result<Response<pb::InspectionPlan>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, PLAN);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let row = inspection_plans::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
        let plan = row.map(inspection_plans::from_row).transpose().map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let own = actor.scope().industry;
        let plan = plan.filter(|plan| own.is_none() || plan.industry == own);
        let plan = plan.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::inspection_plan(&region, &plan, true)))
    }

    async fn list_plans(&self, request: Request<pb::ListPlansRequest>) -> Result<Response<pb::ListPlansResponse>, Status> {
        lists::plans(&self.0, &request).await
    }

    async fn get_inspection(&self, request: Request<GetInspectionRequest>) -> Result<Response<pb::Inspection>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, INSPECTION);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let row = inspections::Entity::find_by_id(signed(serial.raw())).one(&host.read).await.map_err(Fault::from)?;
        let found = row.map(inspections::from_row).transpose().map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let found = found.filter(|inspection| inspection.is_seen_by(&actor));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(shown(&region, &found, &Sight::of(&actor))))
    }

    async fn list_inspections(
        &self,
        request: Request<pb::ListInspectionsRequest>,
    ) -> Result<Response<pb::ListInspectionsResponse>, Status> {
        lists::inspections(&self.0, &request).await
    }

    async fn list_hints(&self, request: Request<pb::ListHintsRequest>) -> Result<Response<pb::ListHintsResponse>, Status> {
        lists::hints(&self.0, &request).await
    }
}

/// An inspection as somebody may see it: an enterprise sees what was fed back, not how the authority works inside.
fn shown(region: &RegionId, inspection: &changxiao_domain::inspection::Inspection, sight: &Sight) -> pb::Inspection {
    let full = view::inspection(region, inspection);
    match sight {
        Sight::Told => pb::Inspection {
            plan: String::new(),
            covert: false,
            case_form: String::new(),
            reminders: Vec::new(),
            escalated_on: None,
            escalation_office: String::new(),
            escalation_leaders: String::new(),
            ..full
        },
        Sight::Supervisor | Sight::Assigned(_) | Sight::Bystander => full,
    }
}
