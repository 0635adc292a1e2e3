//! `county.v1.Declarations`.

use changxiao_domain::{
    actor::{AccountId, Proof},
    calendar::StatutoryCalendar,
    county_month,
    declaration::{EnterpriseMonth, State},
    enterprise::Enterprise,
    period::Month,
    region::RegionId,
    rule_table::TableKind,
    serial::Serial,
};
use changxiao_proto::{
    convert::{
        request::{BadName, Name, Reader},
        scalar::{Parts, Wire as _},
    },
    county::v1::{self as pb, declarations_server::Declarations},
    types::v1::Receipt,
};
use changxiao_tier::{
    accounts::proofs::Signer,
    desk::page,
    fault::Fault,
    journal::store::signed,
    policy::{By, Caller},
};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tonic::{Request, Response, Status};

use super::{
    CountyDesk, DECLARATION, ENTERPRISE, Envelope, after, cut,
    step::{Read, state_filter},
    view, within,
};
use crate::{
    app::{
        declarations::{self as app, Of},
        deputies,
    },
    store::{county_months, enterprise_months, enterprises, rule_tables},
};

/// Serves declarations.
pub struct DeclarationsService(pub CountyDesk);

/// Region, enterprise and month of a declaration's name.
fn declaration_name(reader: &mut Reader, given: &str) -> Option<(RegionId, Serial, Month)> {
    let name = reader.read("name", Name::parse(given, DECLARATION))?;
    match (name.id::<Serial>(0), name.id::<Month>(1)) {
        (Some(enterprise), Some(month)) => Some((name.region, enterprise, month)),
        _ => {
            reader.wrong("name", BadName { given: given.chars().take(200).collect(), wanted: DECLARATION });
            None
        }
    }
}

/// Begins to read a step of a declaration: whose and of which month, request id.
macro_rules! begin {
    ($wire:ident) => {{
        let mut reader = Reader::default();
        let name = declaration_name(&mut reader, &$wire.name);
        let request_id = reader.request_id(&$wire.request_id);
        let region = name.as_ref().map(|(region, ..)| region.clone());
        let of = name.map(|(_, enterprise, month)| Of { enterprise, month });
        (reader, of, Envelope { region, request_id, validate_only: $wire.validate_only })
    }};
}

fn read_edit(wire: pb::EditDeclarationRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let note = reader.text("note", &wire.note, 0, 500);
    envelope.parsed(reader, of.zip(note).map(|(of, note)| app::edit(of, wire.stopped, note)))
}

fn read_confirm(wire: pb::ConfirmDeclarationRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let hash = reader.digest("content_hash", &wire.content_hash);
    let statement = reader.text("zero_statement", &wire.zero_statement, 0, 500);
    envelope.parsed(reader, of.zip(hash).zip(statement).map(|((of, hash), statement)| app::confirm(of, hash, statement)))
}

fn read_sign(desk: &CountyDesk, plain: Proof, wire: pb::SignDeclarationRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let hash = reader.digest("content_hash", &wire.content_hash);
    let text = reader.text("proof", &wire.proof, 0, 200);
    // A region that is not hosted here is refused before anything is decided, so any door will do for it.
    let host = envelope.region.as_ref().and_then(|region| desk.host(region).ok()).or_else(|| desk.hosts().next());
    let door = host.map(|host| host.door.clone());
    let command = of.zip(hash).zip(text).zip(door).map(|(((of, hash), text), door)| {
        let signer = Signer { plain, text, proofs: door.proofs.clone(), real: door.real.clone(), keep: wire.validate_only };
        app::sign(of, hash, signer)
    });
    envelope.parsed(reader, command)
}

fn read_file(wire: pb::FileDeclarationRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let hash = reader.digest("content_hash", &wire.content_hash);
    let reason = reader.text("late_reason", &wire.late_reason, 0, 500);
    envelope.parsed(reader, of.zip(hash).zip(reason).map(|((of, hash), reason)| app::file(of, hash, reason)))
}

