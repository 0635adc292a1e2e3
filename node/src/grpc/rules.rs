//! `county.v1.Rules`.

use changxiao_domain::{
    region::RegionId,
    rule_table::{MOST_TEXT, TableKind, Version, Versions},
};
use changxiao_proto::{
    convert::{
        request::{BadName, Name, Reader},
        scalar::{Parts, Wire as _},
    },
    county::v1::{self as pb, rules_server::Rules},
    types::v1::Receipt,
};
use changxiao_tier::fault::Fault;
use tonic::{Request, Response, Status};

use super::{CountyDesk, Envelope, TABLE, step::Read};
use crate::{app::rules as app, store::rule_tables};

/// Serves reference tables.
pub struct RulesService(pub CountyDesk);

/// Region and kind of a table's name.
fn table_name(reader: &mut Reader, given: &str) -> Option<(RegionId, TableKind)> {
    let name = reader.read("name", Name::parse(given, TABLE))?;
    let kind = name.path.first().and_then(|(_, id)| TableKind::from_id(id));
    if kind.is_none() {
        reader.wrong("name", BadName { given: given.chars().take(200).collect(), wanted: TABLE });
    }
    Some((name.region, kind?))
}

fn read_adopt(wire: pb::AdoptTableRequest) -> Read {
    let mut reader = Reader::default();
    let name = table_name(&mut reader, &wire.name);
    let request_id = reader.request_id(&wire.request_id);
    let valid_from = reader.date("valid_from", wire.valid_from);
    let source = reader.text("source", &wire.source, 2, 500);
    let length = wire.text.chars().count();
    let good = (1..=MOST_TEXT).contains(&length);
    if !good {
        reader.wrong("text", format!("must have 1 to {MOST_TEXT} characters, has {length}"));
    }
    let region = name.as_ref().map(|(region, _)| region.clone());
    let command = (|| Some(app::adopt(name?.1, valid_from?, wire.text, source?)))();
    Envelope { region, request_id, validate_only: wire.validate_only }.parsed(reader, command.filter(|_| good))
}

/// A version, or the shipped one.
fn view(region: &RegionId, kind: TableKind, version: Option<&Version>, in_force: bool, whole: bool) -> pb::RuleTable {
    let text = version.map_or(kind.shipped(), |version| &version.text);
    pb::RuleTable {
        name: format!("regions/{region}/tables/{}", kind.id()),
        version: version.map_or(0, |version| version.number),
        valid_from: version.and_then(|version| version.valid_from.put(&mut Parts::default())),
        source: version.map(|version| version.source.clone()).unwrap_or_default(),
        text: if whole { text.to_owned() } else { String::new() },
        adopted_at_ms: version.map_or(0, |version| version.adopted_at.ms()),
        in_force,
    }
}

/// The number of the version that speaks today. Of calendars the newest speaks, since none of them changes what has begun.
fn number_today(kind: TableKind, versions: &Versions, today: changxiao_domain::clock::Date) -> u32 {
    match kind {
        TableKind::Workdays | TableKind::Deadlines => versions.0.last().map_or(0, |version| version.number),
        TableKind::Frequencies | TableKind::Criteria | TableKind::Rollouts => versions.number(today),
    }
}

#[tonic::async_trait]
impl Rules for RulesService {
    async fn list_tables(&self, request: Request<pb::ListTablesRequest>) -> Result<Response<pb::ListTablesResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let today = host.place.clock.now().date();
        let mut tables = Vec::new();
        for kind in TableKind::ALL {
            let versions = rule_tables::read(&host.read, kind).await.map_err(Fault::from)?;
            let number = number_today(kind, &versions, today);
            let all = std::iter::once(None).chain(versions.0.iter().map(Some));
            tables.extend(all.map(|version| {
                let own = version.map_or(0, |version| version.number);
                view(&region, kind, version, own == number, false)
            }));
        }
        Ok(Response::new(pb::ListTablesResponse { tables }))
    }

    async fn get_table(&self, request: Request<pb::GetTableRequest>) -> Result<Response<pb::RuleTable>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let name = table_name(&mut reader, &wanted.name);
        let on = reader.optional_date("on", wanted.on);
        let ((region, kind), on) = reader.finish(name.zip(on)).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let today = host.place.clock.now().date();
        let versions = rule_tables::read(&host.read, kind).await.map_err(Fault::from)?;
        let present = number_today(kind, &versions, today);
        let number = wanted.version.unwrap_or_else(|| on.map_or(present, |on| number_today(kind, &versions, on)));
        let version = versions.0.iter().find(|version| version.number == number);
        if version.is_none() && number != 0 {
            return Err(Fault::NotFound { what: format!("{} version {number}", wanted.name) }.into());
        }
        Ok(Response::new(view(&region, kind, version, number == present, true)))
    }

    async fn adopt_table(&self, request: Request<pb::AdoptTableRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AdoptTable", request, read_adopt).await
    }
}
