//! The protobuf encoder of OTLP, which writes spans directly into the body.
//!
//! It builds no intermediate message and allocates only the body. Fields follow the order of their
//! numbers, and fields with a default value are skipped, as in protobuf's own encoders.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::Resource;

use super::code_attributes::EncodedCode;
use crate::export::batch::Batch;
use crate::record::{Details, EndedSpan, SpanRecord};

/// Bit of `flags` that makes [`IS_REMOTE`] valid.
const HAS_IS_REMOTE: u32 = 0x100;
/// Bit of `flags` for a remote parent or linked span.
const IS_REMOTE: u32 = 0x200;

/// Number of the field `Span.attributes`.
const ATTRIBUTES: u32 = 9;

// the wire types of protobuf
const VARINT: u32 = 0;
const FIXED_64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED_32: u32 = 5;

/// Encodes the field `ResourceSpans.resource`, which is the same for every request of a tracer.
pub(super) fn resource(resource: &Resource) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, 1, |out| {
        for (key, value) in resource {
            attribute(out, 1, key.as_str(), value);
        }
    });
    out
}

/// Appends an `ExportTraceServiceRequest` to `out`. `resource` comes from
/// [`resource`](fn@resource).
pub(super) fn request(out: &mut Vec<u8>, resource: &[u8], schema_url: &str, batch: &Batch) {
    let mut code = EncodedCode::default();
    message(out, 1, |out| {
        out.extend_from_slice(resource);
        for first in firsts_of_scopes(batch) {
            let scope = first.scope();
            message(out, 2, |out| {
                message(out, 1, |out| {
                    text(out, 1, scope.name());
                    text(out, 2, scope.version().unwrap_or_default());
                    attributes(out, 3, scope.attributes());
                });
                for each in batch.iter().filter(|each| each.record.has_scope_of(first)) {
                    message(out, 2, |out| span(out, each, &mut code));
                }
                text(out, 3, scope.schema_url().unwrap_or_default());
            });
        }
        text(out, 3, schema_url);
    });
}

/// Returns the first span of each scope in a batch; nearly always one.
fn firsts_of_scopes(batch: &Batch) -> Vec<&SpanRecord> {
    let mut firsts: Vec<&SpanRecord> = Vec::new();
    for EndedSpan { record: span, .. } in batch.iter() {
        if !firsts.iter().rev().any(|first| first.has_scope_of(span)) {
            firsts.push(span);
        }
    }
    firsts
}

fn span(out: &mut Vec<u8>, ended: EndedSpan<'_>, encoded: &mut EncodedCode) {
    let EndedSpan { record: span, attributes: own } = ended;
    bytes(out, 1, &span.trace.to_bytes());
    bytes(out, 2, &span.id.to_bytes());
    if let Some(details) = span.details() {
        text(out, 3, &details.trace_state.header());
    }
    if span.parent != SpanId::INVALID {
        bytes(out, 4, &span.parent.to_bytes());
    }
    text(out, 5, span.name());
    let kind = match span.kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    };
    number(out, 6, kind);
    time(out, 7, span.start_time);
    time(out, 8, span.end_time);
    match span.whole_code() {
        Some(code) => out.extend_from_slice(encoded.of(code)),
        None => {
            let mut some = Vec::new();
            span.add_code_attributes(&mut some);
            attributes(out, ATTRIBUTES, &some);
        }
    }
    attributes(out, ATTRIBUTES, own);
    if let Some(activity) = span.activity() {
        attributes(out, ATTRIBUTES, &activity);
    }
    number(out, 10, span.dropped_attributes().into());
    match span.details() {
        Some(found) => details(out, found),
        None => message(out, 15, |_| ()),
    }
    flags(out, 16, span.flags, span.is_parent_remote);
}

/// Encodes attributes as the field `Span.attributes`.
pub(super) fn span_attributes(list: &[KeyValue]) -> Vec<u8> {
    let mut out = Vec::new();
    attributes(&mut out, ATTRIBUTES, list);
    out
}

fn details(out: &mut Vec<u8>, details: &Details) {
    for each in details.events.iter() {
        message(out, 11, |out| event(out, each));
    }
    number(out, 12, details.events.dropped_count.into());
    for each in details.links.iter() {
        message(out, 13, |out| link(out, each));
    }
    number(out, 14, details.links.dropped_count.into());
    message(out, 15, |out| match &details.status {
        Status::Unset => {}
        Status::Ok => number(out, 3, 1),
        Status::Error { description } => {
            text(out, 2, description);
            number(out, 3, 2);
        }
    });
}

