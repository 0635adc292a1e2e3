//! `county.v1.Lists`: computed from the records at each question; nothing here is typed.

mod analysis;
mod board;
mod defaulters;
mod in_place;
mod responsibilities;

use changxiao_domain::period::Month;
use changxiao_proto::{
    convert::request::{Name, Reader},
    county::v1::{self as pb, lists_server::Lists},
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{
    CountyDesk, ENTERPRISE, after, cut,
    pages::{ask, enterprise, record},
    within,
};
use crate::store::enterprises;

/// Most records named beside one defaulter.
const MOST_NAMED: usize = 20;

/// Serves lists.
pub struct ListsService(pub CountyDesk);

#[tonic::async_trait]
impl Lists for ListsService {
    async fn list_defaulters(
        &self,
        request: Request<pb::ListDefaultersRequest>,
    ) -> Result<Response<pb::ListDefaultersResponse>, Status> {
        let (region, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let kind = (wanted.kind() != pb::DefaultKind::Unspecified).then_some(wanted.kind());
        if kind.is_none() {
            reader.wrong("kind", format!("{} is not a list", wanted.kind));
        }
        let month = match (kind, wanted.month) {
            (Some(kind), None) if !defaulters::is_monthly(kind) => Some(Month::of(host.place.clock.now().date())),
            (_, month) => reader.month("month", month),
        };
        let (kind, month) = reader.finish(kind.zip(month)).map_err(Fault::from)?;
        let (size, token) = page(wanted.page.as_ref())?;
        let mut found = defaulters::of(&host.read, kind, month).await?;
        let query = enterprises::Entity::find()
            .filter(within(actor.scope(), enterprises::Column::Serial, Some(enterprises::Column::Industry)))
            .filter(enterprises::Column::Serial.is_in(found.keys().copied()))
            .filter(enterprises::Column::Serial.gt(after(token)?.map_or(0, |after| signed(after.raw()))))
            .order_by_asc(enterprises::Column::Serial)
            .limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let owners = rows.into_iter().map(enterprises::from_row).collect::<Result<Vec<_>, _>>();
        let mut owners = owners.map_err(|fault| Fault::from(sea_orm::DbErr::from(fault)))?;
        let next_page_token = cut(&mut owners, size, |owner| owner.serial.to_string());
        let defaulters = owners.iter().map(|owner| {
            let about = found.remove(&signed(owner.serial.raw())).unwrap_or_default();
            pb::Defaulter {
                enterprise: format!("regions/{region}/enterprises/{}", owner.serial),
                title: owner.data.title.clone(),
                industry: owner.data.industry.to_string(),
                count: u32::try_from(about.len()).unwrap_or(u32::MAX),
                about: about.iter().take(MOST_NAMED).map(|path| format!("regions/{region}/{path}")).collect(),
            }
        });
        let defaulters = defaulters.collect();
        Ok(Response::new(pb::ListDefaultersResponse { defaulters, next_page_token }))
    }

    async fn get_in_place(&self, request: Request<pb::GetInPlaceRequest>) -> Result<Response<pb::InPlace>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let of_one = wanted.parent.contains("/enterprises/");
        let name = if of_one {
            reader.read("parent", Name::parse(&wanted.parent, ENTERPRISE))
        } else {
            reader.region_name("parent", &wanted.parent).map(|region| Name { region, path: Vec::new() })
        };
        let month = reader.month("month", wanted.month);
        let (name, month) = reader.finish(name.zip(month)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &name.region)?;
        let owner = match name.path.first() {
            None => None,
            Some(_) => {
                let missing = || Fault::NotFound { what: wanted.parent.clone() };
                let serial = name.id(0).ok_or_else(missing)?;
                let owner = record::<enterprises::Entity, _>(&host.read, serial, enterprises::from_row).await?;
                let owner = owner.filter(|owner| actor.sees(owner.serial, owner.data.industry));
                Some(owner.ok_or_else(missing)?.serial)
            }
        };
        Ok(Response::new(in_place::of(&host.read, actor.scope(), owner, month).await?))
    }

    async fn list_responsibilities(
        &self,
        request: Request<pb::ListResponsibilitiesRequest>,
    ) -> Result<Response<pb::ListResponsibilitiesResponse>, Status> {
        let (region, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let enterprise = enterprise(&mut reader, "enterprise", &wanted.enterprise, Some(&region));
        let enterprise = reader.finish(enterprise).map_err(Fault::from)?;
        let answer =
            responsibilities::of(&host.read, &region, actor.scope(), (enterprise, wanted.struck_off), wanted.page.as_ref());
        Ok(Response::new(answer.await?))
    }

    async fn analyse_rectification(
        &self,
        request: Request<pb::AnalyseRectificationRequest>,
    ) -> Result<Response<pb::RectificationAnalysis>, Status> {
        let (_, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let span = reader.month("first", wanted.first).zip(reader.month("last", wanted.last));
        let span = span.filter(|(first, last)| {
            let right = first <= last;
            if !right {
                reader.wrong("last", "must not be before `first`");
            }
            right
        });
        let span = reader.finish(span).map_err(Fault::from)?;
        Ok(Response::new(analysis::of(&host.read, actor.scope(), span).await?))
    }

    async fn get_mechanism_board(
        &self,
        request: Request<pb::GetMechanismBoardRequest>,
    ) -> Result<Response<pb::MechanismBoard>, Status> {
        let (region, host, actor) = ask!(self.0, request);
        let mut reader = Reader::default();
        let enterprise = enterprise(&mut reader, "enterprise", &request.get_ref().enterprise, Some(&region));
        let enterprise = reader.finish(enterprise).map_err(Fault::from)?;
        let mut scope = actor.scope();
        if let Some(asked) = enterprise {
            let owner = record::<enterprises::Entity, _>(&host.read, asked, enterprises::from_row).await?;
            let owner = owner.filter(|owner| actor.sees(owner.serial, owner.data.industry));
            let owner = owner.ok_or_else(|| Fault::NotFound { what: request.get_ref().enterprise.clone() })?;
            scope.enterprise = Some(owner.serial);
        }
        Ok(Response::new(board::of(&host.read, scope).await?))
    }
}
