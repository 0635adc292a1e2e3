//! Directives issued or carried here, with who owns the next step (督办、审核).

use std::collections::BTreeMap;

use changxiao_domain::{
    directive::Order,
    region::RegionId,
    rule_table::{MOST_TEXT, TableKind},
    scope::Scope,
};
use changxiao_proto::{
    convert::request::{Invalid, Reader},
    county::v1::Dossier,
    oversight::v1::{self as pb, directive_desk_server::DirectiveDesk},
    statistics::v1::Answer,
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Parsed, page},
    directives::Held,
    fault::Fault,
    journal::store::unsigned,
    place::Place,
};
use prost::Message as _;
use sea_orm::DatabaseConnection;
use tonic::{Request, Response, Status};

use super::{Office, issuer, parent};
use crate::{
    app::{
        issuer::{Issuer, subject},
        rule_tables::PublishTable,
        supervision::IssueSupervisionOrder,
    },
    book::Ledger,
    store::{
        desk,
        shown::{self, ANSWER, DOSSIER as DOSSIER_FACT},
    },
};

const DOSSIER: &str = "regions/{region}/dossiers/{dossier}";

/// Serves the directives of the regions of a desk.
pub struct DirectiveDeskService(pub Office);

fn read_order(issuer: Option<Issuer>, wire: pb::IssueSupervisionOrderRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let dossier = reader.serial_name("dossier", &wire.dossier, DOSSIER);
    let demand = reader.text("demand", &wire.demand, 1, 2_000);
    let answer_by = reader.date("answer_by", wire.answer_by);
    let read = region.zip(request_id).zip(dossier).zip(demand).zip(answer_by).zip(issuer).map(
        |(((((region, request_id), (origin, dossier)), demand), answer_by), issuer)| Parsed {
            region,
            request_id,
            validate_only: wire.validate_only,
            command: Box::new(IssueSupervisionOrder { issuer, origin, dossier, demand, answer_by }) as _,
        },
    );
    reader.finish(read)
}

fn read_table(issuer: Option<Issuer>, wire: pb::PublishTableRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let table = TableKind::from_id(&wire.table);
    if table.is_none() {
        let known: Vec<&str> = TableKind::ALL.iter().map(|kind| kind.id()).collect();
        reader.wrong("table", format!("must be one of {}", known.join(", ")));
    }
    let valid_from = reader.date("valid_from", wire.valid_from);
    let source = reader.text("source", &wire.source, 2, 500);
    let length = wire.text.chars().count();
    let good = (1..=MOST_TEXT).contains(&length);
    if !good {
        reader.wrong("text", format!("must have 1 to {MOST_TEXT} characters, has {length}"));
    }
    let read = (|| {
        let publish = PublishTable { issuer: issuer?, table: table?, valid_from: valid_from?, source: source?, text: wire.text };
        let (region, request_id) = (region?, request_id?);
        Some(Parsed { region, request_id, validate_only: wire.validate_only, command: Box::new(publish) as _ })
    })();
    reader.finish(read.filter(|_| good))
}

/// What a directive concerns and what it demands.
fn terms(addressee: &RegionId, issuer: &RegionId, order: &Order) -> (String, String) {
    match order {
        Order::Admission { enterprise, approved, reason } => {
            let demand = if *approved { "approved".to_owned() } else { reason.clone() };
            (format!("regions/{addressee}/enterprises/{enterprise}"), demand)
        }
        Order::Removal { enterprise, consented, reason } => {
            let demand = if *consented { "consented".to_owned() } else { reason.clone() };
            (format!("regions/{addressee}/enterprises/{enterprise}"), demand)
        }
        Order::Transfer { step, from, enterprise, text, .. } => {
            (format!("regions/{from}/enterprises/{enterprise}"), format!("{step:?} {text}"))
        }
        Order::Supervision { dossier, demand, .. } => (format!("regions/{addressee}/dossiers/{dossier}"), demand.clone()),
        Order::Register { version, .. } => (format!("regions/{issuer}/registers/{version}"), String::new()),
        Order::RuleTable { table, source, .. } => (format!("regions/{addressee}/tables/{}", table.id()), source.clone()),
        Order::Revocations { version, .. } => (format!("regions/{issuer}/revocations/{version}"), String::new()),
    }
}

