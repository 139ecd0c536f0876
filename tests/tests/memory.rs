//! The memory of texts of all kinds against a queue that is full, with a backend that never reads.
//!
//! `MULTITRACER_TEXT_MIB` sets the amount of text in MiB. This file has one test, because the
//! memory of a process is measured.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

use std::net::TcpListener;
use std::{env, fs};

use multitracer::{Registry, TracerBuilder};
use opentelemetry::trace::{
    Link, Span as _, SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{InstrumentationScope, KeyValue};

const QUEUE_BYTES: u64 = 16 << 20;
const MAX_GROWTH: u64 = 64 << 20;

/// The usual amount of text in MiB. Each kind of text gets its share.
const USUAL_TEXT_MIB: usize = 256;

/// The kinds of text that a span can hold.
const KINDS: [&str; 9] = [
    "status",
    "name",
    "changed name",
    "event name",
    "attribute key",
    "link tracestate",
    "tracestate",
    "scope",
    "reserved memory",
];

/// Returns the memory that the process uses, in bytes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Returns a header of the most members and characters that a trace state can have.
fn trace_state() -> String {
    let member = |n: usize| format!("{n:0>256}={}", "v".repeat(256));
    (0..32).map(member).collect::<Vec<_>>().join(",")
}

/// Makes one span with a text of `bytes` bytes. Returns the bytes of text.
fn span(registry: &Registry, kind: &str, bytes: usize) -> usize {
    let text = "t".repeat(bytes);
    let provider = registry.tracer_provider();
    let tracer = provider.tracer("library");
    let mut span = tracer.start("work");
    match kind {
        "status" => span.set_status(Status::error(text)),
        "name" => span = tracer.start(text),
        "changed name" => span.update_name(text),
        "event name" => span.add_event(text, Vec::new()),
        "attribute key" => span.add_event("event", vec![KeyValue::new(text, true)]),
        "link tracestate" => {
            let state: TraceState = trace_state().parse().unwrap();
            let linked =
                SpanContext::new(TraceId::from(7), SpanId::from(7), TraceFlags::SAMPLED, true, state);
            let builder = tracer.span_builder("work").with_links(vec![Link::with_context(linked); 100]);
            builder.start(&tracer).end();
            return 100 * trace_state().len();
        }
        "tracestate" => {
            let headers = [
                ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                ("tracestate", &trace_state()),
            ];
            let received = registry.receive(&headers);
            received.scope(|| (0..100).for_each(|_| tracer.start("work").end()));
            return 100 * trace_state().len();
        }
        "scope" => {
            let scope = InstrumentationScope::builder(text).build();
            span = provider.tracer_with_scope(scope).start("work");
        }
        _ => {
            // short now, with the memory of a long text and a long list
            let mut name = text;
            name.truncate(8);
            let mut attributes = vec![KeyValue::new("key", true); bytes / size_of::<KeyValue>()];
            attributes.truncate(2);
            span.add_event(name, attributes);
        }
    }
    span.end();
    bytes
}

#[test]
fn texts_of_all_kinds_are_within_the_bytes_of_the_queue() {
    let text = env::var("MULTITRACER_TEXT_MIB").ok().and_then(|mib| mib.parse().ok());
    let each = (text.unwrap_or(USUAL_TEXT_MIB) << 20) / KINDS.len();
    // accepts connections, and reads nothing
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", silent.local_addr().unwrap());
    let tracer = TracerBuilder::new("main").otlp_http(endpoint).max_queue_bytes(QUEUE_BYTES as usize);
    let registry = Registry::builder().tracer(tracer.max_queue_size(1 << 20)).build().unwrap();
    span(&registry, "status", 8);
    let before = resident();
    for kind in KINDS {
        let (mut made, mut spans) = (0, 0);
        while made < each {
            // both below and above the limit of a text
            let bytes = if spans % 2 == 0 { 1 << 20 } else { 10 << 10 };
            made += span(&registry, kind, bytes);
            spans += 1;
        }
        let stats = registry.stats();
        let stats = &stats.tracers()[0];
        let growth = resident().saturating_sub(before);
        println!(
            "{kind}: {} MiB of text, {} spans queued with {} KiB, {} dropped, memory grew by {} KiB",
            made >> 20,
            stats.queued,
            stats.queued_bytes >> 10,
            stats.dropped.total(),
            growth >> 10,
        );
        assert!(stats.queued_bytes <= QUEUE_BYTES, "{kind}");
        assert!(growth < MAX_GROWTH, "{kind}: memory grew by {growth} bytes");
    }
}