fn event(out: &mut Vec<u8>, event: &Event) {
    time(out, 1, event.timestamp);
    text(out, 2, &event.name);
    attributes(out, 3, &event.attributes);
    number(out, 4, event.dropped_attributes_count.into());
}

fn link(out: &mut Vec<u8>, link: &Link) {
    context(out, &link.span_context);
    attributes(out, 4, &link.attributes);
    number(out, 5, link.dropped_attributes_count.into());
    flags(out, 6, link.span_context.trace_flags(), link.span_context.is_remote());
}

/// Writes the ids and the trace state of a linked span.
fn context(out: &mut Vec<u8>, context: &SpanContext) {
    bytes(out, 1, &context.trace_id().to_bytes());
    bytes(out, 2, &context.span_id().to_bytes());
    text(out, 3, &context.trace_state().header());
}

fn flags(out: &mut Vec<u8>, field: u32, flags: TraceFlags, remote: bool) {
    let remote = if remote { IS_REMOTE } else { 0 };
    let flags = u32::from(flags.to_u8()) | HAS_IS_REMOTE | remote;
    key(out, field, FIXED_32);
    out.extend_from_slice(&flags.to_le_bytes());
}

fn attributes<'a>(out: &mut Vec<u8>, field: u32, attributes: impl IntoIterator<Item = &'a KeyValue>) {
    for each in attributes {
        attribute(out, field, each.key.as_str(), &each.value);
    }
}

fn attribute(out: &mut Vec<u8>, field: u32, name: &str, of: &Value) {
    message(out, field, |out| {
        text(out, 1, name);
        message(out, 2, |out| value(out, of));
    });
}

/// Writes the field of an `AnyValue`. A default value is written too, because its field is the
/// value's type.
fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => string(out, text.as_str()),
        Value::Bool(value) => boolean(out, *value),
        Value::I64(value) => integer(out, *value),
        Value::F64(value) => double(out, *value),
        Value::Array(array) => message(out, 5, |out| match array {
            Array::Bool(values) => items(out, values, |out, value| boolean(out, *value)),
            Array::I64(values) => items(out, values, |out, value| integer(out, *value)),
            Array::F64(values) => items(out, values, |out, value| double(out, *value)),
            Array::String(values) => items(out, values, |out, value| string(out, value.as_str())),
            _ => {}
        }),
        _ => {}
    }
}

fn items<T>(out: &mut Vec<u8>, values: &[T], write: fn(&mut Vec<u8>, &T)) {
    for value in values {
        message(out, 1, |out| write(out, value));
    }
}

fn string(out: &mut Vec<u8>, value: &str) {
    bytes(out, 1, value.as_bytes());
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    key(out, 2, VARINT);
    out.push(value.into());
}

fn integer(out: &mut Vec<u8>, value: i64) {
    key(out, 3, VARINT);
    varint(out, value.cast_unsigned());
}

fn double(out: &mut Vec<u8>, value: f64) {
    key(out, 4, FIXED_64);
    out.extend_from_slice(&value.to_le_bytes());
}

fn text(out: &mut Vec<u8>, field: u32, text: &str) {
    if !text.is_empty() {
        bytes(out, field, text.as_bytes());
    }
}

fn bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    key(out, field, LENGTH);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        key(out, field, VARINT);
        varint(out, value);
    }
}

fn time(out: &mut Vec<u8>, field: u32, time: SystemTime) {
    let nanos = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
    if nanos != 0 {
        key(out, field, FIXED_64);
        out.extend_from_slice(&nanos.to_le_bytes());
    }
}

fn key(out: &mut Vec<u8>, field: u32, kind: u32) {
    varint(out, u64::from(field << 3 | kind));
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a nested message, whose length is known only afterwards.
///
/// Most lengths fit in the one byte that is reserved for them. For a longer one, the message is
/// moved.
fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, LENGTH);
    let start = out.len();
    out.push(0);
    write(out);
    let length = out.len() - start - 1;
    if length < 0x80 {
        out[start] = length as u8;
        return;
    }
    let more = (length as u64).ilog2() as usize / 7;
    let end = out.len();
    out.resize(end + more, 0);
    out.copy_within(start + 1..end, start + 1 + more);
    let mut rest = length;
    for byte in &mut out[start..start + more] {
        *byte = rest as u8 | 0x80;
        rest >>= 7;
    }
    out[start + more] = rest as u8;
}

#[cfg(test)]
mod tests;
