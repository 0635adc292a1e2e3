//! `enrolment.v1.EnrolmentDesk`: the people of the region above issue codes, take files in, and decide.

use changxiao_domain::{
    clock::DAY_MS,
    enrolment::{CODE_DAYS, CODE_DAYS_MAX, Enrolment, Refusal, Way},
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{
    convert::request::Reader,
    enrolment::v1::{self as pb, enrolment_desk_server::EnrolmentDesk},
    types::v1::Receipt,
};
use changxiao_tier::{
    accounts::token::derived,
    desk::{Host, page, request_hash},
    enrolment::{code::Code, request::digest},
    fault::Fault,
    journal::checkpoint::PublicKey,
    writer::{self, Submission},
};
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{
    Office,
    enrolments::state_to_wire,
    issuing::{Issuing, checked, refused},
    regions::put_in_force,
};
use crate::{
    app::{
        enrolments::{DecideEnrolment, IssueCode, RequestEnrolment, Word},
        issuer::Issuer,
    },
    book::Ledger,
    store::enrolments,
};

const NAME: &str = "regions/{region}/enrolments/{enrolment}";

/// Serves the desk of enrolment of the regions of a desk.
pub struct EnrolmentDeskService {
    /// Regions.
    pub desk: Office,
    /// Issues.
    pub issuing: Issuing,
}

fn view(host: &Host<Ledger>, enrolment: &Enrolment) -> pb::EnrolmentView {
    let way = match enrolment.way {
        Way::Code => "code",
        Way::File => "file",
        Way::OldKey => "old key",
    };
    let register = host.place.registers.current();
    let (region, key) = (&enrolment.region, &enrolment.journal_key);
    pb::EnrolmentView {
        name: host.place.name(&format!("enrolments/{}", enrolment.serial)),
        region: region.to_string(),
        state: state_to_wire(enrolment.state).into(),
        fingerprint: changxiao_domain::enrolment::grouped(&PublicKey(*key).fingerprint()),
        federation_address: enrolment.address.clone(),
        way: way.to_owned(),
        reason: enrolment.reason.clone(),
        entered: changxiao_domain::enrolment::holds(&register, region, key, &enrolment.address),
    }
}

impl EnrolmentDeskService {
    async fn issue(&self, request: Request<pb::IssueCodeRequest>) -> Result<pb::IssueCodeResponse, Fault> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let parent = reader.region_name("parent", &wire.parent);
        let id = reader.request_id(&wire.request_id);
        let region = reader.parse::<RegionId>("region", &wire.region);
        let days = match wire.days {
            0 => CODE_DAYS,
            days if days <= CODE_DAYS_MAX => days,
            days => {
                reader.wrong("days", format!("must lie from 1 to {CODE_DAYS_MAX}, is {days}"));
                0
            }
        };
        let ((parent, id), region) = reader.finish(parent.zip(id).zip(region))?;
        let (host, actor) = self.desk.admit(&request, &parent)?;
        let pin = self.issuing.pin(&parent)?;
        // From the request id, so that a repeated request gets this code and never a second one.
        let secret = derived(&host.key, &["enrolment-code", region.as_str(), &actor.id(), &id]);
        let code = Code::new(&secret, pin);
        let expires = self.issuing.now().plus_ms(i64::from(days) * DAY_MS);
        let issuer = Issuer::new(&host.place, host.key.clone());
        let command = Box::new(IssueCode { issuer, region: region.clone(), code_hash: code.hash(&region), expires });
        let asked = writer::Request { id, hash: request_hash("IssueCode", &wire.encode_to_vec()) };
        let submission = Submission { command, actor, request: Some(asked), validate_only: wire.validate_only };
        let receipt = host.writer.submit(submission).await?;
        let told = if wire.validate_only { String::new() } else { code.told(&region) };
        Ok(pb::IssueCodeResponse { code: told, expires_at_ms: expires.ms(), receipt: Some(receipt) })
    }

    async fn take(&self, request: Request<pb::TakeRequestRequest>) -> Result<pb::TakeRequestResponse, Fault> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let parent = reader.region_name("parent", &wire.parent);
        let id = reader.request_id(&wire.request_id);
        let (parent, id) = reader.finish(parent.zip(id))?;
        let (host, actor) = self.desk.admit(&request, &parent)?;
        let sealed = wire.request.clone().unwrap_or_default();
        let asked = checked(&self.issuing, host, &sealed)?;
        self.issuing.open(&parent)?;
        let (region, digest) = (asked.region.clone(), digest(&sealed));
        let command = Box::new(RequestEnrolment {
            issuer: Issuer::new(&host.place, host.key.clone()),
            request: asked,
            sealed: sealed.encode_to_vec(),
            digest,
            way: Way::File,
            code_hash: [0; 32],
            now: self.issuing.now(),
        });
        let request = writer::Request { id, hash: request_hash("TakeRequest", &wire.encode_to_vec()) };
        let submission = Submission { command, actor, request: Some(request), validate_only: wire.validate_only };
        let receipt = host.writer.submit(submission).await?;
        let held = enrolments::by_digest(&host.read, &digest).await?;
        let name = held.map(|held| host.place.name(&format!("enrolments/{}", held.serial))).unwrap_or_default();
        let (region, request_digest) = (region.to_string(), digest.to_vec().into());
        Ok(pb::TakeRequestResponse { name, region, request_digest, receipt: Some(receipt) })
    }

    async fn decide(&self, request: Request<pb::DecideEnrolmentRequest>) -> Result<Receipt, Fault> {
        let wire = request.get_ref();
        let mut reader = Reader::default();
        let name = reader.serial_name("name", &wire.name, NAME);
        let id = reader.request_id(&wire.request_id);
        let fingerprint = reader.text("fingerprint", &wire.fingerprint, usize::from(wire.approve) * 64, 200);
        let reason = reader.text("reason", &wire.reason, usize::from(!wire.approve), 1_000);
        let ((((region, serial), id), fingerprint), reason) = reader.finish(name.zip(id).zip(fingerprint).zip(reason))?;
        let (host, actor) = self.desk.admit(&request, &region)?;
        let held = enrolments::one(&host.read, serial).await?;
        let held = held.ok_or_else(|| refused(Refusal::NotFound { enrolment: serial.to_string() }))?;
        let word = if wire.approve { self.approval(host, &held, fingerprint)? } else { Word::Refuse { reason } };
        let issuer = Issuer::new(&host.place, host.key.clone());
        let command = Box::new(DecideEnrolment { issuer, enrolment: serial, region: held.region, word });
        let asked = writer::Request { id, hash: request_hash("DecideEnrolment", &wire.encode_to_vec()) };
        let submission = Submission { command, actor, request: Some(asked), validate_only: wire.validate_only };
        let receipt = host.writer.submit(submission).await?;
        // At the top an approval enters the node.
        put_in_force(host).await?;
        Ok(receipt)
    }

    /// The certificate is made before it is decided: the writer neither reads files nor signs. What is not decided is thrown away.
    fn approval(&self, host: &Host<Ledger>, held: &Enrolment, fingerprint: String) -> Result<Word, Fault> {
        let sealed = pb::SignedEnrolmentRequest::decode(held.request.as_slice());
        let sealed = sealed.map_err(|error| Fault::Internal(format!("a stored request cannot be read: {error}")))?;
        let request = checked(&self.issuing, host, &sealed)?;
        let issued = Box::new(self.issuing.issue(host, &held.region, &request.csr)?);
        Ok(Word::Approve { fingerprint, issued })
    }
}

