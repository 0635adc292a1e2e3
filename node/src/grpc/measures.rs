//! `county.v1.Measures`.

use changxiao_domain::{
    measure::{Consultation, Interview, Measure, Proposal, Publicity, State, Warning},
    serial::Serial,
};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, measures_server::Measures},
    types::v1::Receipt,
};
use changxiao_tier::{fault::Fault, journal::store::signed};
use sea_orm::ColumnTrait;
use tonic::{Request, Response, Status};

use super::{
    CountyDesk, ENTERPRISE,
    pages::{ask, begin_new, enterprise, in_sight, one, persons, record, records},
    step::{Read, begin, one_text, state_filter},
    view,
};
use crate::{
    app::{measures as app, sees},
    store::measures,
};

const MEASURE: &str = "regions/{region}/measures/{measure}";
/// Most commitments of one interview.
const MOST_COMMITMENTS: usize = 20;

/// Serves measures.
pub struct MeasuresService(pub CountyDesk);

fn read_warning(wire: pb::PublishWarningRequest) -> Read {
    let (mut reader, region, envelope) = begin_new!(wire, region);
    let enterprise = enterprise(&mut reader, "enterprise", &wire.enterprise, region.as_ref());
    let facts = reader.text("facts", &wire.facts, 10, 5_000);
    let addressees = reader.text("addressees", &wire.addressees, 2, 500);
    let warning = facts.zip(addressees).map(|(facts, addressees)| Warning { facts, addressees });
    envelope.parsed(reader, enterprise.zip(warning).map(|(enterprise, warning)| app::warn(enterprise, warning)))
}

fn read_commitments(reader: &mut Reader, given: Vec<pb::Commitment>) -> Option<Vec<(String, changxiao_domain::clock::Date)>> {
    if given.len() > MOST_COMMITMENTS {
        reader.wrong("commitments", format!("are at most {MOST_COMMITMENTS}, {} given", given.len()));
        return None;
    }
    let read: Vec<_> = given
        .into_iter()
        .map(|one| {
            let demand = reader.text("commitments.demand", &one.demand, 2, 2_000);
            demand.zip(reader.date("commitments.by", one.by))
        })
        .collect();
    read.into_iter().collect()
}

fn read_interview(wire: pb::RecordInterviewRequest) -> Read {
    let (mut reader, enterprise, envelope) = begin_new!(wire, ENTERPRISE);
    let on = reader.date("on", wire.on);
    let persons = persons(&mut reader, "persons", &wire.persons);
    let minutes = reader.text("minutes", &wire.minutes, 10, 5_000);
    let commitments = read_commitments(&mut reader, wire.commitments);
    let held = (|| Some(Interview { on: on?, persons: persons?, minutes: minutes?, commitments: commitments? }))();
    envelope.parsed(reader, enterprise.zip(held).map(|(enterprise, held)| app::interview(enterprise, held)))
}

fn read_publicity(wire: pb::PublicizeEnterpriseRequest) -> Read {
    let (mut reader, enterprise, envelope) = begin_new!(wire, ENTERPRISE);
    let text = reader.text("text", &wire.text, 10, 5_000);
    let medium = reader.text("medium", &wire.medium, 2, 200);
    let legal_check = reader.text("legal_check", &wire.legal_check, 2, 500);
    let publicity = (|| Some(Publicity { text: text?, medium: medium?, legal_check: legal_check? }))();
    envelope.parsed(reader, enterprise.zip(publicity).map(|(enterprise, publicity)| app::publicise(enterprise, publicity)))
}

fn read_consultation(wire: pb::RecordConsultationRequest) -> Read {
    let (mut reader, enterprise, envelope) = begin_new!(wire, ENTERPRISE);
    let on = reader.date("on", wire.on);
    let experts = persons(&mut reader, "experts", &wire.experts);
    let question = reader.text("question", &wire.question, 10, 2_000);
    let opinion = reader.text("opinion", &wire.opinion, 10, 5_000);
    let held = (|| Some(Consultation { on: on?, experts: experts?, question: question?, opinion: opinion? }))();
    envelope.parsed(reader, enterprise.zip(held).map(|(enterprise, held)| app::consult(enterprise, held)))
}

