//! Attributes on the current span, from anywhere inside it.

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

/// Sets attributes on the current span, whoever opened it. Says whether there was one that is recorded.
///
/// ```
/// use multitracer::{KeyValue, enrich_span};
///
/// fn deep_inside(tokens: i64) {
///     enrich_span([KeyValue::new("llm.tokens", tokens)]);
/// }
/// # deep_inside(1);
/// ```
pub fn enrich_span(attributes: impl IntoIterator<Item = KeyValue>) -> bool {
    let cx = Context::current();
    let span = cx.span();
    if !span.is_recording() {
        return false;
    }
    span.set_attributes(attributes);
    true
}
