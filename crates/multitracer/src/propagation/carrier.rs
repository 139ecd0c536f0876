//! The header fields of a request that carry its context.

use std::borrow::Cow;

use opentelemetry::propagation::Extractor;

use crate::routing::Headers;

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
        let traceparent = field(headers, "traceparent");
        Self {
            // without a `traceparent`, the state has no meaning
            tracestate: traceparent.as_ref().and_then(|_| field(headers, "tracestate")),
            traceparent,
            baggage: if reads_baggage { field(headers, "baggage") } else { None },
        }
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
            traceparent: field("traceparent"),
            tracestate: field("tracestate"),
            baggage: if reads_baggage { field("baggage") } else { None },
        }
    }
}

fn field<'a, H: Headers + ?Sized>(headers: &'a H, name: &str) -> Option<Cow<'a, str>> {
    let value = match headers.header(name)? {
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
