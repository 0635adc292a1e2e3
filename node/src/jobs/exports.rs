//! An export at work: asks the list page by page, as its account and through the very service that answers it, and writes rows.

use changxiao_domain::{actor::Actor, import::Refusal};
use changxiao_proto::county::v1 as pb;
use changxiao_tier::{
    client::{Comments, DynamicCodec},
    fault::Fault,
    policy::{By, Caller},
};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, Value};
use tonic::{client::Grpc, codegen::http::uri::PathAndQuery};

use super::{Stop, Task, View, Workshop, flat};
use crate::workbook::writer::Sheet;

/// Rows of one file.
const ROWS_MAX: u32 = 200_000;
/// Rows asked for at a time.
const PAGE: i32 = 1_000;
/// An answer is read up to this size.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// A list that can be exported.
#[derive(Clone, Debug)]
pub struct List {
    method: MethodDescriptor,
    rows: FieldDescriptor,
}

impl List {
    /// A list by its short name, such as `county.v1.Hazards/ListHazards`.
    ///
    /// # Errors
    /// There is no such list.
    pub fn of(pool: &DescriptorPool, name: &str) -> Result<Self, Refusal> {
        let not = || Refusal::NotAList { method: name.chars().take(100).collect() };
        let (service, method) = name.split_once('/').ok_or_else(not)?;
        let service = pool.get_service_by_name(&format!("changxiao.{service}")).ok_or_else(not)?;
        let method = service.methods().find(|known| known.name() == method).ok_or_else(not)?;
        let unary = !method.is_client_streaming() && !method.is_server_streaming();
        let reads = method.name().starts_with("List") || method.name() == "Query";
        let output = method.output();
        let mut lists = output.fields().filter(|field| field.is_list() && matches!(field.kind(), Kind::Message(_)));
        match (unary && reads, lists.next(), lists.next()) {
            (true, Some(rows), None) if method.input().get_field_by_name("parent").is_some() => Ok(Self { method, rows }),
            _ => Err(not()),
        }
    }

    /// Path of the method.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/{}/{}", self.method.parent_service().full_name(), self.method.name())
    }

    /// The request that asks for it.
    ///
    /// # Errors
    /// What is wrong with the filter.
    pub fn request(&self, parent: &str, filter_json: &str) -> Result<DynamicMessage, String> {
        let input = self.method.input();
        let mut request = if filter_json.trim().is_empty() {
            DynamicMessage::new(input)
        } else {
            let mut reader = serde_json::Deserializer::from_str(filter_json);
            DynamicMessage::deserialize(input, &mut reader)
                .and_then(|message| reader.end().map(|()| message))
                .map_err(|error| error.to_string())?
        };
        request.set_field_by_name("parent", Value::String(parent.to_owned()));
        Ok(request)
    }
}

impl Workshop {
    /// Carries an export out; the digest is that of its file.
    pub(super) async fn export(&self, task: &Task) -> Result<String, (Stop, String)> {
        self.exported(task).await.map_err(|stop| (stop, String::new()))
    }

    async fn exported(&self, task: &Task) -> Result<String, Stop> {
        let broken = |why: String| Stop::Refused(Fault::Internal(why));
        let request = pb::StartExportRequest::decode(task.row.request.as_slice()).map_err(|error| broken(error.to_string()))?;
        let (actor, list) = (self.actor(task).await?, List::of(&self.pool, &request.method)?);
        if !self.may(&actor, &list.path()) {
            return Err(Stop::Refused(Fault::Denied { what: list.path() }));
        }
        let parent = if request.list_parent.is_empty() { &request.parent } else { &request.list_parent };
        let mut ask = list.request(parent, &request.filter_json).map_err(broken)?;
        let scratch = task.vault.scratch();
        let (file, csv) = match request.format() {
            pb::ExportFormat::Csv => (scratch.join(format!("{}.csv", task.row.id)), true),
            _ => (scratch.join(format!("{}.xlsx", task.row.id)), false),
        };
        let mut sheet = if csv { Sheet::csv(&file)? } else { Sheet::xlsx("清单", file.clone(), scratch)? };
        let comments = Comments::of(&self.pool);
        let Kind::Message(item) = list.rows.kind() else { return Err(broken("a list of no messages".to_owned())) };
        let columns = flat::columns(&item, &comments);
        sheet.headings(0, &columns.iter().map(|column| column.heading.clone()).collect::<Vec<_>>())?;
        let mut rows = 0_u32;
        let mut token = String::new();
        loop {
            if task.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            page(&mut ask, &token);
            let answer = self.ask(task, &actor, &list, ask.clone()).await?;
            for item in answer.get_field(&list.rows).as_list().unwrap_or_default().iter().filter_map(Value::as_message) {
                rows += 1;
                if rows > ROWS_MAX {
                    return Err(Refusal::TooMuch { most: ROWS_MAX }.into());
                }
                sheet.row(rows, &flat::values(item, &columns, &comments))?;
            }
            self.change(&task.row.id, |view| {
                if let View::Export(export) = view {
                    export.rows = rows;
                }
            });
            token =
                answer.get_field_by_name("next_page_token").and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default();
            if token.is_empty() {
                break;
            }
        }
        let written = tokio::task::spawn_blocking(move || sheet.finish()).await;
        written.map_err(|error| Fault::Internal(error.to_string()))??;
        let (digest, _) = task.vault.adopt(&file).await?;
        Ok(changxiao_domain::evidence::hex(&digest))
    }

