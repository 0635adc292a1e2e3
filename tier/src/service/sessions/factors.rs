//! One's own second factor: asked for, confirmed by its first code, given up.

use changxiao_domain::region::RegionId;
use changxiao_proto::{
    account::v1::{ConfirmTotpRequest, ConfirmTotpResponse, EnrolTotpRequest, EnrolTotpResponse, RemoveTotpRequest},
    convert::request::Reader,
    types::v1::Receipt,
};
use prost::Message as _;
use sea_orm::EntityTrait as _;
use tonic::{Request, Response, Status};

use super::{Own, SessionsService, given, prove::sealing_key, refused};
use crate::{
    accounts::{
        Refusal,
        secrets::{Change, recovery_hash, totp_row},
        token::derived,
        totp::{Secret, base32},
    },
    database::upsert,
    desk::secret_request_hash,
    fault::Fault,
    service::accounts::commands::{AccountBook, OnAccount, submit},
    writer,
};

/// Recovery codes given at a time.
const RECOVERY_CODES: usize = 10;

pub(super) async fn enrol<B: AccountBook>(
    service: &SessionsService<B>,
    request: Request<EnrolTotpRequest>,
) -> Result<Response<EnrolTotpResponse>, Status> {
    let wire = request.get_ref();
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let password = given(&mut reader, "password", &wire.password);
    let (region, password) = reader.finish(region.zip(password)).map_err(Fault::from)?;
    let own = service.own(&request, &region)?;
    if service.with_password(&own).await?.totp {
        return Err(refused(Refusal::TotpEnrolled { account: own.account.clone() }).into());
    }
    let proven = service.proven(&own, password, "").await?;
    proven.ok_or_else(|| refused(Refusal::SignInRefused {}))?;
    let secret = Secret::generate(&*service.random).map_err(Fault::Internal)?;
    let sealed = secret.seal(&sealing_key(own.host), own.account.as_str(), &*service.random).map_err(Fault::Internal)?;
    let row = totp_row::Model { account: own.account.to_string(), sealed, confirmed: false, used_step: 0 };
    upsert::<totp_row::Entity>(&own.host.write, vec![row]).await.map_err(Fault::from)?;
    Ok(Response::new(EnrolTotpResponse {
        secret: secret.base32(),
        otpauth_uri: secret.uri(region.as_str(), own.account.as_str()),
    }))
}

pub(super) async fn confirm<B: AccountBook>(
    service: &SessionsService<B>,
    request: Request<ConfirmTotpRequest>,
) -> Result<Response<ConfirmTotpResponse>, Status> {
    let wire = request.get_ref();
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let id = reader.request_id(&wire.request_id);
    let (region, id) = reader.finish(region.zip(id)).map_err(Fault::from)?;
    let own = service.own(&request, &region)?;
    let codes = recovery_codes(&own, &region, &id);
    let mut command = OnAccount::new(own.account.clone(), |account| Ok(account.enrol_totp()?.into()));
    let verdict = match shown(&own, &wire.totp).await? {
        Ok(step) => {
            let codes = codes.iter().map(|code| recovery_hash(&own.account, code)).collect();
            command = command.with(Change::TotpConfirmed { account: own.account.clone(), step, codes });
            Ok(())
        }
        Err(refusal) => Err(refusal),
    };
    let asked = writer::Request { id, hash: secret_request_hash(&own.host.key, "ConfirmTotp", &wire.encode_to_vec()) };
    let receipt = submit(own.host, own.actor, Some(asked), false, Box::new(command.given(verdict))).await?;
    own.host.door.forget();
    Ok(Response::new(ConfirmTotpResponse { recovery_codes: codes, receipt: Some(receipt) }))
}

pub(super) async fn remove<B: AccountBook>(
    service: &SessionsService<B>,
    request: Request<RemoveTotpRequest>,
) -> Result<Response<Receipt>, Status> {
    let wire = request.get_ref();
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let id = reader.request_id(&wire.request_id);
    let password = given(&mut reader, "password", &wire.password);
    let ((region, id), password) = reader.finish(region.zip(id).zip(password)).map_err(Fault::from)?;
    let own = service.own(&request, &region)?;
    let verdict = match service.proven(&own, password, &wire.totp).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::SignInRefused {}),
    };
    let command = OnAccount::new(own.account.clone(), |account| Ok(account.remove_totp()?.into()))
        .with(Change::TotpGone { account: own.account.clone() })
        .given(verdict);
    let asked = writer::Request { id, hash: secret_request_hash(&own.host.key, "RemoveTotp", &wire.encode_to_vec()) };
    let receipt = submit(own.host, own.actor, Some(asked), false, Box::new(command)).await?;
    Ok(Response::new(receipt))
}

/// The step whose code was shown of the secret that waits to be confirmed.
async fn shown<B: AccountBook>(own: &Own<'_, B>, code: &str) -> Result<Result<i64, Refusal>, Fault> {
    let row = totp_row::Entity::find_by_id(own.account.to_string()).one(&own.host.read).await?;
    let Some(row) = row else { return Ok(Err(Refusal::TotpMissing { account: own.account.clone() })) };
    let secret = Secret::open(&row.sealed, &sealing_key(own.host), own.account.as_str()).map_err(Fault::Internal)?;
    Ok(secret.step_of(code.trim(), own.host.door.real.now()).ok_or(Refusal::TotpWrong {}))
}

/// The codes of a request, 80 bits each: the same for the same request.
fn recovery_codes<B: AccountBook>(own: &Own<'_, B>, region: &RegionId, request: &str) -> Vec<String> {
    let code = |nth: usize| {
        let nth = nth.to_string();
        let purpose = ["recovery-code", region.as_str(), own.account.as_str(), request, &nth];
        let letters = base32(&derived(&own.host.key, &purpose));
        let groups = letters.as_bytes().chunks(4).take(4).map(|group| String::from_utf8_lossy(group).into_owned());
        groups.collect::<Vec<_>>().join("-")
    };
    (0..RECOVERY_CODES).map(code).collect()
}
