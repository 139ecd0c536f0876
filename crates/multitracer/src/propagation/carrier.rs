//! The header fields of a request that carry its context.

use std::borrow::Cow;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::traceparent::{SpanIds, Traceparent};
use crate::routing::{Headers, add_occurrence};

/// The header fields of a request that carry its context, as the request has them.
#[derive(Debug, Default)]
pub(crate) struct ContextFields<'a> {
    traceparent: Option<Cow<'a, [u8]>>,
    tracestate: Option<Cow<'a, [u8]>>,
    baggage: Option<Cow<'a, [u8]>>,
}

impl<'a> ContextFields<'a> {
    /// Keeps the value of a header if it carries context.
    #[inline(always)]
    pub(crate) fn visit(&mut self, name: &str, value: &'a [u8]) {
        let has_name = |letter: u8, expected: &str| {
            // a look at one letter rejects nearly all others
            name.as_bytes().first().is_some_and(|first| first | 0x20 == letter)
                && name.eq_ignore_ascii_case(expected)
        };
        let field = match name.len() {
            11 if has_name(b't', "traceparent") => &mut self.traceparent,
            10 if has_name(b't', "tracestate") => &mut self.tracestate,
            7 if has_name(b'b', "baggage") => &mut self.baggage,
            _ => return,
        };
        add_occurrence(field, value);
    }

    /// Returns `true` if the request brings neither a span nor baggage.
    #[cfg(feature = "tower")]
    pub(crate) fn is_empty(&self) -> bool {
        self.traceparent.is_none() && self.baggage.is_none()
    }
}

/// The values of `traceparent`, `tracestate` and `baggage`, with repeated fields joined by commas.
///
/// `tracestate` and `baggage` are lists, which may be split over several fields. `traceparent` is a
/// single value, so a joined one is invalid and the propagator ignores it. An empty field counts as
/// absent.
#[derive(Debug)]
pub(super) struct Carrier<'a> {
    traceparent: Option<Traceparent<'a>>,
    tracestate: Option<Cow<'a, str>>,
    baggage: Option<Cow<'a, str>>,
}

impl<'a> Carrier<'a> {
    /// Reads the fields of `headers`, the baggage only if `reads_baggage` is `true`.
    pub(super) fn from_headers<H: Headers + ?Sized>(headers: &'a H, reads_baggage: bool) -> Self {
        let mut fields = ContextFields::default();
        headers.for_each_header(|name, value| fields.visit(name, value));
        Self::from_fields(fields, reads_baggage)
    }

    /// Reads `fields`, the baggage only if `reads_baggage` is `true`.
    pub(super) fn from_fields(fields: ContextFields<'a>, reads_baggage: bool) -> Self {
        let traceparent = text(fields.traceparent).and_then(Traceparent::new);
        Self {
            // without a `traceparent`, the state has no meaning
            tracestate: traceparent.as_ref().and_then(|_| text(fields.tracestate)),
            traceparent,
            baggage: if reads_baggage { text(fields.baggage) } else { None },
        }
    }

    /// Returns the span of the caller.
    pub(super) fn span(&self) -> Option<SpanContext> {
        let span = match self.traceparent.as_ref()? {
            Traceparent::Present(SpanIds { trace, span, flags }) => {
                let state = self.tracestate.as_deref().and_then(|state| state.parse().ok());
                SpanContext::new(*trace, *span, *flags, true, state.unwrap_or_default())
            }
            Traceparent::Other(_) => {
                let cx = TraceContextPropagator::new().extract_with_context(&Context::new(), self);
                cx.span().span_context().clone()
            }
        };
        span.is_valid().then_some(span)
    }

    /// Returns the `traceparent` that is left to the propagator.
    fn traceparent(&self) -> Option<&str> {
        match self.traceparent.as_ref()? {
            Traceparent::Present(_) => None,
            Traceparent::Other(value) => Some(value),
        }
    }

    pub(super) fn baggage(&self) -> Option<&str> {
        self.baggage.as_deref()
    }

    /// Reads the fields of `extractor`, the baggage only if `reads_baggage` is `true`.
    pub(super) fn from_extractor(extractor: &'a dyn Extractor, reads_baggage: bool) -> Self {
        let field = |name| {
            let values = extractor.get_all(name)?;
            let value = match values.as_slice() {
                [] => return None,
                [value] => Cow::Borrowed(*value),
                several => several.join(",").into(),
            };
            Some(value).filter(|value| is_present(value))
        };
        Self {
            traceparent: field("traceparent").and_then(Traceparent::new),
            tracestate: field("tracestate"),
            baggage: if reads_baggage { field("baggage") } else { None },
        }
    }
}

fn text(value: Option<Cow<'_, [u8]>>) -> Option<Cow<'_, str>> {
    let value = match value? {
        Cow::Borrowed(value) => Cow::Borrowed(std::str::from_utf8(value).ok()?),
        Cow::Owned(value) => Cow::Owned(String::from_utf8(value).ok()?),
    };
    Some(value).filter(|value| is_present(value))
}

/// Returns `false` for an empty value, which a sender sets if it cannot remove a field.
fn is_present(value: &str) -> bool {
    !value.trim().is_empty()
}

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.traceparent(),
            "tracestate" => self.tracestate.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        let fields = [("traceparent", self.traceparent()), ("tracestate", self.tracestate.as_deref())];
        fields.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
    }
}