fn view(place: &Place, held: &Held, handed_over: Option<u64>, answer: Option<String>) -> pb::Directive {
    let directive = &held.directive;
    let (object, demand) = terms(&directive.addressee, &directive.issuer, &directive.order);
    let state = match (&answer, held.delivered, handed_over) {
        (Some(_), _, _) => pb::DirectiveState::Answered,
        (None, Some(_), _) => pb::DirectiveState::Delivered,
        (None, None, Some(_)) => pb::DirectiveState::HandedOver,
        (None, None, None) => pb::DirectiveState::Issued,
    };
    pb::Directive {
        name: place.name(&subject(&directive.id)),
        addressee: directive.addressee.to_string(),
        kind: directive.order.kind().to_owned(),
        object,
        demand,
        issued_at_ms: directive.issued_at.ms(),
        state: state.into(),
        receipt_position: held.delivered.or(handed_over).unwrap_or(0),
        answer: answer.unwrap_or_default(),
    }
}

/// Whether a directive lies within a sight. Once an admission is decided its industry is gone with its body; only whole sights
/// see it then.
async fn within_sight(db: &DatabaseConnection, scope: Scope, held: &Held) -> Result<bool, Fault> {
    match &held.directive.order {
        _ if scope.is_whole() => Ok(true),
        Order::Admission { .. } | Order::Removal { .. } | Order::Transfer { .. } => Ok(false),
        Order::Register { .. } | Order::Revocations { .. } | Order::RuleTable { .. } => Ok(true),
        Order::Supervision { dossier, .. } => {
            let body = shown::one(db, &held.directive.addressee, DOSSIER_FACT, &dossier.to_string()).await?;
            let dossier = body.and_then(|body| Dossier::decode(body.as_slice()).ok());
            Ok(dossier.is_some_and(|dossier| scope.sees_industry(&dossier.industry)))
        }
    }
}

#[tonic::async_trait]
impl DirectiveDesk for DirectiveDeskService {
    async fn issue_supervision_order(
        &self,
        request: Request<pb::IssueSupervisionOrderRequest>,
    ) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().parent)?;
        self.0.write("IssueSupervisionOrder", request, |wire| read_order(issuer, wire)).await
    }

    async fn publish_table(&self, request: Request<pb::PublishTableRequest>) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().parent)?;
        self.0.write("PublishTable", request, |wire| read_table(issuer, wire)).await
    }

    async fn list_directives(
        &self,
        request: Request<pb::ListDirectivesRequest>,
    ) -> Result<Response<pb::ListDirectivesResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(request.get_ref().page.as_ref())?;
        let mut reader = Reader::default();
        let after = token.map(|token| reader.parse::<u64>("page.page_token", &token));
        let after = reader.finish(Some(after.flatten())).map_err(Fault::from)?;
        let mut held = desk::list(&host.read, region.as_str(), after, size + 1).await.map_err(Fault::from)?;
        let more = held.len() as u64 > size;
        held.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token =
            if more { held.last().map(|last| last.position.to_string()).unwrap_or_default() } else { String::new() };
        let ids = held.iter().map(|held| held.directive.id.clone()).collect();
        let handovers = desk::handovers(&host.read, ids).await.map_err(Fault::from)?;
        let handovers: BTreeMap<String, u64> = handovers.into_iter().map(|row| (row.directive, unsigned(row.position))).collect();
        let mut directives = Vec::with_capacity(held.len());
        for held in &held {
            // A page may hold less than its size: what lies outside the caller's sight is not there for them.
            if !within_sight(&host.read, actor.scope(), held).await? {
                continue;
            }
            let id = &held.directive.id;
            let answer = if held.wants_answer() {
                shown::one(&host.read, &held.directive.addressee, ANSWER, id).await.map_err(Fault::from)?
            } else {
                None
            };
            let answer = answer.and_then(|body| Answer::decode(body.as_slice()).ok()).map(|answer| answer.text);
            directives.push(view(&host.place, held, handovers.get(id).copied(), answer));
        }
        Ok(Response::new(pb::ListDirectivesResponse { directives, next_page_token }))
    }
}
