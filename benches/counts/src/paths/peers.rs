//! The same span by other libraries, for comparison.

use std::hint::black_box;

use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SdkTracer};
use tracing_subscriber::layer::SubscriberExt as _;

use super::library_spans::instrumented;
use super::world::{LARGE, flush_provider, provider};
use crate::meter::{CALLS, Meter};

#[inline(never)]
fn by_hand(tracer: &SdkTracer, n: u64) -> u64 {
    let attributes = vec![
        KeyValue::new("a", i64::try_from(n).unwrap_or(0)),
        KeyValue::new("b", "text"),
        KeyValue::new("c", true),
    ];
    let span = tracer.build(tracer.span_builder("by_hand").with_attributes(attributes));
    let _attached = Context::current_with_span(span).attach();
    black_box(n)
}

pub(super) fn sdk(meter: &mut Meter<'_>, _: &str) {
    let provider = provider(LARGE, Sampler::AlwaysOn);
    let tracer = provider.tracer("counts");
    meter.calls(1, &|| flush_provider(&provider), || {
        black_box(by_hand(&tracer, black_box(1)));
    });
}

pub(super) fn sdk_until_dropped(meter: &mut Meter<'_>, _: &str) {
    let provider = provider(CALLS as usize, Sampler::AlwaysOn);
    let tracer = provider.tracer("counts");
    meter.batches(&|| flush_provider(&provider), || {
        black_box(by_hand(&tracer, black_box(1)));
    });
}

pub(super) fn tracing(meter: &mut Meter<'_>, _: &str) {
    let provider = provider(LARGE, Sampler::AlwaysOn);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("counts"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        meter.calls(1, &|| flush_provider(&provider), || {
            black_box(instrumented(black_box(1)));
        });
    });
}