    /// Asks the service itself, as the account. Its own scope and rules answer.
    async fn ask(&self, task: &Task, actor: &Actor, list: &List, message: DynamicMessage) -> Result<DynamicMessage, Stop> {
        let Some(routes) = self.served.get() else { return Err(Stop::Later) };
        let path = PathAndQuery::try_from(list.path()).map_err(|error| Fault::Internal(error.to_string()))?;
        let mut request = tonic::Request::new(message);
        let caller = Caller { region: task.host.place.region.clone(), actor: actor.clone(), by: By::Token };
        request.extensions_mut().insert(caller);
        let mut grpc = Grpc::new(routes).max_decoding_message_size(ANSWER_BYTES_MAX);
        grpc.ready().await.map_err(|error| Fault::Internal(error.to_string()))?;
        match grpc.unary(request, path, DynamicCodec { answer: list.method.output() }).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) if status.code() == tonic::Code::Unavailable => Err(Stop::Later),
            Err(status) => Err(Refusal::Interrupted { why: status.message().to_owned() }.into()),
        }
    }
}

/// Asks for the page after a token, where a list has pages.
fn page(ask: &mut DynamicMessage, token: &str) {
    let descriptor = prost_reflect::ReflectMessage::descriptor(ask);
    let Some(field) = descriptor.get_field_by_name("page") else { return };
    let Kind::Message(of) = field.kind() else { return };
    let mut page = DynamicMessage::new(of);
    page.set_field_by_name("page_size", Value::I32(PAGE));
    page.set_field_by_name("page_token", Value::String(token.to_owned()));
    ask.set_field(&field, Value::Message(page));
}

#[cfg(test)]
mod tests {
    use changxiao_proto::DESCRIPTORS;

    use super::*;
    use crate::workbook::writer::{Value as Cell, is_live, tests::payloads};

    /// 50 payloads in every text column of every list: each stays a text, which the writers keep from running.
    #[test]
    fn no_text_column_of_any_list_becomes_anything_else() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let comments = Comments::of(&pool);
        let (mut lists, mut texts) = (0, 0);
        for path in changxiao_proto::METHODS {
            let name = path.trim_start_matches("/changxiao.");
            let Ok(list) = List::of(&pool, name) else { continue };
            let Kind::Message(item) = list.rows.kind() else { continue };
            lists += 1;
            for payload in payloads() {
                let message = filled(&item, &payload, 0);
                for value in flat::values(&message, &flat::columns(&item, &comments), &comments) {
                    match value {
                        Cell::Text(text) if text.contains(&payload) => {
                            assert!(is_live(&text) || text.starts_with(|c: char| c.is_ascii_digit()), "{name}: {text:?}");
                            texts += 1;
                        }
                        Cell::Number(text) => assert!(text.parse::<f64>().is_ok(), "{name}: {text:?}"),
                        Cell::Text(_) | Cell::Empty | Cell::Wrong(_) => {}
                    }
                }
            }
        }
        assert!(lists >= 12 && texts > 50 * 60, "{lists} lists, {texts} texts");
    }

    /// A message with the payload in every text, however deep.
    fn filled(of: &prost_reflect::MessageDescriptor, payload: &str, depth: usize) -> DynamicMessage {
        let mut made = DynamicMessage::new(of.clone());
        for field in of.fields() {
            let one = match field.kind() {
                Kind::String => Value::String(payload.to_owned()),
                Kind::Message(inner) if depth < 4 => Value::Message(filled(&inner, payload, depth + 1)),
                _ => continue,
            };
            made.set_field(&field, if field.is_list() { Value::List(vec![one]) } else { one });
        }
        made
    }

    #[test]
    fn lists_are_found_by_name_and_nothing_else_is_one() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        for list in [
            "county.v1.Enterprises/ListEnterprises",
            "county.v1.Declarations/ListDeclarations",
            "county.v1.Hazards/ListHazards",
            "county.v1.Dossiers/ListDossiers",
            "county.v1.SelfInspections/ListSelfInspections",
            "county.v1.Supervision/ListDirectives",
            "county.v1.Trail/ListEntries",
            "county.v1.EvidenceFiles/ListEvidence",
            "statistics.v1.Rollups/Query",
            "statistics.v1.Indicators/ListIndicators",
        ] {
            assert!(List::of(&pool, list).is_ok(), "{list}");
        }
        for not in ["county.v1.Hazards/RegisterHazard", "county.v1.Hazards/GetHazard", "federation.v1.Feed/Pull", "x", "a/b"] {
            assert!(List::of(&pool, not).is_err(), "{not}");
        }
        let hazards = List::of(&pool, "county.v1.Hazards/ListHazards").unwrap();
        assert!(hazards.request("regions/x", r#"{"state": "HAZARD_STATE_RECTIFYING"}"#).is_ok());
        assert!(hazards.request("regions/x", r#"{"stat": 1}"#).is_err());
    }
}
