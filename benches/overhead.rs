//! The cost of a traced function beside its peers.
//!
//! `T` is `#[tracing::instrument]` with tracing-opentelemetry. `S` is a hand-written SDK span that
//! is made current. Both use the SDK's batch processor. `F` is fastrace. All exporters drop their
//! batches.
//!
//! `cargo bench -p multitracer-benches --bench overhead -- [ROUNDS] [ROW]`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

use std::future::Future;
use std::hint::black_box;
use std::num::ParseIntError;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread;

use fastrace::collector::{Config, Reporter, SpanRecord};
use multitracer::{Registry, TracerBuilder, traced};
use multitracer_benches::{Comparison, argument};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};
use tracing_subscriber::layer::SubscriberExt as _;

/// The size of a queue, which is larger than the number of spans in a turn.
const QUEUE: usize = 100_000;

/// An exporter that drops its batches.
#[derive(Debug)]
struct DropSpans;

impl SpanExporter for DropSpans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(black_box(batch));
        Ok(())
    }
}

/// A reporter for fastrace that drops its batches.
struct DropRecords;

impl Reporter for DropRecords {
    fn report(&mut self, batch: Vec<SpanRecord>) {
        drop(black_box(batch));
    }
}

#[inline(never)]
fn plain(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
fn plain_result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
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
#[traced]
fn ours_result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[traced]
async fn ours_async_result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[traced]
async fn ours_polled(times: u64) {
    Pending(times).await;
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
#[tracing::instrument(skip_all, err)]
fn instrumented_result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[tracing::instrument(skip_all, err)]
async fn instrumented_async_result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[tracing::instrument(skip_all)]
async fn instrumented_polled(times: u64) {
    Pending(times).await;
}

#[inline(never)]
#[fastrace::trace(name = "fast")]
fn fast(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[fastrace::trace(name = "fast")]
fn fast_result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[fastrace::trace(name = "fast")]
async fn fast_async(n: u64) -> u64 {
    black_box(n)
}

#[fastrace::trace(name = "fast")]
async fn fast_async_result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[inline(never)]
#[fastrace::trace(name = "fast", properties = { "a": "{n}", "b": "text", "c": "true" })]
fn fast_attributes(n: u64) -> u64 {
    black_box(n)
}

/// A future that is ready after the given number of polls.
struct Pending(u64);

impl Future for Pending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
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
    let tracer = TracerBuilder::new("only").exporter(DropSpans).sampler(sampler).max_queue_size(QUEUE);
    Registry::builder().tracer(tracer).build().unwrap()
}

fn provider(sampler: Sampler) -> SdkTracerProvider {
    // the queue is as large as ours, because a dropped span would cost less
    let batch = BatchConfigBuilder::default().with_max_queue_size(QUEUE).build();
    let batch = BatchSpanProcessor::builder(DropSpans).with_batch_config(batch).build();
    SdkTracerProvider::builder().with_span_processor(batch).with_sampler(sampler).build()
}

fn times<R>(n: u64, mut f: impl FnMut() -> R) {
    for _ in 0..n {
        black_box(f());
    }
}

/// Runs `f` on two threads, with half of the number on each.
fn on_two_threads(n: u64, f: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        let other = scope.spawn(|| f(n / 2));
        f(n - n / 2);
        other.join().unwrap();
    });
}

fn poll<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut task = TaskContext::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut task) {
            return out;
        }
    }
}

fn with_tracing(provider: &SdkTracerProvider, f: impl FnOnce()) {
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), f);
}

/// Compares the contenders while no registry exists.
fn off() {
    Comparison::new("off, sync")
        .contender("multitracer", |n| times(n, || ours_bare(1)))
        .contender("plain", |n| times(n, || plain(1)))
        .contender("T", |n| times(n, || instrumented_bare(1)))
        .contender("F", |n| times(n, || fast(1)))
        .budget("T", 1.0)
        .run();
    Comparison::new("off, sync, Result")
        .contender("multitracer", |n| times(n, || ours_result(1).unwrap_or(0)))
        .contender("plain", |n| times(n, || plain_result(1).unwrap_or(0)))
        .contender("T", |n| times(n, || instrumented_result(1).unwrap_or(0)))
        .contender("F", |n| times(n, || fast_result(1).unwrap_or(0)))
        .budget("T", 1.0)
        .run();
    Comparison::new("off, async")
        .contender("multitracer", |n| times(n, || poll(ours_async(1))))
        .contender("T", |n| times(n, || poll(instrumented_async(1))))
        .contender("F", |n| times(n, || poll(fast_async(1))))
        .budget("T", 1.0)
        .run();
    Comparison::new("off, async, Result")
        .contender("multitracer", |n| times(n, || poll(ours_async_result(1)).unwrap_or(0)))
        .contender("T", |n| times(n, || poll(instrumented_async_result(1)).unwrap_or(0)))
        .contender("F", |n| times(n, || poll(fast_async_result(1)).unwrap_or(0)))
        .budget("T", 1.0)
        .run();
}

