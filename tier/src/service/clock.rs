//! The business clock of a region over gRPC.

use changxiao_domain::{actor::Actor, clock::Instant, event::ClockAdvanced, refusal::Refusal, stamp::Moment};
use changxiao_proto::{
    convert::request::Reader,
    sandbox::v1::{AdvanceClockRequest, AdvanceClockResponse, GetClockRequest, GetClockResponse, clock_server::Clock},
};
use tonic::{Request, Response, Status};

use crate::{
    desk::Desk,
    fault::Fault,
    writer::{Book, Command, Decision, Submission},
};

/// Serves the clock of the regions of a desk.
pub struct ClockService<B: Book>(pub Desk<B>);

/// Moves the clock. Its stamp is the instant it moves to, so everything due until then speaks first.
struct Advance {
    to: Instant,
}

impl<B: Book> Command<B> for Advance {
    fn needs(&self, _: &Actor, _: &mut B::Needs) {}
    fn decide(self: Box<Self>, _: &Actor, _: Moment, _: &B::Known) -> Result<Decision<B>, Refusal> {
        Ok(Decision::one(ClockAdvanced { to: self.to }.into(), "clock".to_owned()))
    }
}

#[tonic::async_trait]
impl<B: Book> Clock for ClockService<B> {
    async fn get_clock(&self, request: Request<GetClockRequest>) -> Result<Response<GetClockResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let now_ms = host.place.clock.now().ms();
        Ok(Response::new(GetClockResponse { now_ms, sandbox: host.place.sandbox }))
    }

    async fn advance_clock(&self, request: Request<AdvanceClockRequest>) -> Result<Response<AdvanceClockResponse>, Status> {
        let mut reader = Reader::default();
        let region = reader.region_name("parent", &request.get_ref().parent);
        let region = reader.finish(region).map_err(Fault::from)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        if let Some(unsound) = host.place.soundness.fault() {
            // The clock must not move where what falls due could not be written.
            return Err(Fault::ReadOnly { reason: unsound.reason, detail: unsound.detail }.into());
        }
        let to = Instant::from_ms(request.get_ref().to_ms);
        let submission = Submission { command: Box::new(Advance { to }), actor, request: None, validate_only: false };
        host.writer.submit_at(submission, Some(to)).await?;
        Ok(Response::new(AdvanceClockResponse { now_ms: host.place.clock.now().ms() }))
    }
}
