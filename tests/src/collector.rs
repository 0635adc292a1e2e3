//! A collector of traces for tests: takes spans over OTLP as any other would, and draws a trace as a tree.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
};
use tokio::task::JoinHandle;
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

/// One span as it arrived.
#[derive(Clone, Debug)]
pub struct Span {
    /// Process that made it, such as `changxiao-node bs-tengchong`.
    pub service: String,
    /// Its trace.
    pub trace: Vec<u8>,
    /// Itself.
    pub id: Vec<u8>,
    /// Its parent; empty for a root.
    pub parent: Vec<u8>,
    /// Its name.
    pub name: String,
    /// Begin and end, nanoseconds.
    pub time: (u64, u64),
    /// Attributes as text.
    pub attributes: BTreeMap<String, String>,
}

#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Span>>>);

/// A running collector.
pub struct Collector {
    /// Where it listens.
    pub address: SocketAddr,
    spans: Spans,
    task: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::StringValue(text)) => text,
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

#[tonic::async_trait]
impl TraceService for Spans {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut held = self.0.lock().unwrap();
        for batch in request.into_inner().resource_spans {
            let attributes = batch.resource.unwrap_or_default().attributes;
            let service = attributes.into_iter().find(|attribute| attribute.key == "service.name");
            let service = text(service.and_then(|attribute| attribute.value).and_then(|value| value.value));
            held.extend(batch.scope_spans.into_iter().flat_map(|scope| scope.spans).map(|span| Span {
                service: service.clone(),
                trace: span.trace_id,
                id: span.span_id,
                parent: span.parent_span_id,
                name: span.name,
                time: (span.start_time_unix_nano, span.end_time_unix_nano),
                attributes: span.attributes.into_iter().map(|a| (a.key, text(a.value.and_then(|value| value.value)))).collect(),
            }));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Starts one on loopback.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> anyhow::Result<Self> {
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
        let address = incoming.local_addr()?;
        let spans = Spans::default();
        let service = TraceServiceServer::new(spans.clone()).max_decoding_message_size(64 * 1_024 * 1_024);
        let task = tokio::spawn(async move { drop(Server::builder().serve_with_incoming(service, incoming).await) });
        Ok(Self { address, spans, task })
    }

    /// Every span so far.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.0.lock().unwrap().clone()
    }

    /// The traces so far that spans of all these processes belong to, the smallest first.
    pub fn traces_through(&self, services: &[&str]) -> Vec<Vec<Span>> {
        let mut traces: BTreeMap<Vec<u8>, Vec<Span>> = BTreeMap::new();
        for span in self.spans() {
            traces.entry(span.trace.clone()).or_default().push(span);
        }
        let mut through: Vec<Vec<Span>> = traces
            .into_values()
            .filter(|trace| {
                let seen: BTreeSet<&str> = trace.iter().map(|span| span.service.as_str()).collect();
                services.iter().all(|service| seen.contains(service))
            })
            .collect();
        through.sort_by_key(Vec::len);
        through
    }
}

/// Draws a trace: one line for each span below its parent, in order of time; equal neighbours without children share a line.
pub fn tree(trace: &[Span]) -> String {
    let known: BTreeSet<&[u8]> = trace.iter().map(|span| span.id.as_slice()).collect();
    let mut children: BTreeMap<&[u8], Vec<&Span>> = BTreeMap::new();
    let mut roots = Vec::new();
    for span in trace {
        if known.contains(span.parent.as_slice()) {
            children.entry(span.parent.as_slice()).or_default().push(span);
        } else {
            roots.push(span);
        }
    }
    let mut drawn = String::new();
    let begin = trace.iter().map(|span| span.time.0).min().unwrap_or_default();
    draw(&mut drawn, roots, &children, 0, begin);
    drawn
}

fn draw(drawn: &mut String, mut spans: Vec<&Span>, children: &BTreeMap<&[u8], Vec<&Span>>, depth: usize, begin: u64) {
    spans.sort_by_key(|span| span.time);
    let alone = |span: &Span| !children.contains_key(span.id.as_slice());
    let mut rest = spans.as_slice();
    while let [first, ..] = rest {
        let same = rest.iter().take_while(|span| alone(span) && alone(first) && span.name == first.name).count().max(1);
        let times = if same > 1 { format!(" ×{same}") } else { String::new() };
        let took: u64 = rest[..same].iter().map(|span| span.time.1.saturating_sub(span.time.0)).sum();
        let _ = writeln!(
            drawn,
            "{:>9.2} ms {:>8.2} ms  {:<32} {}{}{times}",
            first.time.0.saturating_sub(begin) as f64 / 1e6,
            took as f64 / 1e6,
            first.service,
            "  ".repeat(depth),
            first.name
        );
        if let Some(below) = children.get(first.id.as_slice()) {
            draw(drawn, below.clone(), children, depth + 1, begin);
        }
        rest = &rest[same..];
    }
}