/// Compares the contenders inside an unsampled trace.
fn unsampled() {
    let registry = registry(Sampler::AlwaysOff);
    let provider = provider(Sampler::AlwaysOff);
    let sdk = provider.tracer("bench");
    Comparison::new("inside an unsampled trace")
        .contender("multitracer", |n| {
            registry.default_tracer().in_span("root", || times(n, || ours(1)));
        })
        .contender("S", |n| sdk.in_span("root", |_| times(n, || by_hand(&sdk, 1))))
        .contender("T", |n| {
            with_tracing(&provider, || tracing::info_span!("root").in_scope(|| times(n, || instrumented(1))));
        })
        .budget("S", 0.10)
        .run();
    Comparison::new("poll of a future without a span")
        .contender("multitracer", |n| {
            registry.default_tracer().in_span("root", || poll(ours_polled(n)));
        })
        .contender("T", |n| with_tracing(&provider, || poll(instrumented_polled(n))))
        .budget("T", 0.12)
        .run();
    Comparison::new("the same, polled elsewhere")
        .contender("multitracer", |n| {
            let future = registry.default_tracer().in_span("root", || ours_polled(n));
            poll(future);
        })
        .contender("T", |n| with_tracing(&provider, || poll(instrumented_polled(n))))
        .budget("T", 0.12)
        .run();
    Comparison::new("call of a future without a span")
        .contender("multitracer", |n| {
            registry.default_tracer().in_span("root", || times(n, || poll(ours_async(1))));
        })
        .contender("T", |n| {
            with_tracing(&provider, || {
                tracing::info_span!("root").in_scope(|| times(n, || poll(instrumented_async(1))));
            });
        })
        .budget("T", 0.25)
        .run();
}

/// Compares the contenders with sampled spans.
fn sampled() {
    let registry = registry(Sampler::AlwaysOn);
    let provider = provider(Sampler::AlwaysOn);
    let sdk = provider.tracer("bench");
    fastrace::set_reporter(DropRecords, Config::default());
    Comparison::new("sampled span with 3 attributes")
        .contender("multitracer", |n| registry.scope(|| times(n, || ours(1))))
        .contender("S", |n| times(n, || by_hand(&sdk, 1)))
        .contender("T", |n| with_tracing(&provider, || times(n, || instrumented(1))))
        .contender("F", |n| {
            let root = fastrace::Span::root("root", fastrace::collector::SpanContext::random());
            let _attached = root.set_local_parent();
            times(n, || fast_attributes(1));
        })
        .budget("S", 0.75)
        .budget("T", 0.25)
        .budget("F", 1.0)
        .run();
    Comparison::new("the same inside of a root span")
        .contender("multitracer", |n| {
            registry.default_tracer().in_span("root", || times(n, || ours(1)));
        })
        .contender("S", |n| {
            let root = sdk.build(sdk.span_builder("root"));
            let _attached = Context::current_with_span(root).attach();
            times(n, || by_hand(&sdk, 1));
        })
        .budget("S", 0.75)
        .run();
    Comparison::new("a root span on 2 threads at once")
        .contender("multitracer", |n| {
            on_two_threads(n, |n| registry.scope(|| times(n, || ours(1))));
        })
        .contender("S", |n| on_two_threads(n, |n| times(n, || by_hand(&sdk, 1))))
        .budget("S", 0.50)
        .run();
    Comparison::new("poll of a future in a sampled span")
        .contender("multitracer", |n| registry.scope(|| poll(ours_polled(n))))
        .contender("T", |n| with_tracing(&provider, || poll(instrumented_polled(n))))
        .budget("T", 0.12)
        .run();
}

fn main() {
    let row: String = argument(1, String::new());
    let rows: [(&str, fn()); 3] = [("off", off), ("unsampled", unsampled), ("sampled", sampled)];
    println!("{:<40} {:>12} {:>10} {:>8} {:>8}", "", "", "median", "ratio", "budget");
    for (name, run) in rows {
        if row.is_empty() || row == name {
            run();
        }
    }
}
