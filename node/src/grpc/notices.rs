//! `county.v1.Notices`.

use changxiao_domain::{actor::Actor, follow_up::Addressee, industry::IndustryCode};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, notices_server::Notices},
    types::v1::Receipt,
};
use changxiao_tier::{fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection};
use tonic::{Request, Response, Status};

use super::{
    CountyDesk,
    pages::{addressee, ask, begin_new, enterprise, industry, one, path, record, records},
    step::{Read, bare, begin},
    view,
};
use crate::{
    app::notices::{self as app, Sending},
    store::{enterprises, notices},
};

const NOTICE: &str = "regions/{region}/notices/{notice}";

/// Serves notices.
pub struct NoticesService(pub CountyDesk);

fn read_send(wire: pb::SendNoticeRequest) -> Read {
    let (mut reader, region, envelope) = begin_new!(wire, region);
    let to = addressee(&mut reader, wire.to);
    let enterprise = enterprise(&mut reader, "enterprise", &wire.enterprise, region.as_ref());
    let industry = industry(&mut reader, "industry", &wire.industry);
    let title = reader.text("title", &wire.title, 2, 200);
    let text = reader.text("text", &wire.text, 2, 5_000);
    let about = path(&mut reader, "about", &wire.about, region.as_ref());
    let sending = (|| {
        let (enterprise, industry) = (enterprise?, industry?);
        Some(Sending { to: to?, enterprise, industry, title: title?, text: text?, about: about? })
    })();
    envelope.parsed(reader, sending.map(app::send))
}

/// Industry of the enterprise to which a reader belongs.
async fn own_industry(db: &DatabaseConnection, actor: &Actor) -> Result<Option<IndustryCode>, Fault> {
    let Some(own) = actor.scope().enterprise else { return Ok(None) };
    let found = record::<enterprises::Entity, _>(db, own, enterprises::from_row).await?;
    Ok(found.map(|owner| owner.data.industry))
}

/// Notices that are for an enterprise, or for the offices of an industry.
fn addressed(actor: &Actor, own: Option<IndustryCode>) -> Condition {
    let scope = actor.scope();
    let of_industry = |code: Option<IndustryCode>| {
        Condition::any()
            .add(notices::Column::Industry.is_null())
            .add_option(code.map(|code| notices::Column::Industry.eq(code.to_string())))
    };
    match scope.enterprise {
        Some(enterprise) => Condition::all()
            .add(notices::Column::To.eq(Addressee::Enterprise.id()))
            .add(
                Condition::any()
                    .add(notices::Column::Enterprise.is_null())
                    .add(notices::Column::Enterprise.eq(signed(enterprise.raw()))),
            )
            .add(of_industry(own)),
        None if scope.industry.is_some() => of_industry(scope.industry),
        None => Condition::all(),
    }
}

#[tonic::async_trait]
impl Notices for NoticesService {
    async fn send_notice(&self, request: Request<pb::SendNoticeRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("SendNotice", request, read_send).await
    }

    async fn read_notice(&self, request: Request<pb::ReadNoticeRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::ReadNoticeRequest| bare(begin!(wire, NOTICE), app::read);
        self.0.write("ReadNotice", request, read).await
    }

    async fn get_notice(&self, request: Request<pb::GetNoticeRequest>) -> Result<Response<pb::Notice>, Status> {
        let (region, serial, host, actor) = one!(self.0, request, NOTICE);
        let own = own_industry(&host.read, &actor).await?;
        let found = record::<notices::Entity, _>(&host.read, serial, notices::from_row).await?;
        let found = found.filter(|notice| app::is_for(notice, &actor, own));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::notice(&region, &found)))
    }

    async fn list_notices(&self, request: Request<pb::ListNoticesRequest>) -> Result<Response<pb::ListNoticesResponse>, Status> {
        let (region, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let about = path(&mut reader, "about", &wanted.about, Some(&region));
        let about = reader.finish(about).map_err(Fault::from)?;
        let mut filter = addressed(&actor, own_industry(&host.read, &actor).await?);
        if wanted.unread {
            filter = filter.add(notices::Column::Receipts.eq(""));
        }
        if !about.is_empty() {
            filter = filter.add(notices::Column::About.eq(about));
        }
        let reading = (notices::from_row as _, (|notice| notice.serial) as fn(&changxiao_domain::notice::Notice) -> _);
        let (found, next_page_token) =
            records::<notices::Entity, _>(&host.read, wanted.page.as_ref(), filter, notices::Column::Serial, reading).await?;
        let notices = found.iter().map(|notice| view::notice(&region, notice)).collect();
        Ok(Response::new(pb::ListNoticesResponse { notices, next_page_token }))
    }
}
