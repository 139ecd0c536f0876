//! multitracer.

use std::time::Duration;

use multitracer::{Registry, TracerBuilder};
use opentelemetry_sdk::trace::Sampler;

use super::QUEUE;
use super::exporter::CountSpans;
use crate::measure::{Arrivals, Failure};

/// The limit of a flush.
pub(crate) const FLUSH: Duration = Duration::from_secs(30);

/// Returns a registry with one tracer, whose exporter counts.
pub(crate) fn registry(sampler: Sampler) -> Result<(Registry, CountSpans), Failure> {
    let spans = CountSpans::default();
    let tracer = TracerBuilder::new("only").exporter(spans.clone()).sampler(sampler).max_queue_size(QUEUE);
    Ok((Registry::builder().tracer(tracer).build()?, spans))
}

/// Installs a registry as the usual program does.
pub(crate) fn install(registry: &Registry) -> Result<(), Failure> {
    // the process ends without a shutdown
    std::mem::forget(multitracer::install(registry.clone())?);
    Ok(())
}

/// Returns the spans that arrive from a registry.
pub(crate) fn arrivals(registry: &Registry, spans: CountSpans) -> Arrivals {
    let registry = registry.clone();
    Arrivals::new(move || {
        // a flush that fails shows as spans that did not arrive
        let _ = registry.flush_blocking(FLUSH);
        spans.count()
    })
}

/// Installs a registry with one tracer, and returns it with its arrivals.
pub(crate) fn installed(sampler: Sampler) -> Result<(Registry, Arrivals), Failure> {
    let (registry, spans) = registry(sampler)?;
    install(&registry)?;
    let arrivals = arrivals(&registry, spans);
    Ok((registry, arrivals))
}
