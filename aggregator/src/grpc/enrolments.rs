//! `enrolment.v1.Enrolment`: regions below come without an account. What they show is judged here; what follows from it, in `app`.

use changxiao_domain::{
    actor::Actor,
    enrolment::{Refusal, State, Way, about_now, below},
    event::Digest,
    region::RegionId,
};
use changxiao_proto::{
    convert::request::Reader,
    enrolment::v1::{self as pb, enrolment_server::Enrolment},
};
use changxiao_tier::{
    desk::Host,
    enrolment::{
        code::Code,
        request::{digest, proven, read_renewal, renewal_digest},
    },
    fault::Fault,
    writer::Submission,
};
use prost::Message as _;
use rustls::pki_types::CertificateDer;
use tonic::{Request, Response, Status};

use super::{
    Office,
    issuing::{Issuing, checked, refused},
};
use crate::{
    app::{
        enrolments::{RecordRenewal, RequestEnrolment},
        issuer::Issuer,
    },
    book::Ledger,
    store::enrolments,
};

/// Serves enrolment of the regions of a desk.
pub struct EnrolmentService {
    /// Regions.
    pub desk: Office,
    /// Issues.
    pub issuing: Issuing,
}

/// A state on the wire.
#[must_use]
pub const fn state_to_wire(state: State) -> pb::EnrolmentState {
    match state {
        State::Requested => pb::EnrolmentState::Requested,
        State::Approved => pb::EnrolmentState::Approved,
        State::Refused => pb::EnrolmentState::Refused,
        State::Superseded => pb::EnrolmentState::Superseded,
    }
}

/// Who writes when a region below asks: nobody with an account.
fn asker(region: &RegionId) -> Actor {
    Actor::Region(region.as_str().into())
}

