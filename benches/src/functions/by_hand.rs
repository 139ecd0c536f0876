//! Functions that make their spans with the OpenTelemetry SDK, and make them current.

use std::hint::black_box;

use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use super::polling::Pending;

/// Starts a span with three attributes, and returns the context in which it is current.
fn start(tracer: &SdkTracer, name: &'static str, n: u64) -> Context {
    let attributes = vec![
        KeyValue::new("a", i64::try_from(n).unwrap_or(0)),
        KeyValue::new("b", "text"),
        KeyValue::new("c", true),
    ];
    Context::current_with_span(tracer.build(tracer.span_builder(name).with_attributes(attributes)))
}

#[inline(never)]
pub(crate) fn leaf(tracer: &SdkTracer, n: u64) -> u64 {
    let _attached = start(tracer, "leaf", n).attach();
    black_box(n)
}

pub(crate) async fn leaf_async(tracer: &SdkTracer, n: u64) -> u64 {
    async { black_box(n) }.with_context(start(tracer, "leaf", n)).await
}

/// Makes a trace of one span more than `leaves`.
pub(crate) fn trace(tracer: &SdkTracer, leaves: u64) -> u64 {
    let _attached = start(tracer, "trace", leaves).attach();
    (0..leaves).map(|n| leaf(tracer, n)).sum()
}

/// Makes a trace of one span more than `leaves`.
pub(crate) async fn trace_async(tracer: &SdkTracer, leaves: u64) -> u64 {
    let inside = async {
        let mut sum = 0;
        for n in 0..leaves {
            sum += leaf_async(tracer, n).await;
        }
        sum
    };
    inside.with_context(start(tracer, "trace", leaves)).await
}

pub(crate) async fn polled(tracer: &SdkTracer, times: u64) {
    let span = tracer.build(tracer.span_builder("polled"));
    Pending(times).with_context(Context::current_with_span(span)).await;
}
