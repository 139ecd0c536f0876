//! The registries of the paths.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use multitracer::{Registry, TracerBuilder};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter,
};

/// The spans that a queue holds, which is more than a path makes.
const QUEUE: usize = 100_000;

/// A batch that no path fills.
pub(super) const LARGE: usize = 50_000;

/// A time that does not pass while the paths run.
const LONG: Duration = Duration::from_secs(3600);

/// The spans that arrived at a [`DropSpans`].
static ARRIVED: AtomicU64 = AtomicU64::new(0);

/// An exporter that drops its batches.
#[derive(Debug)]
pub(super) struct DropSpans;

impl SpanExporter for DropSpans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        ARRIVED.fetch_add(batch.len() as u64, Ordering::Relaxed);
        drop(black_box(batch));
        Ok(())
    }
}

/// Returns a tracer that exports only when it is flushed, so that the export thread rests while
/// calls are counted.
pub(super) fn tracer(sampler: Sampler) -> TracerBuilder {
    batching(sampler).exporter(DropSpans).max_export_batch_size(QUEUE)
}

/// Returns a tracer that exports full batches of the default size.
pub(super) fn batching(sampler: Sampler) -> TracerBuilder {
    TracerBuilder::new("only").sampler(sampler).schedule_delay(LONG).max_queue_size(QUEUE)
}

pub(super) fn registry(tracer: TracerBuilder) -> Registry {
    Registry::builder().tracer(tracer).build().unwrap()
}

/// Exports all ended spans, and returns the number of exported spans so far.
pub(super) fn flush(registry: &Registry) -> u64 {
    let report = registry.flush_blocking(LONG).unwrap();
    report.tracers().iter().map(|tracer| tracer.exported).sum()
}

/// Returns the provider of the SDK with the same settings as [`batching`], and batches of
/// `batch_size` spans.
pub(super) fn provider(batch_size: usize, sampler: Sampler) -> SdkTracerProvider {
    let batch = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(batch_size)
        .with_scheduled_delay(LONG)
        .build();
    let batch = BatchSpanProcessor::builder(DropSpans).with_batch_config(batch).build();
    SdkTracerProvider::builder().with_sampler(sampler).with_span_processor(batch).build()
}

pub(super) fn flush_provider(provider: &SdkTracerProvider) -> u64 {
    provider.force_flush().unwrap();
    ARRIVED.load(Ordering::Relaxed)
}
