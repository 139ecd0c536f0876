//! Attributes on the current span.

use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;

use crate::tracer::current_context;

/// Sets attributes on the current span, also on a span that another library opened.
///
/// Returns `true` if there is a recorded current span.
///
/// ```
/// use multitracer::{KeyValue, enrich_span};
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
///
/// fn deep_inside(tokens: i64) -> bool {
///     enrich_span([KeyValue::new("llm.tokens", tokens)])
/// }
///
/// # let tracer = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
/// # let registry = Registry::builder().tracer(tracer).build().unwrap();
/// # let canary = registry.default_tracer();
/// assert!(canary.in_span("answer", || deep_inside(1)));
/// assert!(!deep_inside(1));
/// ```
pub fn enrich_span(attributes: impl IntoIterator<Item = KeyValue>) -> bool {
    let cx = current_context();
    let span = cx.span();
    if !span.is_recording() {
        return false;
    }
    span.set_attributes(attributes);
    true
}