fn read_accept(wire: pb::AcceptDeclarationRequest) -> Read {
    let (reader, of, envelope) = begin!(wire);
    envelope.parsed(reader, of.map(app::accept))
}

fn read_return(wire: pb::ReturnDeclarationRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let reason = reader.text("reason", &wire.reason, 2, 500);
    envelope.parsed(reader, of.zip(reason).map(|(of, reason)| app::send_back(of, reason, wire.as_empty)))
}

fn read_exempt(wire: pb::ExemptDeclarationRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let reason = reader.text("reason", &wire.reason, 2, 500);
    envelope.parsed(reader, of.zip(reason).map(|(of, reason)| app::exempt(of, reason)))
}

fn read_proxy(wire: pb::ProxyDeclarationRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let reason = reader.text("reason", &wire.reason, 2, 500);
    let paper = reader.digest("paper", &wire.paper);
    envelope.parsed(reader, of.zip(reason).zip(paper).map(|((of, reason), paper)| app::proxy(of, reason, paper)))
}

fn read_ask_correction(wire: pb::AskCorrectionRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    let reason = reader.text("reason", &wire.reason, 2, 500);
    let hash = reader.digest("corrected_hash", &wire.corrected_hash);
    envelope.parsed(reader, of.zip(reason).zip(hash).map(|((of, reason), hash)| app::ask_correction(of, reason, hash)))
}

fn read_decide_correction(wire: pb::DecideCorrectionRequest) -> Read {
    let (mut reader, of, envelope) = begin!(wire);
    // A consent speaks for itself; who is refused must be told why.
    let reason = reader.text("reason", &wire.reason, usize::from(!wire.consent) * 2, 500);
    envelope.parsed(reader, of.zip(reason).map(|(of, reason)| app::decide_correction(of, wire.consent, reason)))
}

fn row(fault: crate::store::RowFault) -> Fault {
    Fault::from(DbErr::from(fault))
}

/// The calendar with the deadlines that the county shifted.
async fn calendar(db: &DatabaseConnection) -> Result<StatutoryCalendar, Fault> {
    Ok(rule_tables::read(db, TableKind::Deadlines).await?.calendar())
}

fn read_authorise(wire: pb::AuthoriseDeputyRequest) -> Read {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let account = reader.parse::<AccountId>("deputy", &wire.deputy);
    let (first, last) = (reader.date("first", wire.first), reader.date("last", wire.last));
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    let command = (|| Some(deputies::authorise(parent?.1, account?, (first?, last?))))();
    envelope.parsed(reader, command)
}

fn read_revoke(wire: pb::RevokeDeputyRequest) -> Read {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let account = reader.parse::<AccountId>("deputy", &wire.deputy);
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    envelope.parsed(reader, parent.zip(account).map(|((_, enterprise), account)| deputies::revoke(enterprise, account)))
}

async fn enterprise(db: &DatabaseConnection, serial: Serial) -> Result<Option<Enterprise>, Fault> {
    let found = enterprises::Entity::find_by_id(signed(serial.raw())).one(db).await?;
    found.map(enterprises::from_row).transpose().map_err(row)
}

