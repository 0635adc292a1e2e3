//! `county.v1.Organisation`.

use changxiao_domain::{
    actor::AccountId,
    organisation::{
        Batch, Layer, Member, Officers, Organisation as County, Skill, Submission, SubmissionKind, SubmissionState, Trainee,
        Training, User,
    },
    personal::Personal,
    phase,
};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, organisation_server::Organisation},
    types::v1::Receipt,
};
use changxiao_tier::fault::Fault;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use tonic::{Request, Response, Status};

use super::{
    CountyDesk,
    pages::{ask, begin_new, numbered, records},
    step::{Read, bare, begin, one_text},
    view,
};
use crate::{
    app::organisation as app,
    store::{enterprises, organisation as store, submissions, trainings, users},
};

const USER: &str = "regions/{region}/users/{user}";
const TRAINING: &str = "regions/{region}/trainings/{training}";
const SUBMISSION: &str = "regions/{region}/submissions/{submission}";
/// Most members of a leading group.
const MOST_MEMBERS: usize = 50;

/// Serves the county's organisation.
pub struct OrganisationService(pub CountyDesk);

fn read_officers(wire: pb::NameOfficersRequest) -> Read {
    let (mut reader, _, envelope) = begin_new!(wire, region);
    let bureau_head = reader.text("bureau_head", &wire.bureau_head, 1, 60);
    let responsible = reader.text("responsible", &wire.responsible, 1, 60);
    let steward = reader.text("steward", &wire.steward, 1, 60);
    let officers = (|| Some(Officers { bureau_head: bureau_head?, responsible: responsible?, steward: steward? }))();
    envelope.parsed(reader, officers.map(app::name_officers))
}

fn read_members(reader: &mut Reader, given: &[pb::GroupMember]) -> Option<Vec<Member>> {
    if given.is_empty() || given.len() > MOST_MEMBERS {
        reader.wrong("members", format!("are 1 to {MOST_MEMBERS}, {} given", given.len()));
        return None;
    }
    let mut read = |one: &pb::GroupMember| {
        let name = reader.text("members.name", &one.name, 1, 60);
        let post = reader.text("members.post", &one.post, 1, 100);
        if !(1..=3).contains(&one.rank) {
            reader.wrong("members.rank", format!("must lie from 1 to 3, is {}", one.rank));
            return None;
        }
        Some(Member { name: Personal::Known(name?), post: post?, rank: one.rank })
    };
    let members: Vec<_> = given.iter().map(&mut read).collect();
    members.into_iter().collect()
}

fn read_group(wire: pb::SetLeadingGroupRequest) -> Read {
    let (mut reader, _, envelope) = begin_new!(wire, region);
    let members = read_members(&mut reader, &wire.members);
    let from = reader.date("from", wire.from);
    envelope.parsed(reader, members.zip(from).map(|(members, from)| app::set_group(members, from)))
}

fn read_trainee(wire: pb::RecordTraineeRequest) -> Read {
    let (mut reader, _, envelope) = begin_new!(wire, region);
    let person = reader.text("person", &wire.person, 1, 60);
    let account = reader.parse::<AccountId>("account", &wire.account);
    let skill = numbered(&mut reader, "skill", wire.skill, &Skill::WORDS);
    let on = reader.date("on", wire.on);
    let trainee = (|| Some(Trainee { person: person?, account: account?.to_string(), skill: skill?, on: on? }))();
    envelope.parsed(reader, trainee.map(app::record_trainee))
}

fn read_batch(wire: pb::PlanTrainingRequest) -> Read {
    let (mut reader, _, envelope) = begin_new!(wire, region);
    let layer = numbered(&mut reader, "layer", wire.layer, &Layer::WORDS);
    let title = reader.text("title", &wire.title, 2, 200);
    let report_by = reader.date("report_by", wire.report_by);
    if wire.planned == 0 {
        reader.wrong("planned", "must be at least 1");
    }
    let planned = (wire.planned > 0).then_some(wire.planned);
    let batch = (|| Some(Batch { layer: layer?, title: title?, report_by: report_by?, planned: planned? }))();
    envelope.parsed(reader, batch.map(app::plan_training))
}

fn read_demand(wire: pb::DemandSubmissionRequest) -> Read {
    let (mut reader, _, envelope) = begin_new!(wire, region);
    let kind = numbered(&mut reader, "kind", wire.kind, &SubmissionKind::WORDS);
    let kind = kind.filter(|kind| *kind != SubmissionKind::AnnualSummary);
    if kind.is_none() {
        reader.wrong("kind", "is 1 document, 2 measures or 3 experience; an annual summary opens by itself");
    }
    let title = reader.text("title", &wire.title, 2, 200);
    let due = reader.date("due", wire.due);
    envelope.parsed(reader, kind.zip(title).zip(due).map(|((kind, title), due)| app::demand_submission(kind, title, due)))
}

fn read_certify(wire: pb::CertifyUserRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, USER);
    let until = reader.date("until", wire.until);
    envelope.parsed(reader, target.zip(until).map(|(target, until)| app::certify_user(target, until)))
}

fn read_held(wire: pb::HoldTrainingRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, TRAINING);
    let on = reader.date("on", wire.on);
    let attended = wire.attended;
    envelope.parsed(reader, target.zip(on).map(|(target, on)| app::hold_training(target, on, attended)))
}

fn read_made(wire: pb::MakeSubmissionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, SUBMISSION);
    let text = reader.text("text", &wire.text, 2, 20_000);
    let signer = reader.text("signer", &wire.signer, 1, 60);
    let command = target.zip(text).zip(signer).map(|((target, text), signer)| app::make_submission(target, text, signer));
    envelope.parsed(reader, command)
}

