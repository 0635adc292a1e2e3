//! `county.v1.CountyDirectives`.

use changxiao_domain::county_directive::{CountyDirective, Draft, Recipient, State};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, county_directives_server::CountyDirectives},
    types::v1::Receipt,
};
use changxiao_tier::fault::Fault;
use sea_orm::ColumnTrait;
use tonic::{Request, Response, Status};

use super::{
    CountyDesk,
    pages::{ask, begin_new, enterprise, in_sight, industry, one, path, record, records},
    step::{Read, bare, begin, one_text, state_filter},
    view,
};
use crate::{app::county_directives as app, store::county_directives};

const DIRECTIVE: &str = "regions/{region}/countyDirectives/{directive}";

/// Serves directives of the county.
pub struct CountyDirectivesService(pub CountyDesk);

fn read_draft(wire: pb::DraftCountyDirectiveRequest) -> Read {
    let (mut reader, region, envelope) = begin_new!(wire, region);
    let about = path(&mut reader, "about", &wire.about, region.as_ref());
    let enterprise = enterprise(&mut reader, "enterprise", &wire.enterprise, region.as_ref());
    let industry = industry(&mut reader, "industry", &wire.industry);
    let recipient = match wire.recipient() {
        pb::DirectiveRecipient::Enterprise => Some(Recipient::Enterprise),
        pb::DirectiveRecipient::Department => Some(Recipient::Department),
        pb::DirectiveRecipient::Unspecified => {
            reader.wrong("recipient", "says who has to answer: 1 the enterprise, 2 the department");
            None
        }
    };
    let demand = reader.text("demand", &wire.demand, 2, 2_000);
    let deadline = reader.optional_date("deadline", wire.deadline);
    let basis = reader.text("basis", &wire.basis, 2, 500);
    let command = (|| {
        let (about, recipient, demand) = (about?, recipient?, demand?);
        let draft = Draft { about, recipient, demand, deadline: deadline?, basis: basis? };
        Some(app::draft(enterprise?, industry?, draft))
    })();
    envelope.parsed(reader, command)
}

fn read_issue(wire: pb::IssueCountyDirectiveRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DIRECTIVE);
    let number = reader.text("number", &wire.number, 2, 100);
    let signer = reader.text("signer", &wire.signer, 1, 60);
    let command = target.zip(number).zip(signer).map(|((target, number), signer)| app::issue(target, number, signer));
    envelope.parsed(reader, command)
}

fn read_reply(wire: pb::ReplyCountyDirectiveRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DIRECTIVE);
    let done = reader.text("done", &wire.done, 2, 2_000);
    let evidence = reader.text("evidence", &wire.evidence, 2, 2_000);
    let command = target.zip(done).zip(evidence).map(|((target, done), evidence)| app::reply(target, done, evidence));
    envelope.parsed(reader, command)
}

fn read_reject(wire: pb::RejectReplyRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DIRECTIVE);
    let reason = reader.text("reason", &wire.reason, 2, 2_000);
    let deadline = reader.optional_date("deadline", wire.deadline);
    let command = target.zip(reason).zip(deadline).map(|((target, reason), deadline)| app::reject(target, reason, deadline));
    envelope.parsed(reader, command)
}

#[tonic::async_trait]
impl CountyDirectives for CountyDirectivesService {
    async fn draft_county_directive(
        &self,
        request: Request<pb::DraftCountyDirectiveRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("DraftCountyDirective", request, read_draft).await
    }

    async fn issue_county_directive(
        &self,
        request: Request<pb::IssueCountyDirectiveRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("IssueCountyDirective", request, read_issue).await
    }

    async fn receive_county_directive(
        &self,
        request: Request<pb::ReceiveCountyDirectiveRequest>,
    ) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::ReceiveCountyDirectiveRequest| {
            one_text(begin!(wire, DIRECTIVE), "receiver", &wire.receiver, (1, 60), app::receive)
        };
        self.0.write("ReceiveCountyDirective", request, read).await
    }

    async fn reply_county_directive(
        &self,
        request: Request<pb::ReplyCountyDirectiveRequest>,
    ) -> Result<Response<Receipt>, Status> {
        self.0.write("ReplyCountyDirective", request, read_reply).await
    }

    async fn accept_reply(&self, request: Request<pb::AcceptReplyRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::AcceptReplyRequest| bare(begin!(wire, DIRECTIVE), app::accept);
        self.0.write("AcceptReply", request, read).await
    }

    async fn reject_reply(&self, request: Request<pb::RejectReplyRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RejectReply", request, read_reject).await
    }

    async fn get_county_directive(
        &self,
        request: Request<pb::GetCountyDirectiveRequest>,
    ) -> Result<Response<pb::CountyDirective>, Status> {
        let (region, serial, host, actor) = one!(self.0, request, DIRECTIVE);
        let found = record::<county_directives::Entity, _>(&host.read, serial, county_directives::from_row).await?;
        let found = found.filter(|held| app::is_seen(held, &actor));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::county_directive(&region, &found)))
    }

    async fn list_county_directives(
        &self,
        request: Request<pb::ListCountyDirectivesRequest>,
    ) -> Result<Response<pb::ListCountyDirectivesResponse>, Status> {
        use county_directives::Column;
        let (region, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let states = State::ALL.iter().map(|state| (view::county_directive_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let state = reader.finish(state).map_err(Fault::from)?;
        let mut filter =
            in_sight(actor.scope(), Column::Enterprise, Column::Industry).add_option(state.map(|state| Column::State.eq(state)));
        if actor.scope().enterprise.is_some() {
            filter = filter.add(Column::Recipient.eq(Recipient::Enterprise.id())).add(Column::State.ne(State::Draft.id()));
        }
        if wanted.overdue {
            filter = filter.add(Column::Overdue.eq(true));
        }
        let reading = (county_directives::from_row as _, (|held| held.serial) as fn(&CountyDirective) -> _);
        let (found, next_page_token) =
            records::<county_directives::Entity, _>(&host.read, wanted.page.as_ref(), filter, Column::Serial, reading).await?;
        let county_directives = found.iter().map(|held| view::county_directive(&region, held)).collect();
        Ok(Response::new(pb::ListCountyDirectivesResponse { county_directives, next_page_token }))
    }
}
