//! Traces: spans exported over OTLP, and their context carried through gRPC metadata as W3C says.
//!
//! Facts travel upward, so a trace does too: a command at the county, the city's pull that its announcement woke, the county's
//! statements for it, the province's pull after that, are one trace. Off unless a collector is configured; then a call costs a few
//! branches.

use std::{sync::OnceLock, time::Duration};

use http::HeaderMap;
use opentelemetry::{
    KeyValue,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use sea_orm::DatabaseConnection;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::config::Tracing;

/// Header of the W3C trace context.
pub const HEADER: &str = "traceparent";
/// Spans leave the process at least this often.
const EXPORT_EVERY: Duration = Duration::from_secs(1);

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Flushes what is left when it is closed.
#[derive(Debug)]
pub struct Exporter(SdkTracerProvider);

impl Exporter {
    /// Sends the last spans, and waits for it as long as `limit`.
    pub async fn close(self, limit: Duration) {
        // It blocks, so it has a thread of its own.
        let closing = tokio::task::spawn_blocking(move || drop(self.0.shutdown()));
        let _ = tokio::time::timeout(limit, closing).await;
    }
}

/// The layer that makes spans of the programs' own into spans of a trace; `None` without a collector.
///
/// # Errors
/// The address is none, or the sampling ratio makes no sense.
pub fn layer<S>(tracing: &Tracing, service: &str) -> Result<Option<(Exporter, impl Layer<S> + use<S>)>, String>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let Some(endpoint) = &tracing.otlp_endpoint else { return Ok(None) };
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(Duration::from_secs(5)).build();
    let exporter = exporter.map_err(|fault| format!("`tracing.otlp_endpoint` = {endpoint}: {fault}; write http://host:4317"))?;
    let config = BatchConfigBuilder::default().with_scheduled_delay(EXPORT_EVERY).build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(config).build())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(tracing.sample_ratio))))
        .with_resource(Resource::builder().with_service_name(service.to_owned()).build())
        .build();
    let tracer = provider.tracer("changxiao");
    let _ = TRACER.set(tracer.clone());
    // Only our own spans: the exporter itself speaks gRPC, and would trace itself without end.
    let ours = filter_fn(|metadata| metadata.target().starts_with("changxiao") && *metadata.level() <= tracing::Level::INFO);
    let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false).with_filter(ours);
    Ok(Some((Exporter(provider), layer)))
}

/// Whether spans go anywhere.
#[must_use]
pub fn on() -> bool {
    TRACER.get().is_some()
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }
    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(key), http::HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

/// Makes a span the child of what the caller's metadata names.
pub fn follow_headers(span: &Span, headers: &HeaderMap) {
    if on() && headers.contains_key(HEADER) {
        let _ = span.set_parent(TraceContextPropagator::new().extract(&Headers(headers)));
    }
}

/// Makes a span the child of what a text names, in the form of the header.
pub fn follow(span: &Span, traceparent: &str) {
    if on()
        && !traceparent.is_empty()
        && let Ok(value) = http::HeaderValue::from_str(traceparent)
    {
        follow_headers(span, &HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), value)]));
    }
}

/// Makes a span the child of the first of several and links it to the others, as a group serves many calls at once.
pub fn follow_all<'a>(span: &Span, causes: impl IntoIterator<Item = &'a Span>) {
    if !on() {
        return;
    }
    let mut sampled = causes.into_iter().map(Span::context).filter(|context| context.span().span_context().is_sampled());
    if let Some(first) = sampled.next() {
        let _ = span.set_parent(first);
        sampled.take(16).for_each(|other| span.add_link(other.span().span_context().clone()));
    }
}

/// Puts the present span into metadata that goes out.
pub fn put(headers: &mut HeaderMap) {
    if on() {
        TraceContextPropagator::new().inject_context(&Span::current().context(), &mut HeadersMut(headers));
    }
}

/// The present span in the form of the header; empty without one.
#[must_use]
pub fn traceparent() -> String {
    let mut headers = HeaderMap::new();
    put(&mut headers);
    headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Lets every statement of a connection be a span, by its name alone.
pub fn watch_statements(connection: &mut DatabaseConnection) {
    if on() {
        connection.set_metric_callback(|info| statement(&info.statement.sql, info.elapsed, info.failed));
    }
}

fn statement(sql: &str, elapsed: Duration, failed: bool) {
    let context = Span::current().context();
    let Some(tracer) = TRACER.get().filter(|_| context.span().span_context().is_sampled()) else { return };
    let end = opentelemetry::time::now();
    let (act, table) = name(sql);
    let mut span = tracer
        .span_builder(format!("{act} {table}").trim_end().to_owned())
        .with_kind(SpanKind::Client)
        .with_start_time(end.checked_sub(elapsed).unwrap_or(end))
        .with_attributes([KeyValue::new("db.operation.name", act), KeyValue::new("db.collection.name", table)])
        .start_with_context(tracer, &context);
    if failed {
        span.set_status(opentelemetry::trace::Status::error("the statement failed"));
    }
    span.end_with_timestamp(end);
}

/// What a statement does and to which table. Nothing else of it leaves the process: text in it may be anybody's.
fn name(sql: &str) -> (String, String) {
    let mut words = sql.split(|c: char| c.is_whitespace() || c == '(').filter(|word| !word.is_empty());
    let act: String = words.next().unwrap_or_default().chars().take(16).filter(char::is_ascii_alphabetic).collect();
    let before = |word: &str| ["FROM", "INTO", "UPDATE"].iter().any(|key| word.eq_ignore_ascii_case(key));
    let table = if before(&act) { words.next() } else { words.skip_while(|word| !before(word)).nth(1) };
    let table = table.unwrap_or_default().rsplit('.').next().unwrap_or_default();
    // A statement within another has no name.
    let table = if table.eq_ignore_ascii_case("SELECT") { "" } else { table };
    let table = table.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    (act.to_ascii_uppercase(), table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_named_by_act_and_table_alone() {
        for (sql, act, table) in [
            ("SELECT \"facts\".\"key\" FROM \"facts\" WHERE \"key\" = '张三'", "SELECT", "facts"),
            ("INSERT INTO \"entries\" (\"position\") VALUES (?)", "INSERT", "entries"),
            ("INSERT INTO cells(month) VALUES ('x')", "INSERT", "cells"),
            ("UPDATE \"bs_tengchong\".\"cursors\" SET \"a\" = 1", "UPDATE", "cursors"),
            ("DELETE FROM requests WHERE 1", "DELETE", "requests"),
            ("PRAGMA journal_mode", "PRAGMA", ""),
            ("select count(*) from (select 1)", "SELECT", ""),
            ("", "", ""),
        ] {
            assert_eq!(name(sql), (act.to_owned(), table.to_owned()), "{sql}");
        }
    }
}
