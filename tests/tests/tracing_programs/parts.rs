//! The data of spans that can be compared.

use std::collections::HashMap;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceId};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// The parts of a span that do not depend on ids and times.
#[derive(Debug, PartialEq)]
pub(crate) struct Parts {
    name: String,
    kind: SpanKind,
    status: Status,
    attributes: Vec<KeyValue>,
    dropped: u32,
    events: Vec<(String, Vec<KeyValue>)>,
    links: Vec<(String, Vec<KeyValue>)>,
    parent: String,
    is_parent_remote: bool,
    /// The place of the trace's first span in the list.
    trace: Option<usize>,
    is_backwards: bool,
}

impl Parts {
    /// Returns the parts of all spans, in the order of their ends.
    pub(crate) fn of_all(all: &[SpanData]) -> Vec<Self> {
        let mut traces: HashMap<TraceId, usize> = HashMap::new();
        for (at, span) in all.iter().enumerate() {
            traces.entry(span.span_context.trace_id()).or_insert(at);
        }
        all.iter().map(|span| Self::of(span, all, &traces)).collect()
    }

    fn of(span: &SpanData, all: &[SpanData], traces: &HashMap<TraceId, usize>) -> Self {
        let without_number = |attribute: &KeyValue| match (attribute.key.as_str(), &attribute.value) {
            ("busy_ns" | "idle_ns" | "thread.id", Value::I64(number)) if *number >= 0 => {
                KeyValue::new(attribute.key.clone(), "a number")
            }
            _ => attribute.clone(),
        };
        let mut attributes: Vec<_> = span.attributes.iter().map(without_number).collect();
        // equal keys stay in their order
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        Self {
            name: span.name.to_string(),
            kind: span.span_kind.clone(),
            status: span.status.clone(),
            attributes,
            dropped: span.dropped_attributes_count,
            events: span.events.iter().map(|of| (of.name.to_string(), of.attributes.clone())).collect(),
            links: span.links.iter().map(|of| (link(&of.span_context, all), of.attributes.clone())).collect(),
            parent: place(span.parent_span_id, all),
            is_parent_remote: span.parent_span_is_remote,
            trace: traces.get(&span.span_context.trace_id()).copied(),
            is_backwards: span.end_time < span.start_time,
        }
    }
}

fn link(linked: &SpanContext, all: &[SpanData]) -> String {
    format!("{}, remote: {}, {:?}", place(linked.span_id(), all), linked.is_remote(), linked.trace_flags())
}

/// Returns the place of a span in the list, or its id if it is remote.
fn place(id: SpanId, all: &[SpanData]) -> String {
    match all.iter().position(|other| other.span_context.span_id() == id) {
        Some(at) => format!("span {at}"),
        None => id.to_string(),
    }
}
