//! Admissions and removals that wait for this tier (审核认可、移出审核). Ten working days are the term; nobody's silence is consent.

use std::collections::BTreeSet;

use changxiao_domain::{
    actor::Actor,
    clock::{Date, Instant},
    serial::Serial,
    workday,
};
use changxiao_proto::{
    convert::{
        request::{Invalid, Reader},
        scalar::{Parts, Wire},
    },
    oversight::v1::{self as pb, admissions_server::Admissions},
    types::v1::{Page, Receipt},
};
use changxiao_tier::{
    desk::{Host, Parsed, page},
    fault::Fault,
};
use prost::Message;
use tonic::{Request, Response, Status};

use super::{Office, after, foreign, issuer, parent, token};
use crate::{
    app::{admissions::DecideAdmission, issuer::Issuer, removals::DecideRemoval, transfers::DecideTransfer},
    book::Ledger,
    store::{
        decisions,
        shown::{self, ADMISSION, Listed, REMOVAL},
        transfers::{self, Standing},
    },
};

const ADMISSION_NAME: &str = "regions/{region}/admissions/{origin}~{enterprise}";
const TRANSFER_NAME: &str = "regions/{region}/transfers/{origin}~{enterprise}";
const REMOVAL_NAME: &str = "regions/{region}/removals/{origin}~{enterprise}";

/// Working days in which the city decides [P].
const DECIDE_WORKDAYS: u32 = 10;

/// Serves the admissions of the regions of a desk.
pub struct AdmissionsService(pub Office);

fn read_decide(issuer: Option<Issuer>, wire: pb::DecideAdmissionRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let name = foreign(&mut reader, "name", &wire.name, ADMISSION_NAME);
    let request_id = reader.request_id(&wire.request_id);
    // An approval speaks for itself; who gets an enterprise back must be told why.
    let reason = reader.text("reason", &wire.reason, usize::from(!wire.approve), 1_000);
    let read =
        name.zip(request_id).zip(reason).zip(issuer).map(|((((region, origin, enterprise), request_id), reason), issuer)| {
            Parsed {
                region,
                request_id,
                validate_only: wire.validate_only,
                command: Box::new(DecideAdmission { issuer, origin, enterprise, approve: wire.approve, reason }) as _,
            }
        });
    reader.finish(read)
}

fn read_removal(issuer: Option<Issuer>, wire: pb::DecideRemovalRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let name = foreign(&mut reader, "name", &wire.name, REMOVAL_NAME);
    let request_id = reader.request_id(&wire.request_id);
    let reason = reader.text("reason", &wire.reason, usize::from(!wire.consent), 1_000);
    let read =
        name.zip(request_id).zip(reason).zip(issuer).map(|((((region, origin, enterprise), request_id), reason), issuer)| {
            Parsed {
                region,
                request_id,
                validate_only: wire.validate_only,
                command: Box::new(DecideRemoval { issuer, origin, enterprise, consent: wire.consent, reason }) as _,
            }
        });
    reader.finish(read)
}

fn read_transfer(issuer: Option<Issuer>, all: Vec<Standing>, wire: pb::DecideTransferRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let name = foreign(&mut reader, "name", &wire.name, TRANSFER_NAME);
    let request_id = reader.request_id(&wire.request_id);
    let reason = reader.text("reason", &wire.reason, usize::from(!wire.approve), 1_000);
    let read = (|| {
        let ((region, origin, enterprise), request_id, reason, issuer) = (name?, request_id?, reason?, issuer?);
        let standing = all.into_iter().find(|standing| (&standing.from, standing.enterprise) == (&origin, enterprise));
        let approve = wire.approve;
        let command = Box::new(DecideTransfer { issuer, origin, enterprise, standing, approve, reason }) as _;
        Some(Parsed { region, request_id, validate_only: wire.validate_only, command })
    })();
    reader.finish(read)
}

/// A request of a county as this tier lists it.
trait Asked: Message + Default {
    /// Kind of the fact.
    const KIND: &'static str;
    /// Collection of its name.
    const COLLECTION: &'static str;
    fn industry(&self) -> &str;
    fn requested_at_ms(&self) -> i64;
    fn complete(&mut self, name: String, decide_by: Date, overdue: bool);
}

macro_rules! asked {
    ($wire:ident $kind:ident $collection:literal) => {
        impl Asked for pb::$wire {
            const KIND: &'static str = $kind;
            const COLLECTION: &'static str = $collection;

            fn industry(&self) -> &str {
                self.enterprise.as_ref().map_or("", |enterprise| enterprise.industry.as_str())
            }

            fn requested_at_ms(&self) -> i64 {
                self.requested_at_ms
            }

            fn complete(&mut self, name: String, decide_by: Date, overdue: bool) {
                self.name = name;
                self.decide_by = decide_by.put(&mut Parts::default());
                self.overdue = overdue;
            }
        }
    };
}
asked!(Admission ADMISSION "admissions");
asked!(Removal REMOVAL "removals");

