//! `county.v1.Dossiers`.

use changxiao_domain::{
    dossier::{FilingBody, Identification, Plan, Progress, State},
    hazard_category::HazardCategory,
};
use changxiao_proto::{
    convert::request::{Invalid, Reader},
    county::v1::{self as pb, dossiers_server::Dossiers},
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Parsed, page},
    fault::Fault,
    journal::store::signed,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{CountyDesk, DOSSIER, ENTERPRISE, Envelope, after, cut, target, view, within};
use crate::{app::dossiers as app, book::CountyBook, store::dossiers};

/// Largest amount of money, yuan: larger ones are slips of the keyboard.
const MOST_YUAN: u64 = 100_000_000_000;

/// Serves dossiers of major hazards.
pub struct DossiersService(pub CountyDesk);

fn read_identify(wire: pb::IdentifyMajorHazardRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let found_on = reader.date("found_on", wire.found_on);
    let category = reader.parse::<HazardCategory>("category", &wire.category);
    let criterion = reader.text("criterion", &wire.criterion, 2, 500);
    let state_and_cause = reader.text("state_and_cause", &wire.state_and_cause, 10, 2_000);
    let harm_and_difficulty = reader.text("harm_and_difficulty", &wire.harm_and_difficulty, 10, 2_000);
    let protection = reader.text("protection", &wire.protection, 2, 2_000);
    let found = found_on.zip(category).zip(criterion).zip(state_and_cause).zip(harm_and_difficulty).zip(protection).map(
        |(((((found_on, category), criterion), state_and_cause), harm_and_difficulty), protection)| Identification {
            found_on,
            category,
            criterion,
            state_and_cause,
            harm_and_difficulty,
            protection,
        },
    );
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    envelope.parsed(reader, parent.zip(found).map(|((_, enterprise), found)| app::identify(enterprise, found)))
}

fn read_complete(wire: pb::CompleteDossierRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let given = wire.plan.unwrap_or_default();
    let measures = reader.text("plan.measures", &given.measures, 2, 2_000);
    let responsibility = reader.text("plan.responsibility", &given.responsibility, 2, 1_000);
    if given.funds_yuan == 0 {
        reader.wrong("plan.funds_yuan", "must be more than 0; all five elements are required");
    }
    if given.funds_yuan > MOST_YUAN {
        reader.wrong("plan.funds_yuan", format!("must be at most {MOST_YUAN}"));
    }
    let deadline = reader.date("plan.deadline", given.deadline);
    let emergency_plan = reader.text("plan.emergency_plan", &given.emergency_plan, 2, 2_000);
    let goals = reader.text("plan.goals", &given.goals, 2, 2_000);
    let plan = measures.zip(responsibility).zip(deadline).zip(emergency_plan).zip(goals).map(
        |((((measures, responsibility), deadline), emergency_plan), goals)| Plan {
            measures,
            responsibility,
            funds_yuan: given.funds_yuan,
            deadline,
            emergency_plan,
            goals,
        },
    );
    let command = target.zip(plan).map(|(target, plan)| app::complete(target, plan));
    envelope.parsed(reader, command)
}

fn read_file(wire: pb::FileDossierRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let command = target.map(app::file);
    envelope.parsed(reader, command)
}

fn read_confirm(wire: pb::ConfirmFilingRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let body = u32::try_from(wire.body).ok().and_then(FilingBody::from_number);
    if body.is_none() {
        reader.wrong("body", format!("{} is not a filing body; use 1, 2 or 3", wire.body));
    }
    let command = target.zip(body).map(|(target, body)| app::confirm(target, body));
    envelope.parsed(reader, command)
}

fn read_list(wire: pb::ListForSupervisionRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let number = reader.text("notice_number", &wire.notice_number, 2, 100);
    let deadline = reader.date("deadline", wire.deadline);
    let command = target.zip(number).zip(deadline).map(|((target, number), deadline)| app::list(target, number, deadline));
    envelope.parsed(reader, command)
}

fn read_report(wire: pb::ReportProgressRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let given = wire.progress.unwrap_or_default();
    let month = reader.month("progress.month", given.month);
    let percent = u8::try_from(given.percent).ok().filter(|percent| *percent <= 100);
    if percent.is_none() {
        reader.wrong("progress.percent", format!("must lie from 0 to 100, is {}", given.percent));
    }
    if given.spent_yuan > MOST_YUAN {
        reader.wrong("progress.spent_yuan", format!("must be at most {MOST_YUAN}"));
    }
    let text = reader.text("progress.text", &given.text, 2, 2_000);
    let progress = month.zip(percent).zip(text).map(|((month, percent), text)| Progress {
        month,
        percent,
        spent_yuan: given.spent_yuan,
        text,
    });
    let command = target.zip(progress).map(|(target, progress)| app::report(target, progress));
    envelope.parsed(reader, command)
}