fn view_declaration(
    (region, calendar): (&RegionId, &StatutoryCalendar),
    owner: &Enterprise,
    held: Option<&EnterpriseMonth>,
    month: Month,
) -> pb::Declaration {
    let (value, content, hash) = app::present(held, owner, month);
    let stands = matches!(value.state, State::OnTime | State::Late | State::Accepted);
    let filed = value.filed.as_ref();
    let shown = filed.filter(|_| stands).map_or(hash, |filed| filed.content_hash);
    let returned = value.returned.as_ref();
    let corrected = value.corrected().filter(|_| value.state == State::Accepted);
    let of = Of { enterprise: owner.serial, month };
    let none = &mut Parts::default();
    pb::Declaration {
        name: format!("regions/{region}/enterprises/{}/declarations/{month}", owner.serial),
        state: view::declaration_state(value.state).into(),
        figures: Some(view::figures(&content.figures)),
        content_hash: shown.to_vec().into(),
        signed: value.signed == Some(shown) || stands,
        due_at_ms: calendar.due_at(month).ms(),
        filed_at_ms: filed.map_or(0, |filed| filed.at.ms()),
        zero_statement: content.zero_statement,
        etag: value.version.to_string(),
        confirmed: value.confirmed == Some(shown) || stands,
        producing: content.producing,
        late_reason: filed.map(|filed| filed.late_reason.clone()).unwrap_or_default(),
        accept_by: filed.and_then(|filed| filed.accept_by.put(none)),
        returned_reason: returned.map(|returned| returned.reason.clone()).unwrap_or_default(),
        returned_as_empty: returned.is_some_and(|returned| returned.as_empty),
        correct_by: returned.and_then(|returned| returned.correct_by.put(none)),
        exempt_reason: value.exempt.clone(),
        proxy_reason: value.proxy.as_ref().map(|proxy| proxy.reason.clone()).unwrap_or_default(),
        filed_by_proxy: filed.is_some_and(|filed| filed.by_proxy),
        correction_reason: value.correction.as_ref().map(|asked| asked.reason.clone()).unwrap_or_default(),
        corrected_figures: corrected.as_ref().map(|content| view::figures(&content.figures)),
        corrected_hash: corrected.map(|content| app::content_hash(&content, of).to_vec().into()).unwrap_or_default(),
        corrections: filed.map_or(0, |filed| filed.corrections),
    }
}

#[tonic::async_trait]
impl Declarations for DeclarationsService {
    async fn get_declaration(&self, request: Request<pb::GetDeclarationRequest>) -> Result<Response<pb::Declaration>, Status> {
        let mut reader = Reader::default();
        let name = declaration_name(&mut reader, &request.get_ref().name);
        let (region, serial, month) = reader.finish(name).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let owner = enterprise(&host.read, serial).await?.filter(|owner| actor.sees(serial, owner.data.industry));
        let owner = owner.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        let key = (signed(serial.raw()), month.to_string());
        let held = enterprise_months::Entity::find_by_id(key).one(&host.read).await.map_err(Fault::from)?;
        let held = held.as_ref().map(enterprise_months::from_row).transpose().map_err(row)?;
        let calendar = calendar(&host.read).await?;
        Ok(Response::new(view_declaration((&region, &calendar), &owner, held.as_ref(), month)))
    }

    async fn list_declarations(
        &self,
        request: Request<pb::ListDeclarationsRequest>,
    ) -> Result<Response<pb::ListDeclarationsResponse>, Status> {
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &wanted.parent);
        let month = reader.month("month", wanted.month);
        let states = State::ALL.iter().map(|state| (view::declaration_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let ((region, month), state) = reader.finish(region.zip(month).zip(state)).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, token) = page(wanted.page.as_ref())?;
        let own = enterprise_months::Column::Enterprise;
        let mut filter = within(actor.scope(), own, None)
            .add(enterprise_months::Column::Month.eq(month.to_string()))
            .add(enterprise_months::Column::State.ne(State::NotOwed.id()));
        if let Some(after) = after(token)? {
            filter = filter.add(own.gt(signed(after.raw())));
        }
        if let Some(state) = state {
            filter = filter.add(enterprise_months::Column::State.eq(state));
        }
        let query = enterprise_months::Entity::find().filter(filter).order_by_asc(own).limit(size + 1);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let mut found = rows.iter().map(enterprise_months::from_row).collect::<Result<Vec<_>, _>>().map_err(row)?;
        let next_page_token = cut(&mut found, size, |value| value.enterprise.to_string());
        let owners = found.iter().map(|value| signed(value.enterprise.raw()));
        let owners = enterprises::Entity::find().filter(enterprises::Column::Serial.is_in(owners)).all(&host.read).await;
        let owners = owners.map_err(Fault::from)?.into_iter().map(enterprises::from_row).collect::<Result<Vec<_>, _>>();
        let owners = owners.map_err(row)?;
        let calendar = calendar(&host.read).await?;
        let declarations = found
            .iter()
            .filter_map(|value| owners.iter().find(|owner| owner.serial == value.enterprise).map(|owner| (value, owner)))
            .filter(|(_, owner)| actor.sees(owner.serial, owner.data.industry))
            .map(|(value, owner)| view_declaration((&region, &calendar), owner, Some(value), month))
            .collect();
        Ok(Response::new(pb::ListDeclarationsResponse { declarations, next_page_token }))
    }

