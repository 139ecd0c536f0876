//! What a traced function costs, beside its peers, in one run:
//! `T` `#[tracing::instrument]` with tracing-opentelemetry, `S` hand-written SDK spans that are made current,
//! `F` fastrace. All export in batches to nowhere.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use multitracer::{Registry, TracerBuilder, traced};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt as _;

/// Takes batches and drops them.
#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(black_box(batch));
        Ok(())
    }
}

#[inline(never)]
fn plain(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[traced]
fn ours_bare(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[traced(fields(a = n, b = "text", c = true))]
fn ours(n: u64) -> u64 {
    black_box(n)
}

#[traced]
async fn ours_async(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[tracing::instrument(skip_all)]
fn instrumented_bare(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[tracing::instrument(skip_all, fields(a = n, b = "text", c = true))]
fn instrumented(n: u64) -> u64 {
    black_box(n)
}

#[tracing::instrument(skip_all)]
async fn instrumented_async(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[fastrace::trace(name = "fast")]
fn fast(n: u64) -> u64 {
    black_box(n)
}

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

fn registry(sampler: Sampler) -> Registry {
    let tracer = TracerBuilder::new("only").exporter(Nowhere).sampler(sampler).max_queue_size(100_000);
    Registry::builder().tracer(tracer).build().unwrap()
}

fn provider(sampler: Sampler) -> SdkTracerProvider {
    SdkTracerProvider::builder().with_batch_exporter(Nowhere).with_sampler(sampler).build()
}

fn off(c: &mut Criterion) {
    let mut group = c.benchmark_group("off");
    group.bench_function("plain", |b| b.iter(|| plain(1)));
    group.bench_function("multitracer sync", |b| b.iter(|| ours_bare(1)));
    group.bench_function("T sync", |b| b.iter(|| instrumented_bare(1)));
    group.bench_function("F sync", |b| b.iter(|| fast(1)));
    group.bench_function("multitracer async", |b| b.iter(|| poll(ours_async(1))));
    group.bench_function("T async", |b| b.iter(|| poll(instrumented_async(1))));
    group.finish();
}

fn unsampled(c: &mut Criterion) {
    let mut group = c.benchmark_group("inside an unsampled trace");
    let registry = registry(Sampler::AlwaysOff);
    registry.default_tracer().in_span("root", || {
        group.bench_function("multitracer", |b| b.iter(|| ours(1)));
    });
    let provider = provider(Sampler::AlwaysOff);
    let tracer = provider.tracer("bench");
    tracer.in_span("root", |_| {
        group.bench_function("S", |b| b.iter(|| by_hand(&tracer, 1)));
    });
    with_tracing(&provider, || {
        group.bench_function("T", |b| b.iter(|| instrumented(1)));
    });
    group.finish();
}

fn sampled(c: &mut Criterion) {
    let mut group = c.benchmark_group("sampled span with 3 attributes");
    let registry = registry(Sampler::AlwaysOn);
    registry.scope(|| {
        group.bench_function("multitracer", |b| b.iter(|| ours(1)));
    });
    let provider = provider(Sampler::AlwaysOn);
    let tracer = provider.tracer("bench");
    group.bench_function("S", |b| b.iter(|| by_hand(&tracer, 1)));
    with_tracing(&provider, || {
        group.bench_function("T", |b| b.iter(|| instrumented(1)));
    });
    group.finish();
}

fn with_tracing(provider: &SdkTracerProvider, f: impl FnOnce()) {
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), f);
}

fn poll<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(out) = future.as_mut().poll(&mut task) {
            return out;
        }
    }
}

criterion_group! {
    name = overhead;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = off, unsampled, sampled
}
criterion_main!(overhead);
