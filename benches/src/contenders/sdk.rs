//! The SDK of OpenTelemetry with its batch processor.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanExporter,
};

use super::QUEUE;
use super::exporter::CountSpans;
use crate::measure::Arrivals;

/// Returns a provider with a queue of this size.
pub(crate) fn provider(
    exporter: impl SpanExporter + 'static,
    sampler: Sampler,
    queue: usize,
) -> SdkTracerProvider {
    let batch = BatchConfigBuilder::default().with_max_queue_size(queue).build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batch).build();
    SdkTracerProvider::builder().with_span_processor(processor).with_sampler(sampler).build()
}

/// Returns the spans that arrive from a provider.
pub(crate) fn arrivals(provider: &SdkTracerProvider, spans: CountSpans) -> Arrivals {
    let provider = provider.clone();
    Arrivals::new(move || {
        // a flush that fails shows as spans that did not arrive
        let _ = provider.force_flush();
        spans.count()
    })
}

/// Returns a provider whose exporter counts, and its arrivals.
pub(crate) fn counted(sampler: Sampler) -> (SdkTracerProvider, Arrivals) {
    let spans = CountSpans::default();
    let provider = provider(spans.clone(), sampler, QUEUE);
    let arrivals = arrivals(&provider, spans);
    (provider, arrivals)
}

/// Returns a tracer for spans by hand, and its arrivals.
pub(crate) fn tracer(sampler: Sampler) -> (SdkTracer, Arrivals) {
    let (provider, arrivals) = counted(sampler);
    (provider.tracer("bench"), arrivals)
}