impl EnrolmentService {
    fn host(&self, parent: &str) -> Result<&std::sync::Arc<Host<Ledger>>, Fault> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", parent);
        self.desk.host(&reader.finish(region)?)
    }

    async fn ask(&self, wire: pb::EnrolRequest) -> Result<pb::EnrolResponse, Fault> {
        let host = self.host(&wire.parent)?;
        let sealed = wire.request.unwrap_or_default();
        let request = checked(&self.issuing, host, &sealed)?;
        self.issuing.open(&host.place.region)?;
        let region = request.region.clone();
        let (way, code_hash) = if wire.code.is_empty() {
            (Way::OldKey, [0; 32])
        } else {
            let code = Code::typed(&region, &wire.code);
            (Way::Code, code.map_err(|_| refused(Refusal::CodeUnknown { region: region.clone() }))?.hash(&region))
        };
        let digest = digest(&sealed);
        let issuer = Issuer::new(&host.place, host.key.clone());
        let (sealed, now) = (sealed.encode_to_vec(), self.issuing.now());
        let command = Box::new(RequestEnrolment { issuer, request, sealed, digest, way, code_hash, now });
        let submission = Submission { command, actor: asker(&region), request: None, validate_only: false };
        host.writer.submit(submission).await?;
        let held = enrolments::by_digest(&host.read, &digest).await?;
        let held = held.ok_or_else(|| Fault::Internal("the enrolment is not stored".to_owned()))?;
        tracing::info!(region = %host.place.region, child = %region, enrolment = %held.serial, "a region asks to be enrolled");
        let name = host.place.name(&format!("enrolments/{}", held.serial));
        Ok(pb::EnrolResponse { name, state: state_to_wire(held.state).into() })
    }

    async fn look(&self, wire: &pb::CollectRequest) -> Result<pb::CollectResponse, Fault> {
        let host = self.host(&wire.parent)?;
        let mut reader = Reader::default();
        let digest = reader.digest("request_digest", &wire.request_digest);
        let digest: Digest = reader.finish(digest)?;
        let held = enrolments::by_digest(&host.read, &digest).await?;
        let held = held.ok_or_else(|| refused(Refusal::NotFound { enrolment: "of this digest".to_owned() }))?;
        let answer = match held.state {
            State::Approved => Some(self.issuing.answer(host, &held).await?),
            State::Requested | State::Refused | State::Superseded => None,
        };
        Ok(pb::CollectResponse { state: state_to_wire(held.state).into(), reason: held.reason, answer })
    }

    async fn extend(&self, wire: pb::RenewRequest) -> Result<pb::SignedAnswer, Fault> {
        let host = self.host(&wire.parent)?;
        let here = &host.place.region;
        let sealed = wire.renewal.unwrap_or_default();
        let renewal = read_renewal(&sealed).map_err(refused)?;
        let region = &renewal.region;
        if renewal.parent != *here {
            return Err(refused(Refusal::OtherParent { parent: renewal.parent.clone(), here: here.clone() }));
        }
        let register = host.place.registers.current();
        below(&register, here, region, host.place.clock.now().date()).map_err(refused)?;
        // Before the certificate: a wrong clock would only show as one that has lapsed.
        about_now(renewal.made_at, self.issuing.now()).map_err(refused)?;
        let shown: Vec<CertificateDer<'static>> = renewal.chain.iter().cloned().map(CertificateDer::from).collect();
        let id = self.issuing.tls.judge_shown(&shown).map_err(|refused| Fault::Precondition {
            reason: refused.cause.reason(),
            en: format!("the certificate shown renews nothing: {refused}"),
            zh: "出示的证书不能用于续期".to_owned(),
        })?;
        if id.region() != region {
            return Err(refused(Refusal::RenewalOtherRegion { region: region.clone(), shown: id.region().to_string() }));
        }
        let key = register.journal_key(region).ok_or_else(|| refused(Refusal::KeyUnknown { region: region.clone() }))?;
        let first = shown.first().ok_or_else(|| refused(Refusal::RenewalUnproven {}))?;
        proven(&sealed, key, first).map_err(refused)?;
        self.issuing.not_denied(host, region)?;
        let digest = renewal_digest(&sealed);
        if let Some(held) = enrolments::certificate(&host.read, region).await?.filter(|held| held.digest == digest) {
            return self.issuing.sealed(host, region, digest, &held.chain, Vec::new());
        }
        let issued = self.issuing.issue(host, region, &renewal.csr)?;
        let answer = self.issuing.sealed(host, region, digest, &issued.chain, Vec::new())?;
        let serial = issued.leaf.serial.clone();
        let command = Box::new(RecordRenewal { region: region.clone(), digest, issued });
        let submission = Submission { command, actor: asker(region), request: None, validate_only: false };
        host.writer.submit(submission).await?;
        tracing::info!(region = %here, child = %region, certificate.serial = serial, "renewed a certificate");
        Ok(answer)
    }
}

#[tonic::async_trait]
impl Enrolment for EnrolmentService {
    async fn describe_authority(
        &self,
        request: Request<pb::DescribeAuthorityRequest>,
    ) -> Result<Response<pb::DescribeAuthorityResponse>, Status> {
        let host = self.host(&request.get_ref().parent)?;
        Ok(Response::new(self.issuing.about(&host.place.region)?))
    }

    async fn enrol(&self, request: Request<pb::EnrolRequest>) -> Result<Response<pb::EnrolResponse>, Status> {
        Ok(Response::new(self.ask(request.into_inner()).await?))
    }

    async fn collect(&self, request: Request<pb::CollectRequest>) -> Result<Response<pb::CollectResponse>, Status> {
        Ok(Response::new(self.look(request.get_ref()).await?))
    }

    async fn renew(&self, request: Request<pb::RenewRequest>) -> Result<Response<pb::RenewResponse>, Status> {
        Ok(Response::new(pb::RenewResponse { answer: Some(self.extend(request.into_inner()).await?) }))
    }
}
