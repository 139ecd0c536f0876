//! The header fields of a request that carry its context.

use std::borrow::Cow;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;

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
    traceparent: Option<Cow<'a, str>>,
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
        let traceparent = text(fields.traceparent).filter(|value| is_well_formed(value));
        Self {
            // without a `traceparent`, the state has no meaning
            tracestate: traceparent.as_ref().and_then(|_| text(fields.tracestate)),
            traceparent,
            baggage: if reads_baggage { text(fields.baggage) } else { None },
        }
    }

    /// Returns the span of the caller.
    pub(super) fn span(&self) -> Option<SpanContext> {
        let traceparent = self.traceparent.as_deref()?;
        if let Some((trace, span, flags)) = usual_ids(traceparent) {
            let state = self.tracestate.as_deref().and_then(|state| state.parse().ok());
            let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
            let span = SpanContext::new(trace, span, flags, true, state.unwrap_or_default());
            return span.is_valid().then_some(span);
        }
        let cx = TraceContextPropagator::new().extract_with_context(&Context::new(), self);
        Some(cx.span().span_context().clone()).filter(SpanContext::is_valid)
    }

    pub(super) fn has_baggage(&self) -> bool {
        self.baggage.is_some()
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
            traceparent: field("traceparent").filter(|value| is_well_formed(value)),
            tracestate: field("tracestate"),
            baggage: if reads_baggage { field("baggage") } else { None },
        }
    }
}

/// Returns `true` if the parts of a `traceparent` have the lengths and digits that W3C requires.
///
/// OpenTelemetry's propagator also reads shorter identifiers and signs, so it would continue a
/// trace that no caller has. The parts after the flags belong to versions of the future.
fn is_well_formed(traceparent: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut parts = traceparent.trim().splitn(5, '-');
    let mut next_is_hex = |length| parts.next().is_some_and(|part| is_hex(part, length));
    [2, 32, 16, 2].into_iter().all(&mut next_is_hex)
        // a comma joins two fields
        && parts.next().is_none_or(|rest| !rest.contains(','))
}

/// Returns the parts of a `traceparent` of the present version. The propagator reads all others.
fn usual_ids(well_formed: &str) -> Option<(TraceId, SpanId, u8)> {
    let rest = well_formed.strip_prefix("00-").filter(|rest| rest.len() == 52)?;
    let trace = u128::from_str_radix(rest.get(..32)?, 16).ok()?;
    let span = u64::from_str_radix(rest.get(33..49)?, 16).ok()?;
    let flags = u8::from_str_radix(rest.get(50..)?, 16).ok()?;
    Some((TraceId::from(trace), SpanId::from(span), flags))
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
            "traceparent" => self.traceparent.as_deref(),
            "tracestate" => self.tracestate.as_deref(),
            "baggage" => self.baggage.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        let fields = [
            ("traceparent", &self.traceparent),
            ("tracestate", &self.tracestate),
            ("baggage", &self.baggage),
        ];
        fields.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_has_parts_of_fixed_lengths() {
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let short = &trace[1..];
        for (value, expected) in [
            (format!("00-{trace}-{span}-01"), true),
            (format!(" 00-{trace}-{span}-01 "), true),
            (format!("cc-{trace}-{span}-01-what-follows"), true),
            (format!("00-{short}-{span}-01"), false),
            (format!("00-+{short}-{span}-01"), false),
            (format!("00-{trace}-{}-01", &span[1..]), false),
            (format!("0-{trace}-{span}-01"), false),
            (format!("00-{trace}-{span}-1"), false),
            (format!("00-{trace}-{span}"), false),
            (format!("00-{}-{span}-01", trace.to_uppercase()), false),
            (format!("cc-{trace}-{span}-01-a,cc-{trace}-{span}-01-b"), false),
        ] {
            let headers = [("traceparent", value.as_str())];
            let read = Carrier::from_headers(&headers, false).traceparent.is_some();
            assert_eq!(read, expected, "{value:?}");
        }
    }
}
