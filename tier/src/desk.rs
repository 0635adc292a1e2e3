//! Where calls become commands and answers: the regions hosted by a process, and the few steps every handler shares.

use std::{collections::BTreeMap, sync::Arc};

use changxiao_domain::{actor::Actor, region::RegionId};
use changxiao_proto::{convert::request::Invalid, types::v1::Receipt};
use prost::Message;
use sea_orm::DatabaseConnection;
use tonic::{Request, Response, Status};

use crate::{
    accounts::token::derived,
    database::Pen,
    fault::Fault,
    journal::{checkpoint::JournalKey, merkle::Hash},
    place::Place,
    policy::{Caller, Door},
    writer::{Book, Command, Submission, Writer},
};

/// One region as handlers see it.
pub struct Host<B: Book> {
    /// Name, clock, register, soundness.
    pub place: Place,
    /// Reads.
    pub read: DatabaseConnection,
    /// For the few rows outside the journal, one statement at a time.
    pub write: Pen,
    /// The only road to a change.
    pub writer: Writer<B>,
    /// Signs directives.
    pub key: Arc<JournalKey>,
    /// Who was let in.
    pub door: Arc<Door>,
}

/// The regions of a process.
pub struct Desk<B: Book> {
    hosts: Arc<BTreeMap<RegionId, Arc<Host<B>>>>,
}

impl<B: Book> Clone for Desk<B> {
    fn clone(&self) -> Self {
        Self { hosts: self.hosts.clone() }
    }
}

/// A write as its request said it.
pub struct Parsed<B: Book> {
    /// Region that owns the resource.
    pub region: RegionId,
    /// UUID of the request.
    pub request_id: String,
    /// Check everything, change nothing.
    pub validate_only: bool,
    /// What is asked.
    pub command: Box<dyn Command<B>>,
}

impl<B: Book> Desk<B> {
    /// A desk for these regions.
    #[must_use]
    pub fn new(hosts: BTreeMap<RegionId, Arc<Host<B>>>) -> Self {
        Self { hosts: Arc::new(hosts) }
    }

    /// One region, whoever asks.
    ///
    /// # Errors
    /// It is not hosted here.
    pub fn host(&self, region: &RegionId) -> Result<&Arc<Host<B>>, Fault> {
        self.hosts.get(region).ok_or_else(|| Fault::NotFound { what: format!("regions/{region}") })
    }

    /// Every region.
    pub fn hosts(&self) -> impl Iterator<Item = &Arc<Host<B>>> {
        self.hosts.values()
    }

    /// The region asked for with the account that asks. Another region's account sees nothing here.
    ///
    /// # Errors
    /// Nobody known asks, or the region is not theirs or not here.
    pub fn admit<R>(&self, request: &Request<R>, region: &RegionId) -> Result<(&Arc<Host<B>>, Actor), Fault> {
        let caller = Caller::of(request.extensions(), region)?;
        Ok((self.host(region)?, caller.actor.clone()))
    }

    /// A write from request to receipt: hash, parse, admit, submit.
    ///
    /// # Errors
    /// Whatever refuses, as a status with details.
    pub async fn write<R: Message>(
        &self,
        method: &'static str,
        request: Request<R>,
        parse: impl FnOnce(R) -> Result<Parsed<B>, Invalid>,
    ) -> Result<Response<Receipt>, Status> {
        let hash = request_hash(method, &request.get_ref().encode_to_vec());
        let (metadata, extensions, message) = request.into_parts();
        let parsed = parse(message).map_err(Fault::from)?;
        let (host, actor) = self.admit(&Request::from_parts(metadata, extensions, ()), &parsed.region)?;
        let request = crate::writer::Request { id: parsed.request_id, hash };
        let submission =
            Submission { command: parsed.command, actor, request: Some(request), validate_only: parsed.validate_only };
        Ok(Response::new(host.writer.submit(submission).await?))
    }
}

/// What is kept of a request, to tell whether its id came with another body.
#[must_use]
pub fn request_hash(method: &str, body: &[u8]) -> [u8; 32] {
    Hash::of(&[b"changxiao/request/v1\n", method.as_bytes(), b"\n", body]).0
}

/// The same of a request that holds a secret: only who has the region's key could try passwords against it.
#[must_use]
pub fn secret_request_hash(key: &JournalKey, method: &str, body: &[u8]) -> [u8; 32] {
    let pepper = derived(key, &["request-hash"]);
    Hash::of(&[b"changxiao/secret-request/v1\n", &pepper, method.as_bytes(), b"\n", body]).0
}

/// Page size and the position after which a page begins.
///
/// # Errors
/// The token was not made here, or the size is negative.
pub fn page(page: Option<&changxiao_proto::types::v1::Page>) -> Result<(u64, Option<String>), Fault> {
    let mut reader = changxiao_proto::convert::request::Reader::default();
    let Some(page) = page else { return Ok((100, None)) };
    let size = match page.page_size {
        0 => Some(100),
        size @ 1..=1_000 => u64::try_from(size).ok(),
        size => {
            reader.wrong("page.page_size", format!("must lie from 0 to 1000, is {size}"));
            None
        }
    };
    let token = if page.page_token.is_empty() { None } else { Some(page.page_token.clone()) };
    if token.as_ref().is_some_and(|token| token.len() > 200) {
        reader.wrong("page.page_token", "was not made here; start again without one");
    }
    Ok((reader.finish(size)?, token))
}
