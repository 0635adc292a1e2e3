//! `county.v1.Preventions`.

use changxiao_domain::{industry::IndustryCode, prevention::Prevention};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, preventions_server::Preventions},
    types::v1::Receipt,
};
use changxiao_tier::fault::Fault;
use sea_orm::{ColumnTrait, Condition, sea_query::Query};
use tonic::{Request, Response, Status};

use super::{
    CountyDesk, DOSSIER, HAZARD,
    pages::{ask, path, records},
    step::Read,
    view,
};
use crate::{
    app::preventions as app,
    grpc::{Envelope, within},
    store::{enterprises, preventions},
};

/// Serves records of prevention.
pub struct PreventionsService(pub CountyDesk);

fn read_record(wire: pb::RecordPreventionRequest) -> Read {
    let mut reader = Reader::default();
    let of_dossier = wire.parent.contains("/dossiers/");
    let parent = reader.serial_name("parent", &wire.parent, if of_dossier { DOSSIER } else { HAZARD });
    let request_id = reader.request_id(&wire.request_id);
    let on = reader.date("on", wire.on);
    let measures = reader.text("measures", &wire.measures, 2, 2_000);
    let person = reader.text("person", &wire.person, 1, 60);
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    let said = (|| Some((on?, measures?, person?)))();
    envelope.parsed(reader, parent.zip(said).map(|((_, serial), said)| app::record(serial, of_dossier, said)))
}

/// Records of the enterprises of an industry, where the caller is confined to one.
fn of_industry(industry: Option<IndustryCode>) -> Condition {
    let Some(code) = industry else { return Condition::all() };
    let owners = Query::select()
        .column(enterprises::Column::Serial)
        .from(enterprises::Entity)
        .and_where(enterprises::Column::Industry.eq(code.to_string()))
        .to_owned();
    Condition::all().add(preventions::Column::Enterprise.in_subquery(owners))
}

#[tonic::async_trait]
impl Preventions for PreventionsService {
    async fn record_prevention(&self, request: Request<pb::RecordPreventionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RecordPrevention", request, read_record).await
    }

    async fn list_preventions(
        &self,
        request: Request<pb::ListPreventionsRequest>,
    ) -> Result<Response<pb::ListPreventionsResponse>, Status> {
        use preventions::Column;
        let (region, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let about = path(&mut reader, "about", &wanted.about, Some(&region));
        let about = reader.finish(about).map_err(Fault::from)?;
        let own = within(actor.scope(), Column::Enterprise, None);
        let mut filter = Condition::all().add(own).add(of_industry(actor.scope().industry));
        if !about.is_empty() {
            filter = filter.add(Column::About.eq(about));
        }
        let reading = (preventions::from_row as _, (|held| held.serial) as fn(&Prevention) -> _);
        let (found, next_page_token) =
            records::<preventions::Entity, _>(&host.read, wanted.page.as_ref(), filter, Column::Serial, reading).await?;
        let preventions = found.iter().map(|held| view::prevention(&region, held)).collect();
        Ok(Response::new(pb::ListPreventionsResponse { preventions, next_page_token }))
    }
}
