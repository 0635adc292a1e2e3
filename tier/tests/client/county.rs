//! A county that knows one service, and of that only what the conversations need.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use changxiao_proto::{
    county::v1::{
        self as pb, AcceptHazardRequest, AssignRectificationRequest, GetHazardRequest, Hazard, ListHazardsRequest,
        ListHazardsResponse, RegisterHazardRequest, ReinspectHazardRequest, ReportRectificationRequest, StrikeOffHazardRequest,
        hazards_server::Hazards,
    },
    types::v1::{Date, Receipt},
};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Remembers what it was asked; accepts what carries the token.
#[derive(Clone, Default)]
pub struct County {
    /// Requests in order, each with its credentials and language.
    pub asked: Arc<Mutex<Vec<(RegisterHazardRequest, String)>>>,
}

fn header<T>(request: &Request<T>, name: &str) -> String {
    request.metadata().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[tonic::async_trait]
impl Hazards for County {
    async fn register_hazard(&self, request: Request<RegisterHazardRequest>) -> Result<Response<Receipt>, Status> {
        let credentials = format!("{} {}", header(&request, "authorization"), header(&request, "accept-language"));
        let request = request.into_inner();
        if request.description.chars().count() < 10 {
            let mut details = ErrorDetails::new();
            details
                .set_error_info("HAZARD_INVALID", "changxiao", HashMap::new())
                .add_bad_request_violation("description", "has too few characters; give at least 10")
                .set_localized_message("zh-CN", "隐患描述太短");
            return Err(Status::with_error_details(Code::InvalidArgument, "the hazard is not complete", details));
        }
        self.asked.lock().unwrap().push((request, credentials));
        Ok(Response::new(Receipt { resource: "regions/bs-tengchong/hazards/1-1".into(), position: 9, ..Receipt::default() }))
    }

    async fn list_hazards(&self, request: Request<ListHazardsRequest>) -> Result<Response<ListHazardsResponse>, Status> {
        let hazard = Hazard {
            name: "regions/bs-tengchong/hazards/1-1".into(),
            state: request.into_inner().state,
            found_on: Some(Date { year: 2015, month: 8, day: 5 }),
            place: "一号车间".into(),
            ..Hazard::default()
        };
        Ok(Response::new(ListHazardsResponse { hazards: vec![hazard], next_page_token: String::new() }))
    }

    async fn get_hazard(&self, _: Request<GetHazardRequest>) -> Result<Response<Hazard>, Status> {
        Err(Status::not_found("no such hazard"))
    }

    async fn assign_rectification(&self, _: Request<AssignRectificationRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn report_rectification(&self, _: Request<ReportRectificationRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn reinspect_hazard(&self, _: Request<ReinspectHazardRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn accept_hazard(&self, _: Request<AcceptHazardRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn assess_hazard(&self, _: Request<pb::AssessHazardRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn upgrade_hazard(&self, _: Request<pb::UpgradeHazardRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn fix_on_spot(&self, _: Request<pb::FixOnSpotRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn ask_extension(&self, _: Request<pb::AskExtensionRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn decide_extension(&self, _: Request<pb::DecideExtensionRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn ask_voiding(&self, _: Request<pb::AskVoidingRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn decide_voiding(&self, _: Request<pb::DecideVoidingRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn strike_off_hazard(&self, _: Request<StrikeOffHazardRequest>) -> Result<Response<Receipt>, Status> {
        Err(Status::unimplemented(""))
    }
}