/// One page of the requests that nobody decided, oldest origin and key first, and the token of the next page.
async fn waiting<A: Asked>(
    host: &Host<Ledger>,
    actor: &Actor,
    wanted: Option<&Page>,
    only_overdue: bool,
) -> Result<(Vec<A>, String), Fault> {
    let (size, begin) = page(wanted)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut begin = after(begin)?;
    let now = host.place.clock.now();
    let mut found: Vec<(Listed, A)> = Vec::new();
    loop {
        let chunk = shown::list(&host.read, &host.place.region, A::KIND, begin.as_ref(), 1_000).await?;
        let Some(last) = chunk.last() else { break };
        begin = Some((last.origin.clone(), last.key.clone()));
        let origins: BTreeSet<String> = chunk.iter().map(|listed| listed.origin.clone()).collect();
        let decided = decisions::decided(&host.read, origins).await?;
        for listed in chunk {
            let Some(serial) = listed.key.parse::<Serial>().ok() else { continue };
            let Ok(mut asked) = A::decode(listed.body.as_slice()) else { continue };
            let done = decided.get(&(listed.origin.clone(), serial.raw())).is_some_and(|last| *last >= listed.version);
            let decide_by = workday::shipped().after(Instant::from_ms(asked.requested_at_ms()).date(), DECIDE_WORKDAYS);
            let overdue = now >= Instant::end_of(decide_by);
            if !done && actor.scope().sees_industry(asked.industry()) && (overdue || !only_overdue) {
                let name = host.place.name(&format!("{}/{}~{serial}", A::COLLECTION, listed.origin));
                asked.complete(name, decide_by, overdue);
                found.push((listed, asked));
            }
        }
        if found.len() > size {
            break;
        }
    }
    let more = found.len() > size;
    found.truncate(size);
    let next = if more { found.last().map(|(last, _)| token(last)).unwrap_or_default() } else { String::new() };
    Ok((found.into_iter().map(|(_, asked)| asked).collect(), next))
}

#[tonic::async_trait]
impl Admissions for AdmissionsService {
    async fn list_admissions(
        &self,
        request: Request<pb::ListAdmissionsRequest>,
    ) -> Result<Response<pb::ListAdmissionsResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let wanted = request.get_ref();
        let (admissions, next_page_token) = waiting(host, &actor, wanted.page.as_ref(), wanted.overdue).await?;
        Ok(Response::new(pb::ListAdmissionsResponse { admissions, next_page_token }))
    }

    async fn decide_admission(&self, request: Request<pb::DecideAdmissionRequest>) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().name)?;
        self.0.write("DecideAdmission", request, |wire| read_decide(issuer, wire)).await
    }

    async fn list_removals(
        &self,
        request: Request<pb::ListRemovalsRequest>,
    ) -> Result<Response<pb::ListRemovalsResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let wanted = request.get_ref();
        let (removals, next_page_token) = waiting(host, &actor, wanted.page.as_ref(), wanted.overdue).await?;
        Ok(Response::new(pb::ListRemovalsResponse { removals, next_page_token }))
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let wanted = request.get_ref();
        let (size, begin) = page(wanted.page.as_ref())?;
        let (size, begin, now) = (usize::try_from(size).unwrap_or(usize::MAX), after(begin)?, host.place.clock.now());
        let place = |standing: &Standing| (standing.from.to_string(), standing.enterprise.to_string());
        let mut found = transfers::all(&host.read, &region).await.map_err(Fault::from)?;
        found.retain(|standing| {
            let industry = standing.told.enterprise.as_ref().map_or("", |enterprise| enterprise.industry.as_str());
            actor.scope().sees_industry(industry)
                && (!wanted.undecided || standing.is_undecided(now))
                && begin.as_ref().is_none_or(|begin| place(standing) > *begin)
        });
        found.sort_by_key(place);
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more).map(place);
        let next_page_token = last.map(|(origin, key)| format!("{origin}~{key}")).unwrap_or_default();
        let transfers = found.into_iter().map(|standing| {
            let name = host.place.name(&format!("transfers/{}~{}", standing.from, standing.enterprise));
            let overdue = standing.is_overdue(now);
            // What travels is for the other county.
            pb::Transfer { name, overdue, package: Vec::new(), ..standing.told }
        });
        Ok(Response::new(pb::ListTransfersResponse { transfers: transfers.collect(), next_page_token }))
    }

    async fn decide_transfer(&self, request: Request<pb::DecideTransferRequest>) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().name)?;
        let all = match &issuer {
            Some(issuer) => {
                let (host, _) = self.0.admit(&request, &issuer.region)?;
                transfers::all(&host.read, &issuer.region).await.map_err(Fault::from)?
            }
            // What cannot be read is told by the reader of the whole request.
            None => Vec::new(),
        };
        self.0.write("DecideTransfer", request, |wire| read_transfer(issuer, all, wire)).await
    }

    async fn decide_removal(&self, request: Request<pb::DecideRemovalRequest>) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().name)?;
        self.0.write("DecideRemoval", request, |wire| read_removal(issuer, wire)).await
    }
}
