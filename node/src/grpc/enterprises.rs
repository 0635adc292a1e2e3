//! `county.v1.Enterprises`.

mod form;
mod lists;
mod read;

pub(crate) use read::propose as read_propose;

use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, enterprises_server::Enterprises},
    types::v1::Receipt,
};
use changxiao_tier::fault::Fault;
use tonic::{Request, Response, Status};

use super::{CountyDesk, ENTERPRISE, view};

/// Name of a name list.
const NAME_LIST: &str = "regions/{region}/nameLists/{list}";

/// Serves enterprises.
pub struct EnterprisesService(pub CountyDesk);

#[tonic::async_trait]
impl Enterprises for EnterprisesService {
    async fn propose_enterprise(&self, request: Request<pb::ProposeEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ProposeEnterprise", request, read::propose).await
    }

    async fn enlist_enterprise(&self, request: Request<pb::EnlistEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("EnlistEnterprise", request, read::enlist).await
    }

    async fn exclude_enterprise(&self, request: Request<pb::ExcludeEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ExcludeEnterprise", request, read::exclude).await
    }

    async fn invite_enterprise(&self, request: Request<pb::InviteEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("InviteEnterprise", request, read::invite).await
    }

    async fn update_enterprise(&self, request: Request<pb::UpdateEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("UpdateEnterprise", request, read::update).await
    }

    async fn confirm_enterprise(&self, request: Request<pb::ConfirmEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ConfirmEnterprise", request, read::confirm).await
    }

    async fn submit_enterprise(&self, request: Request<pb::SubmitEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("SubmitEnterprise", request, read::submit).await
    }

    async fn return_enterprise(&self, request: Request<pb::ReturnEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReturnEnterprise", request, read::send_back).await
    }

    async fn request_admission(&self, request: Request<pb::RequestAdmissionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RequestAdmission", request, read::admission).await
    }

    async fn ask_stop(&self, request: Request<pb::AskStopRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AskStop", request, read::ask_stop).await
    }

    async fn decide_stop(&self, request: Request<pb::DecideStopRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideStop", request, read::decide_stop).await
    }

    async fn ask_restart(&self, request: Request<pb::AskRestartRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AskRestart", request, read::ask_restart).await
    }

    async fn decide_restart(&self, request: Request<pb::DecideRestartRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideRestart", request, read::decide_restart).await
    }

    async fn ask_removal(&self, request: Request<pb::AskRemovalRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AskRemoval", request, read::ask_removal).await
    }

    async fn get_enterprise(&self, request: Request<pb::GetEnterpriseRequest>) -> Result<Response<pb::Enterprise>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, ENTERPRISE);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let found = lists::one(&host.read, actor.scope(), serial).await?;
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::enterprise(&region, &found)))
    }

    async fn list_enterprises(
        &self,
        request: Request<pb::ListEnterprisesRequest>,
    ) -> Result<Response<pb::ListEnterprisesResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let listed = lists::enterprises(&host.read, actor.scope(), &region, request.get_ref()).await?;
        Ok(Response::new(listed))
    }

    async fn list_enterprise_changes(
        &self,
        request: Request<pb::ListEnterpriseChangesRequest>,
    ) -> Result<Response<pb::ListEnterpriseChangesResponse>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, ENTERPRISE);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let found = lists::one(&host.read, actor.scope(), serial).await?;
        found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(lists::changes(&host.read, serial, request.get_ref()).await?))
    }

    async fn publish_name_list(&self, request: Request<pb::PublishNameListRequest>) -> Result<Response<Receipt>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let industry = read::industry(&mut reader, &request.get_ref().industry);
        // What cannot be read is told by the reader of the whole request.
        let serials = match region.zip(industry) {
            Some((region, industry)) => {
                let (host, actor) = self.0.admit(&request, &region)?;
                lists::taken(&host.read, actor.scope(), industry).await?
            }
            None => Vec::new(),
        };
        self.0.write("PublishNameList", request, |wire| read::publish(wire, serials)).await
    }

    async fn get_name_list(&self, request: Request<pb::GetNameListRequest>) -> Result<Response<pb::NameList>, Status> {
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &request.get_ref().name, NAME_LIST);
        let (region, serial) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let found = lists::name_list(&host.read, actor.scope(), &region, serial).await?;
        Ok(Response::new(found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?))
    }
}
