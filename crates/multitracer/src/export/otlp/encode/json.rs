//! OTLP's JSON, with the names of numbers that JSON does not have.
//!
//! [Protobuf's mapping](https://protobuf.dev/programming-guides/json/) writes them as the texts
//! `NaN`, `Infinity` and `-Infinity`. `serde_json` writes `null`.

use std::collections::HashSet;
use std::io;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde::Serialize as _;
use serde_json::ser::{CompactFormatter, Formatter};

/// Encodes a request as JSON.
pub(super) fn encode(mut request: ExportTraceServiceRequest) -> Result<Vec<u8>, serde_json::Error> {
    let mut is_all_finite = true;
    for_each_double(&mut request, &mut |value| is_all_finite &= value.is_finite());
    if is_all_finite {
        return serde_json::to_vec(&request);
    }
    let mut finite = HashSet::new();
    for_each_double(&mut request, &mut |value| {
        finite.insert(value.to_bits());
    });
    let names = Names::unlike(&finite);
    for_each_double(&mut request, &mut |value| names.replace(value));
    let mut out = Vec::new();
    request.serialize(&mut serde_json::Serializer::with_formatter(&mut out, names))?;
    Ok(out)
}

/// A formatter that writes three finite numbers as the names of others.
#[derive(Clone, Copy)]
struct Names {
    nan: u64,
    infinity: u64,
    negative_infinity: u64,
}

impl Names {
    /// Returns stand-ins that are none of the numbers in `finite`.
    fn unlike(finite: &HashSet<u64>) -> Self {
        let mut free = (1..).filter(|bits| !finite.contains(bits));
        let mut next = || free.next().unwrap_or_default();
        Self { nan: next(), infinity: next(), negative_infinity: next() }
    }

    /// Replaces a number that JSON does not have.
    fn replace(self, value: &mut f64) {
        if !value.is_finite() {
            *value = f64::from_bits(match (value.is_nan(), value.is_sign_positive()) {
                (true, _) => self.nan,
                (false, true) => self.infinity,
                (false, false) => self.negative_infinity,
            });
        }
    }
}

impl Formatter for Names {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match value.to_bits() {
            bits if bits == self.nan => writer.write_all(b"\"NaN\""),
            bits if bits == self.infinity => writer.write_all(b"\"Infinity\""),
            bits if bits == self.negative_infinity => writer.write_all(b"\"-Infinity\""),
            _ => CompactFormatter.write_f64(writer, value),
        }
    }
}

/// Calls `visit` with each floating-point number of a request.
fn for_each_double(request: &mut ExportTraceServiceRequest, visit: &mut impl FnMut(&mut f64)) {
    for resource in &mut request.resource_spans {
        if let Some(resource) = &mut resource.resource {
            in_attributes(&mut resource.attributes, visit);
        }
        for scope in &mut resource.scope_spans {
            if let Some(scope) = &mut scope.scope {
                in_attributes(&mut scope.attributes, visit);
            }
            for span in &mut scope.spans {
                in_attributes(&mut span.attributes, visit);
                span.events.iter_mut().for_each(|event| in_attributes(&mut event.attributes, visit));
                span.links.iter_mut().for_each(|link| in_attributes(&mut link.attributes, visit));
            }
        }
    }
}

fn in_attributes(attributes: &mut [KeyValue], visit: &mut impl FnMut(&mut f64)) {
    for attribute in attributes {
        match attribute.value.as_mut().and_then(|value| value.value.as_mut()) {
            Some(Value::DoubleValue(value)) => visit(value),
            // the values of spans are flat
            Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(|item| {
                if let AnyValue { value: Some(Value::DoubleValue(value)) } = item {
                    visit(value);
                }
            }),
            _ => {}
        }
    }
}
