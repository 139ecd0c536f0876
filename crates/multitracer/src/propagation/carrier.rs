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
        let traceparent = field(headers, "traceparent").filter(|value| is_well_formed(value));
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
