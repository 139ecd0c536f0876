//! Calls of traced functions.

use std::hint::black_box;

use multitracer::traced;
use opentelemetry_sdk::trace::Sampler;

use super::world::{DropSpans, batching, flush, registry, tracer};
use crate::meter::Meter;

#[inline(never)]
#[traced]
fn bare(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[traced(fields(a = n, b = "text", c = true))]
fn with_fields(n: u64) -> u64 {
    black_box(n)
}

fn call() {
    black_box(with_fields(black_box(1)));
}

pub(super) fn nothing(meter: &mut Meter<'_>, _: &str) {
    meter.calls(0, &|| 0, || {});
}

pub(super) fn off(meter: &mut Meter<'_>, _: &str) {
    meter.calls(0, &|| 0, || {
        black_box(bare(black_box(1)));
    });
}

pub(super) fn root_of_installed(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOn));
    // the guard would shut the registry down
    std::mem::forget(multitracer::install(registry.clone()).unwrap());
    meter.calls(1, &|| flush(&registry), call);
}

pub(super) fn root_of_entered(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOn));
    registry.scope(|| meter.calls(1, &|| flush(&registry), call));
}

pub(super) fn unsampled_root(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOff));
    registry.scope(|| meter.calls(0, &|| flush(&registry), call));
}

pub(super) fn child(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOn));
    registry.default_tracer().in_span("root", || meter.calls(1, &|| flush(&registry), call));
}

pub(super) fn unsampled_child(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOff));
    registry.default_tracer().in_span("root", || meter.calls(0, &|| flush(&registry), call));
}

pub(super) fn root_until_dropped(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(batching(Sampler::AlwaysOn).exporter(DropSpans));
    registry.scope(|| meter.batches(&|| flush(&registry), call));
}

pub(super) fn root_until_sent(meter: &mut Meter<'_>, endpoint: &str) {
    let registry = registry(batching(Sampler::AlwaysOn).otlp_http(endpoint));
    registry.scope(|| meter.batches(&|| flush(&registry), call));
}

pub(super) fn child_until_dropped(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(batching(Sampler::AlwaysOn).exporter(DropSpans));
    registry.default_tracer().in_span("root", || meter.batches(&|| flush(&registry), call));
}

pub(super) fn child_until_sent(meter: &mut Meter<'_>, endpoint: &str) {
    let registry = registry(batching(Sampler::AlwaysOn).otlp_http(endpoint));
    registry.default_tracer().in_span("root", || meter.batches(&|| flush(&registry), call));
}
