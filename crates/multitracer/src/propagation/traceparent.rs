//! The header field `traceparent` (<https://www.w3.org/TR/trace-context/#traceparent-header>).

use std::borrow::Cow;

use opentelemetry::trace::{SpanId, TraceFlags, TraceId};

/// A well-formed `traceparent`.
#[derive(Debug)]
pub(super) enum Traceparent<'a> {
    /// A field of version 00.
    Present(SpanIds),
    /// A field of another version, or with spaces around it. OpenTelemetry's propagator reads it.
    Other(Cow<'a, str>),
}

/// The span that a `traceparent` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpanIds {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) flags: TraceFlags,
}

impl<'a> Traceparent<'a> {
    /// Returns the field with this value, if it is well-formed.
    pub(super) fn new(value: Cow<'a, str>) -> Option<Self> {
        if let Some(ids) = SpanIds::parse(value.as_bytes()) {
            return Some(Self::Present(ids));
        }
        is_well_formed(&value).then_some(Self::Other(value))
    }
}

impl SpanIds {
    /// Parses a field of version 00 without spaces. Most fields are of this form.
    fn parse(value: &[u8]) -> Option<Self> {
        let [b'0', b'0', b'-', rest @ ..] = value else { return None };
        let (trace, rest) = rest.split_first_chunk::<32>()?;
        let (span, rest) = rest.strip_prefix(b"-")?.split_first_chunk::<16>()?;
        let flags: &[u8; 2] = rest.strip_prefix(b"-")?.try_into().ok()?;
        let (trace_id, span_id, flags) = (hex(trace)?, hex(span)? as u64, hex(flags)? as u8);
        Some(Self {
            trace: TraceId::from(trace_id),
            span: SpanId::from(span_id),
            // the other flags have no meaning here
            flags: TraceFlags::new(flags) & TraceFlags::SAMPLED,
        })
    }
}

/// The values of hexadecimal digits in lower case, by byte; 16 for other bytes.
const DIGITS: [u8; 256] = {
    let mut digits = [16; 256];
    let mut digit = 0;
    while digit < 16 {
        digits[b"0123456789abcdef"[digit] as usize] = digit as u8;
        digit += 1;
    }
    digits
};

/// Returns the number that hexadecimal digits in lower case stand for.
#[inline]
fn hex<const N: usize>(text: &[u8; N]) -> Option<u128> {
    let (mut number, mut seen) = (0, 0);
    for half in text.chunks(16) {
        let mut part = 0_u64;
        for byte in half {
            let digit = DIGITS[usize::from(*byte)];
            seen |= digit;
            part = (part << 4) | u64::from(digit);
        }
        number = (number << 64) | u128::from(part);
    }
    (seen < 16).then_some(number)
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::propagation::TextMapPropagator as _;
    use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceState};
    use opentelemetry_sdk::propagation::TraceContextPropagator;

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
            let read = Traceparent::new(value.as_str().into()).is_some();
            assert_eq!(read, expected, "{value:?}");
        }
    }

    /// The bytes of one field change one by one to all others.
    #[test]
    fn the_present_version_is_read_as_the_propagator_does() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let mut read = 0;
        for place in 0..good.len() {
            for byte in 0..128_u8 {
                let mut value = good.as_bytes().to_vec();
                value[place] = byte;
                let value = String::from_utf8(value).unwrap_or_default();
                let headers = HashMap::from([("traceparent".to_owned(), value.clone())]);
                let theirs = TraceContextPropagator::new().extract(&headers);
                let theirs = theirs.span().span_context().clone();
                if let Some(SpanIds { trace, span, flags }) = SpanIds::parse(value.as_bytes()) {
                    assert!(is_well_formed(&value), "{value:?}");
                    assert_eq!(theirs, SpanContext::new(trace, span, flags, true, TraceState::default()));
                    read += 1;
                } else {
                    assert!(!value.starts_with("00-") || !is_well_formed(&value), "{value:?}");
                }
            }
        }
        // the digits of both identifiers and of the flags, and the five other bytes as they were
        assert_eq!(read, (32 + 16 + 2) * 16 + 5);
    }
}
