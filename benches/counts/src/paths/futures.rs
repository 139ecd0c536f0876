//! Calls and polls of traced futures.

use std::future::{Future, pending};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use multitracer::{Registry, traced};
use opentelemetry_sdk::trace::Sampler;

use super::world::{flush, registry, tracer};
use crate::meter::Meter;

#[traced]
async fn bare(n: u64) -> u64 {
    black_box(n)
}

#[traced(fields(a = n, b = "text", c = true))]
async fn with_fields(n: u64) -> u64 {
    black_box(n)
}

#[traced]
async fn forever() {
    pending::<()>().await;
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut TaskContext::from_waker(Waker::noop()))
}

fn call() {
    assert!(poll(with_fields(black_box(1))).is_ready());
}

pub(super) fn off(meter: &mut Meter<'_>, _: &str) {
    meter.calls(0, &|| 0, || assert!(poll(bare(black_box(1))).is_ready()));
}

pub(super) fn call_sampled(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOn));
    registry.scope(|| meter.calls(1, &|| flush(&registry), call));
}

pub(super) fn call_unsampled(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOff));
    registry.default_tracer().in_span("root", || meter.calls(0, &|| flush(&registry), call));
}

pub(super) fn poll_in_span(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOn));
    registry.scope(|| poll_forever(meter, &registry));
}

pub(super) fn poll_without_span(meter: &mut Meter<'_>, _: &str) {
    let registry = registry(tracer(Sampler::AlwaysOff));
    registry.default_tracer().in_span("root", || poll_forever(meter, &registry));
}

fn poll_forever(meter: &mut Meter<'_>, registry: &Registry) {
    let mut future = pin!(forever());
    let mut task = TaskContext::from_waker(Waker::noop());
    meter.calls(0, &|| flush(registry), || assert!(future.as_mut().poll(&mut task).is_pending()));
}