#[tonic::async_trait]
impl EnrolmentDesk for EnrolmentDeskService {
    async fn issue_code(&self, request: Request<pb::IssueCodeRequest>) -> Result<Response<pb::IssueCodeResponse>, Status> {
        Ok(Response::new(self.issue(request).await?))
    }

    async fn take_request(&self, request: Request<pb::TakeRequestRequest>) -> Result<Response<pb::TakeRequestResponse>, Status> {
        Ok(Response::new(self.take(request).await?))
    }

    async fn list_enrolments(
        &self,
        request: Request<pb::ListEnrolmentsRequest>,
    ) -> Result<Response<pb::ListEnrolmentsResponse>, Status> {
        let region = super::parent(&request.get_ref().parent)?;
        let (host, _) = self.desk.admit(&request, &region)?;
        let (size, before) = page(request.get_ref().page.as_ref())?;
        let mut reader = Reader::default();
        let before = match before {
            None => Some(None),
            Some(token) => reader.parse::<Serial>("page.page_token", &token).map(Some),
        };
        let before = reader.finish(before).map_err(Fault::from)?;
        let mut found = enrolments::list(&host.read, before, size + 1).await.map_err(Fault::from)?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token =
            if more { found.last().map(|last| last.serial.to_string()).unwrap_or_default() } else { String::new() };
        let enrolments = found.iter().map(|enrolment| view(host, enrolment)).collect();
        Ok(Response::new(pb::ListEnrolmentsResponse { enrolments, next_page_token }))
    }

    async fn decide_enrolment(&self, request: Request<pb::DecideEnrolmentRequest>) -> Result<Response<Receipt>, Status> {
        Ok(Response::new(self.decide(request).await?))
    }
}