    async fn edit_declaration(&self, request: Request<pb::EditDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("EditDeclaration", request, read_edit).await
    }

    async fn confirm_declaration(&self, request: Request<pb::ConfirmDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ConfirmDeclaration", request, read_confirm).await
    }

    async fn sign_declaration(&self, request: Request<pb::SignDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        let plain = match request.extensions().get::<Caller>().map(|caller| caller.by) {
            Some(By::Certificate) => Proof::Certificate,
            Some(By::Token | By::Session { .. }) | None => Proof::Token,
        };
        self.0.write("SignDeclaration", request, |wire| read_sign(&self.0, plain, wire)).await
    }

    async fn file_declaration(&self, request: Request<pb::FileDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("FileDeclaration", request, read_file).await
    }

    async fn accept_declaration(&self, request: Request<pb::AcceptDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AcceptDeclaration", request, read_accept).await
    }

    async fn return_declaration(&self, request: Request<pb::ReturnDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ReturnDeclaration", request, read_return).await
    }

    async fn exempt_declaration(&self, request: Request<pb::ExemptDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ExemptDeclaration", request, read_exempt).await
    }

    async fn proxy_declaration(&self, request: Request<pb::ProxyDeclarationRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("ProxyDeclaration", request, read_proxy).await
    }

    async fn ask_correction(&self, request: Request<pb::AskCorrectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AskCorrection", request, read_ask_correction).await
    }

    async fn decide_correction(&self, request: Request<pb::DecideCorrectionRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("DecideCorrection", request, read_decide_correction).await
    }

    async fn authorise_deputy(&self, request: Request<pb::AuthoriseDeputyRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AuthoriseDeputy", request, read_authorise).await
    }

    async fn revoke_deputy(&self, request: Request<pb::RevokeDeputyRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("RevokeDeputy", request, read_revoke).await
    }

    async fn list_months(&self, request: Request<pb::ListMonthsRequest>) -> Result<Response<pb::ListMonthsResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let query = county_months::Entity::find().order_by_asc(county_months::Column::Month);
        let rows = query.all(&host.read).await.map_err(Fault::from)?;
        let held = rows.iter().map(county_months::from_row).collect::<Result<Vec<_>, _>>().map_err(row)?;
        let calendar = calendar(&host.read).await?;
        let none = &mut Parts::default();
        let mut months: Vec<pb::CountyMonth> = held
            .iter()
            .map(|value| pb::CountyMonth {
                month: value.month.put(none),
                state: match value.state {
                    county_month::State::Frozen | county_month::State::Overdue => pb::MonthState::Frozen,
                    county_month::State::Closed | county_month::State::Lapsed => pb::MonthState::Closed,
                }
                .into(),
                owing: value.owing,
                reminded_days: value.reminded,
                due_at_ms: calendar.due_at(value.month).ms(),
            })
            .collect();
        let running = Month::of(host.place.clock.now().date());
        if held.last().is_none_or(|last| last.month < running) {
            months.push(pb::CountyMonth {
                month: running.put(none),
                state: pb::MonthState::Open.into(),
                owing: 0,
                reminded_days: 0,
                due_at_ms: calendar.due_at(running).ms(),
            });
        }
        Ok(Response::new(pb::ListMonthsResponse { months }))
    }
}