#[tonic::async_trait]
impl Organisation for OrganisationService {
    async fn name_officers(&self, request: Request<pb::NameOfficersRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("NameOfficers", request, read_officers).await
    }

    async fn set_leading_group(&self, request: Request<pb::SetLeadingGroupRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("SetLeadingGroup", request, read_group).await
    }

    async fn file_leading_group(&self, request: Request<pb::FileLeadingGroupRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::FileLeadingGroupRequest| {
            let (reader, region, envelope) = begin_new!(wire, region);
            envelope.parsed(reader, region.map(|_| app::file_group()))
        };
        self.0.write("FileLeadingGroup", request, read).await
    }

    async fn get_organisation(
        &self,
        request: Request<pb::GetOrganisationRequest>,
    ) -> Result<Response<pb::OrganisationStanding>, Status> {
        let (_, host, _) = ask!(self.0, request);
        let row = store::Entity::find_by_id(1).one(&host.read).await.map_err(Fault::from)?;
        let county = row.map(store::from_row).transpose().map_err(|fault| Fault::from(DbErr::from(fault)))?;
        Ok(Response::new(view::organisation(&county.unwrap_or_else(County::default))))
    }

    async fn record_trainee(&self, request: Request<pb::RecordTraineeRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordTrainee", request, read_trainee).await
    }

    async fn certify_user(&self, request: Request<pb::CertifyUserRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("CertifyUser", request, read_certify).await
    }

    async fn release_user(&self, request: Request<pb::ReleaseUserRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::ReleaseUserRequest| bare(begin!(wire, USER), app::release_user);
        self.0.write("ReleaseUser", request, read).await
    }

    async fn list_users(&self, request: Request<pb::ListUsersRequest>) -> Result<Response<pb::ListUsersResponse>, Status> {
        let (region, host, _) = ask!(self.0, request);
        let reading = (users::from_row as _, (|user| user.serial) as fn(&User) -> _);
        let page = request.get_ref().page.as_ref();
        let (found, next_page_token) =
            records::<users::Entity, _>(&host.read, page, Condition::all(), users::Column::Serial, reading).await?;
        let users = found.iter().map(|user| view::user(&region, user)).collect();
        Ok(Response::new(pb::ListUsersResponse { users, next_page_token }))
    }

    async fn plan_training(&self, request: Request<pb::PlanTrainingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("PlanTraining", request, read_batch).await
    }

    async fn hold_training(&self, request: Request<pb::HoldTrainingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("HoldTraining", request, read_held).await
    }

    async fn report_training(&self, request: Request<pb::ReportTrainingRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::ReportTrainingRequest| {
            one_text(begin!(wire, TRAINING), "report", &wire.report, (2, 5_000), app::report_training)
        };
        self.0.write("ReportTraining", request, read).await
    }

    async fn list_trainings(
        &self,
        request: Request<pb::ListTrainingsRequest>,
    ) -> Result<Response<pb::ListTrainingsResponse>, Status> {
        let (region, host, _) = ask!(self.0, request);
        let reading = (trainings::from_row as _, (|held| held.serial) as fn(&Training) -> _);
        let page = request.get_ref().page.as_ref();
        let (found, next_page_token) =
            records::<trainings::Entity, _>(&host.read, page, Condition::all(), trainings::Column::Serial, reading).await?;
        let trainings = found.iter().map(|held| view::training(&region, held)).collect();
        Ok(Response::new(pb::ListTrainingsResponse { trainings, next_page_token }))
    }

    async fn demand_submission(&self, request: Request<pb::DemandSubmissionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DemandSubmission", request, read_demand).await
    }

    async fn make_submission(&self, request: Request<pb::MakeSubmissionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("MakeSubmission", request, read_made).await
    }

    async fn credit_submission(&self, request: Request<pb::CreditSubmissionRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::CreditSubmissionRequest| {
            one_text(begin!(wire, SUBMISSION), "remark", &wire.remark, (2, 500), app::credit_submission)
        };
        self.0.write("CreditSubmission", request, read).await
    }

    async fn list_submissions(
        &self,
        request: Request<pb::ListSubmissionsRequest>,
    ) -> Result<Response<pb::ListSubmissionsResponse>, Status> {
        let (region, host, _) = ask!(self.0, request);
        let wanted = request.get_ref();
        let due = changxiao_domain::organisation::SubmissionState::WORDS
            .iter()
            .find(|(state, _)| *state == SubmissionState::Due)
            .map(|(_, word)| *word);
        let filter = Condition::all().add_option(due.filter(|_| wanted.unmade).map(|due| submissions::Column::State.eq(due)));
        let reading = (submissions::from_row as _, (|held| held.serial) as fn(&Submission) -> _);
        let (found, next_page_token) =
            records::<submissions::Entity, _>(&host.read, wanted.page.as_ref(), filter, submissions::Column::Serial, reading)
                .await?;
        let submissions = found.iter().map(|held| view::submission(&region, held)).collect();
        Ok(Response::new(pb::ListSubmissionsResponse { submissions, next_page_token }))
    }

    async fn list_phases(&self, request: Request<pb::ListPhasesRequest>) -> Result<Response<pb::ListPhasesResponse>, Status> {
        let (_, host, _) = ask!(self.0, request);
        let today = host.place.clock.now().date();
        let approved = enterprises::Entity::find().filter(enterprises::Column::State.eq("approved"));
        let approved = approved.count(&host.read).await.map_err(Fault::from)?;
        let all = enterprises::Entity::find().count(&host.read).await.map_err(Fault::from)?;
        let few = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Response::new(pb::ListPhasesResponse {
            phases: phase::all().iter().map(|one| view::phase(one, today)).collect(),
            candidates: few(all.saturating_sub(approved)),
            approved: few(approved),
        }))
    }
}
