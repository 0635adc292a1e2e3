//! `county.v1.Supervision`: directives from above.

use changxiao_domain::directive::Order;
use changxiao_proto::{
    convert::request::{Invalid, Name, Reader},
    county::v1::{
        self as pb, AnswerDirectiveRequest, ListDirectivesRequest, ListDirectivesResponse, supervision_server::Supervision,
    },
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Parsed, page},
    directives::{Held, directive_row, held_of},
    fault::Fault,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{CountyDesk, Envelope, cut, sight::within_sight};
use crate::{app::directives as app, book::CountyBook};

const DIRECTIVE: &str = "regions/{region}/directives/{directive}";

/// Serves directives.
pub struct SupervisionService(pub CountyDesk);

fn read_answer(wire: AnswerDirectiveRequest) -> Result<Parsed<CountyBook>, Invalid> {
    let mut reader = Reader::default();
    let name = reader.read("name", Name::parse(&wire.name, DIRECTIVE));
    let request_id = reader.request_id(&wire.request_id);
    let text = reader.text("text", &wire.text, 2, 2_000);
    let envelope =
        Envelope { region: name.as_ref().map(|name| name.region.clone()), request_id, validate_only: wire.validate_only };
    let id = name.and_then(|name| name.path.first().map(|(_, id)| id.replace('~', "/")));
    envelope.parsed(reader, id.zip(text).map(|(id, text)| app::answer(id, text)))
}

fn view(place: &changxiao_tier::place::Place, held: &Held) -> pb::ReceivedDirective {
    let (object, demand, answer_by) = match &held.directive.order {
        Order::Admission { enterprise, approved, reason } => {
            let word = if *approved { "审核认可 approved".to_owned() } else { format!("退回 returned: {reason}") };
            (place.name(&format!("enterprises/{enterprise}")), word, 0)
        }
        Order::Removal { enterprise, consented, reason } => {
            let word = if *consented { "同意移出 consented".to_owned() } else { format!("不同意 refused: {reason}") };
            (place.name(&format!("enterprises/{enterprise}")), word, 0)
        }
        Order::Transfer { step, from, enterprise, text, .. } => {
            (format!("regions/{from}/enterprises/{enterprise}"), format!("{step:?} {text}"), 0)
        }
        Order::Supervision { dossier, demand, answer_by } => {
            (place.name(&format!("dossiers/{dossier}")), demand.clone(), answer_by.ms())
        }
        Order::Register { version, .. } => (format!("registers/{version}"), String::new(), 0),
        Order::RuleTable { table, source, .. } => (format!("tables/{}", table.id()), source.clone(), 0),
        Order::Revocations { version, .. } => (format!("revocations/{}~{version}", held.directive.issuer), String::new(), 0),
    };
    pb::ReceivedDirective {
        name: place.name(&app::path(&held.directive.id)),
        issuer: held.directive.issuer.to_string(),
        kind: held.directive.order.kind().to_owned(),
        object,
        demand,
        answer_by_ms: answer_by,
        received_at_ms: held.arrived_at.ms(),
        answer: held.answer.as_ref().map(|(text, _)| text.clone()).unwrap_or_default(),
    }
}

/// What a directive concerns within the region.
fn subject(order: &Order) -> String {
    match order {
        Order::Admission { enterprise, .. } | Order::Removal { enterprise, .. } => format!("enterprises/{enterprise}"),
        // Until it is here an enterprise belongs to no sight but the whole one.
        Order::Transfer { enterprise, .. } => format!("transfers/{enterprise}"),
        Order::Supervision { dossier, .. } => format!("dossiers/{dossier}"),
        Order::Register { version, .. } => format!("registers/{version}"),
        Order::RuleTable { table, .. } => format!("tables/{}", table.id()),
        Order::Revocations { version, .. } => format!("revocations/{version}"),
    }
}

#[tonic::async_trait]
impl Supervision for SupervisionService {
    async fn list_directives(&self, request: Request<ListDirectivesRequest>) -> Result<Response<ListDirectivesResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(request.get_ref().page.as_ref())?;
        let mut query = directive_row::Entity::find().order_by_asc(directive_row::Column::Position).limit(size + 1);
        if let Some(token) = token {
            let mut reader = Reader::default();
            let after = reader.parse::<i64>("page.page_token", &token);
            query = query.filter(directive_row::Column::Position.gt(reader.finish(after).map_err(Fault::from)?));
        }
        if request.get_ref().unanswered {
            query = query.filter(directive_row::Column::Kind.eq("supervision")).filter(directive_row::Column::Answer.is_null());
        }
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let mut found = rows.into_iter().map(held_of).collect::<Result<Vec<_>, _>>().map_err(Fault::from)?;
        let next_page_token = cut(&mut found, size, |held| held.position.to_string());
        let mut directives = Vec::with_capacity(found.len());
        for held in &found {
            if within_sight(&host.read, &actor, &subject(&held.directive.order)).await? {
                directives.push(view(&host.place, held));
            }
        }
        Ok(Response::new(ListDirectivesResponse { directives, next_page_token }))
    }

    async fn answer_directive(&self, request: Request<AnswerDirectiveRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AnswerDirective", request, read_answer).await
    }
}