fn read_finish(wire: pb::CompleteTreatmentRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let statement = reader.text("statement", &wire.statement, 2, 2_000);
    let command = target.zip(statement).map(|(target, statement)| app::finish(target, statement));
    envelope.parsed(reader, command)
}

fn read_assess(wire: pb::RecordAssessmentRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let institution = reader.text("institution", &wire.institution, 2, 200);
    let report = reader.text("report", &wire.report, 2, 100);
    let command = target.zip(institution).zip(report);
    let command = command.map(|((target, institution), report)| app::assess(target, institution, report, wire.passed));
    envelope.parsed(reader, command)
}

fn read_apply(wire: pb::ApplyForAcceptanceRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let command = target.map(app::apply_for_acceptance);
    envelope.parsed(reader, command)
}

fn read_decide(wire: pb::DecideAcceptanceRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let reason = reader.text("reason", &wire.reason, 0, 2_000);
    let new_deadline = reader.optional_date("new_deadline", wire.new_deadline);
    let inspectors: Vec<String> = wire.inspectors.iter().filter_map(|name| reader.text("inspectors", name, 1, 60)).collect();
    if inspectors.len() > 20 {
        reader.wrong("inspectors", "name at most 20");
    }
    let command = target.zip(reason).zip(new_deadline);
    let command = command.map(|((target, reason), deadline)| app::decide(target, wire.accepted, reason, deadline, inspectors));
    envelope.parsed(reader, command)
}

fn read_strike_off(wire: pb::StrikeOffDossierRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let (region, target) = target(&mut reader, &wire.name, &wire.etag, DOSSIER);
    let envelope = Envelope { region, request_id: reader.request_id(&wire.request_id), validate_only: wire.validate_only };
    let number = reader.text("closing_number", &wire.closing_number, 2, 100);
    let command = target.zip(number).map(|(target, number)| app::strike_off(target, number));
    envelope.parsed(reader, command)
}

/// The stored word of a state to filter by; the outer `None` means that it is wrong.
fn state_filter(reader: &mut Reader, number: i32) -> Option<Option<&'static str>> {
    if number == 0 {
        return Some(None);
    }
    let found = dossiers::STATES.iter().find(|(state, _): &&(State, _)| i32::from(view::dossier_state(*state)) == number);
    if found.is_none() {
        reader.wrong("state", format!("{number} is not a state"));
    }
    found.map(|(_, word)| Some(*word))
}

#[tonic::async_trait]
impl Dossiers for DossiersService {
    async fn identify_major_hazard(&self, request: Request<pb::IdentifyMajorHazardRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("IdentifyMajorHazard", request, read_identify).await
    }

    async fn complete_dossier(&self, request: Request<pb::CompleteDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("CompleteDossier", request, read_complete).await
    }

    async fn file_dossier(&self, request: Request<pb::FileDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("FileDossier", request, read_file).await
    }

    async fn confirm_filing(&self, request: Request<pb::ConfirmFilingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ConfirmFiling", request, read_confirm).await
    }

    async fn list_for_supervision(&self, request: Request<pb::ListForSupervisionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ListForSupervision", request, read_list).await
    }

    async fn report_progress(&self, request: Request<pb::ReportProgressRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReportProgress", request, read_report).await
    }

    async fn complete_treatment(&self, request: Request<pb::CompleteTreatmentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("CompleteTreatment", request, read_finish).await
    }

    async fn record_assessment(&self, request: Request<pb::RecordAssessmentRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordAssessment", request, read_assess).await
    }

    async fn apply_for_acceptance(&self, request: Request<pb::ApplyForAcceptanceRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ApplyForAcceptance", request, read_apply).await
    }

    async fn decide_acceptance(&self, request: Request<pb::DecideAcceptanceRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideAcceptance", request, read_decide).await
    }

    async fn strike_off_dossier(&self, request: Request<pb::StrikeOffDossierRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("StrikeOffDossier", request, read_strike_off).await
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
        let state = state_filter(&mut reader, wanted.state);
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
