//! Spans of `tracing` and of OpenTelemetry libraries.

use std::hint::black_box;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::Sampler;
use tracing_subscriber::layer::SubscriberExt as _;

use super::world::{flush, registry, tracer};
use crate::meter::Meter;

#[inline(never)]
#[tracing::instrument(skip_all, fields(a = n, b = "text", c = true))]
pub(super) fn instrumented(n: u64) -> u64 {
    black_box(n)
}

pub(super) fn instrument(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOn));
    let subscriber = tracing_subscriber::registry().with(registry.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        registry.scope(|| {
            meter.calls(1, &|| flush(&registry), || {
                black_box(instrumented(black_box(1)));
            });
        });
    });
}

pub(super) fn opentelemetry(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOn));
    let library = registry.tracer_provider().tracer("library");
    registry.scope(|| meter.calls(1, &|| flush(&registry), || library.in_span("query", |_| {})));
}