fn read_proposal(wire: pb::ProposeBlacklistingRequest) -> Read {
    let (mut reader, enterprise, envelope) = begin_new!(wire, ENTERPRISE);
    let ground = reader.text("ground", &wire.ground, 10, 2_000);
    let evidence = reader.text("evidence", &wire.evidence, 2, 5_000);
    let proposal = ground.zip(evidence).map(|(ground, evidence)| Proposal { ground, evidence });
    envelope.parsed(reader, enterprise.zip(proposal).map(|(enterprise, proposal)| app::propose(enterprise, proposal)))
}

fn read_decision(wire: pb::DecideBlacklistingRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, MEASURE);
    let decision = reader.text("decision", &wire.decision, 2, 2_000);
    let publication = reader.text("publication", &wire.publication, 2, 200);
    let command = target.zip(decision).zip(publication);
    envelope.parsed(reader, command.map(|((target, decision), publication)| app::blacklist(target, decision, publication)))
}

#[tonic::async_trait]
impl Measures for MeasuresService {
    async fn publish_warning(&self, request: Request<pb::PublishWarningRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("PublishWarning", request, read_warning).await
    }

    async fn record_interview(&self, request: Request<pb::RecordInterviewRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordInterview", request, read_interview).await
    }

    async fn publicize_enterprise(&self, request: Request<pb::PublicizeEnterpriseRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("PublicizeEnterprise", request, read_publicity).await
    }

    async fn record_consultation(&self, request: Request<pb::RecordConsultationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordConsultation", request, read_consultation).await
    }

    async fn propose_blacklisting(&self, request: Request<pb::ProposeBlacklistingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ProposeBlacklisting", request, read_proposal).await
    }

    async fn give_statement(&self, request: Request<pb::GiveStatementRequest>) -> Result<Response<Receipt>, Status> {
        let read =
            |wire: pb::GiveStatementRequest| one_text(begin!(wire, MEASURE), "statement", &wire.statement, (2, 5_000), app::hear);
        self.0.write("GiveStatement", request, read).await
    }

    async fn decide_blacklisting(&self, request: Request<pb::DecideBlacklistingRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideBlacklisting", request, read_decision).await
    }

    async fn end_blacklisting(&self, request: Request<pb::EndBlacklistingRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::EndBlacklistingRequest| {
            one_text(begin!(wire, MEASURE), "publication", &wire.publication, (2, 200), app::exit)
        };
        self.0.write("EndBlacklisting", request, read).await
    }

    async fn get_measure(&self, request: Request<pb::GetMeasureRequest>) -> Result<Response<pb::Measure>, Status> {
        let (region, serial, host, actor) = one!(self.0, request, MEASURE);
        let found = record::<measures::Entity, _>(&host.read, serial, measures::from_row).await?;
        let found = found.filter(|held| sees(&actor, held.enterprise, held.industry));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::measure(&region, &found)))
    }

    async fn list_measures(
        &self,
        request: Request<pb::ListMeasuresRequest>,
    ) -> Result<Response<pb::ListMeasuresResponse>, Status> {
        let (region, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let states = State::ALL.iter().map(|state| (view::measure_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let enterprise = enterprise(&mut reader, "enterprise", &wanted.enterprise, Some(&region));
        let (state, enterprise) = reader.finish(state.zip(enterprise)).map_err(Fault::from)?;
        let filter = in_sight(actor.scope(), measures::Column::Enterprise, measures::Column::Industry)
            .add_option(state.map(|state| measures::Column::State.eq(state)))
            .add_option(enterprise.map(|serial: Serial| measures::Column::Enterprise.eq(signed(serial.raw()))));
        let reading = (measures::from_row as _, (|held| held.serial) as fn(&Measure) -> _);
        let (found, next_page_token) =
            records::<measures::Entity, _>(&host.read, wanted.page.as_ref(), filter, measures::Column::Serial, reading).await?;
        let measures = found.iter().map(|held| view::measure(&region, held)).collect();
        Ok(Response::new(pb::ListMeasuresResponse { measures, next_page_token }))
    }
}
