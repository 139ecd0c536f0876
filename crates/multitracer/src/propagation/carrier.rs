//! What a request brings, field by field.

use std::borrow::Cow;

use opentelemetry::propagation::Extractor;

use crate::routing::Headers;

/// The three header fields that matter, the repeated ones joined.
///
/// `tracestate` and `baggage` are lists, and may be spread over several fields; `traceparent` is not, so that two of
/// them say nothing.
#[derive(Debug)]
pub(super) struct Carrier<'a> {
    traceparent: Option<Cow<'a, str>>,
    tracestate: Option<Cow<'a, str>>,
    baggage: Option<Cow<'a, str>>,
}

impl<'a> Carrier<'a> {
    pub(super) fn from_headers<H: Headers + ?Sized>(headers: &'a H, baggage: bool) -> Self {
        let traceparent = field(headers, "traceparent");
        Self {
            // only a trace context has a use for the state
            tracestate: traceparent.as_ref().and_then(|_| field(headers, "tracestate")),
            traceparent,
            baggage: if baggage { field(headers, "baggage") } else { None },
        }
    }

    pub(super) fn from_extractor(extractor: &'a dyn Extractor, baggage: bool) -> Self {
        let field = |name| {
            let values = extractor.get_all(name)?;
            match values.as_slice() {
                [] => None,
                [value] => Some(Cow::Borrowed(*value)),
                several => Some(several.join(",").into()),
            }
        };
        Self {
            traceparent: field("traceparent"),
            tracestate: field("tracestate"),
            baggage: if baggage { field("baggage") } else { None },
        }
    }
}

fn field<'a, H: Headers + ?Sized>(headers: &'a H, name: &str) -> Option<Cow<'a, str>> {
    match headers.header(name)? {
        Cow::Borrowed(value) => std::str::from_utf8(value).ok().map(Cow::Borrowed),
        Cow::Owned(value) => String::from_utf8(value).ok().map(Cow::Owned),
    }
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
