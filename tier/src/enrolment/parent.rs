//! The region above as it is called: first whoever answers is asked which authority stands there, and only when that is the one to be
//! believed, a second connection is made that believes nobody else.

use std::sync::Arc;

use changxiao_domain::{
    clock::{Clock, Instant},
    enrolment::CLOCK_MS_MAX,
    event::Digest,
    region::RegionId,
};
use changxiao_proto::{
    convert::enrolment::SERVICE_PREFIX,
    enrolment::v1::{self as pb, enrolment_client::EnrolmentClient},
};
use rustls::{pki_types::CertificateDer, time_provider::TimeProvider};
use tonic::{Request, transport::Channel};

use super::{
    Fault,
    answer::{Believed, is_authority_below},
};
use crate::{
    channel::{
        dial::{DialError, connect},
        tls::{named_client, server_name},
    },
    identity::proof,
};

/// Longest wait for one answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Where the region above serves people and clients.
#[derive(Clone)]
pub struct Parent {
    /// Region above.
    pub region: RegionId,
    /// `host:port` of its service listener.
    pub address: String,
    /// Name in its certificate, if it is not the host of the address.
    pub name: Option<String>,
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// The same, as TLS asks for it.
    pub time: Arc<dyn TimeProvider>,
}

/// A connection to the region above after its authority was believed.
pub struct Known {
    client: EnrolmentClient<Channel>,
    address: String,
    parent: String,
}

fn asked<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(PATIENCE);
    request
}

impl Parent {
    fn name(&self) -> &str {
        let host = || self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        self.name.as_deref().unwrap_or_else(host).trim_start_matches('[').trim_end_matches(']')
    }

    /// Connects once it is known whom to believe, and that both clocks agree.
    ///
    /// # Errors
    /// Nobody answers, another authority stands there, or one of the clocks is wrong.
    pub async fn meet(&self, believed: &Believed) -> Result<Known, Fault> {
        let parent = format!("regions/{}", self.region);
        let mut stranger = EnrolmentClient::new(self.channel(None)?);
        let about = stranger
            .describe_authority(asked(pb::DescribeAuthorityRequest { parent: parent.clone() }))
            .await
            .map_err(|status| Fault::of_status(&self.address, status))?
            .into_inner();
        let bundle: Vec<_> = about.bundle.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        let roots = believed.among(&bundle);
        let other = || Fault::PinWrong { address: self.address.clone(), from: believed.named_by() };
        if roots.is_empty() {
            return Err(other());
        }
        self.compare_clocks(Instant::from_ms(about.now_ms))?;
        // The listener's certificate may be anybody's; what counts is that the authority vouches for exactly this one.
        let authority = CertificateDer::from(about.authority.to_vec());
        let words = [SERVICE_PREFIX, &about.service_certificate].concat();
        if !is_authority_below(&authority, &roots, &self.region, self.clock.now())
            || !proof::is_signed(&authority, &words, &about.signature)
        {
            return Err(other());
        }
        let only = CertificateDer::from(about.service_certificate.to_vec());
        let client = EnrolmentClient::new(self.channel(Some(only))?);
        Ok(Known { client, address: self.address.clone(), parent })
    }

    fn channel(&self, only: Option<CertificateDer<'static>>) -> Result<Channel, Fault> {
        let config = Arc::new(named_client(only, self.time.clone()).map_err(DialError::from)?);
        let name = server_name(self.name()).map_err(DialError::from)?;
        Ok(connect(&self.address, name, move || Ok(Arc::clone(&config)), |stream, _| stream)?)
    }

    /// Nothing that was heard so far is proven; a wrong time told by a stranger only stops us.
    fn compare_clocks(&self, there: Instant) -> Result<(), Fault> {
        let here = self.clock.now();
        if here.ms_since(there).abs() <= CLOCK_MS_MAX {
            return Ok(());
        }
        Err(Fault::ClockWrong { parent: self.region.clone(), here, there })
    }
}

impl Known {
    /// Asks for an identity.
    ///
    /// # Errors
    /// The region above refuses, or the connection fails.
    pub async fn enrol(&mut self, code: String, request: pb::SignedEnrolmentRequest) -> Result<pb::EnrolResponse, Fault> {
        let message = pb::EnrolRequest { parent: self.parent.clone(), code, request: Some(request) };
        let answer = self.client.enrol(asked(message)).await;
        Ok(answer.map_err(|status| Fault::of_status(&self.address, status))?.into_inner())
    }

    /// Asks what became of a request.
    ///
    /// # Errors
    /// The same.
    pub async fn collect(&mut self, digest: &Digest) -> Result<pb::CollectResponse, Fault> {
        let message = pb::CollectRequest { parent: self.parent.clone(), request_digest: digest.to_vec().into() };
        let answer = self.client.collect(asked(message)).await;
        Ok(answer.map_err(|status| Fault::of_status(&self.address, status))?.into_inner())
    }

    /// Renews.
    ///
    /// # Errors
    /// The same.
    pub async fn renew(&mut self, renewal: pb::SignedRenewal) -> Result<pb::SignedAnswer, Fault> {
        let message = pb::RenewRequest { parent: self.parent.clone(), renewal: Some(renewal) };
        let answer = self.client.renew(asked(message)).await;
        let answer = answer.map_err(|status| Fault::of_status(&self.address, status))?.into_inner().answer;
        answer.ok_or_else(|| Fault::AnswerInvalid("it is empty".to_owned()))
    }
}
