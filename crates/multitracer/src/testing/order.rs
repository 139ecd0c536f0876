//! The order of spans in a tree, and numbers that are the same in every run.

use std::collections::HashMap;
use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use crate::export::{PlacedSpan, depth_first};

/// The order of siblings in a tree.
#[derive(Clone, Copy, Debug)]
pub(super) enum SiblingOrder {
    /// By their start.
    Start,
    /// By their name, then by their start.
    Name,
}

/// Returns the spans depth first, with siblings in the given order.
pub(super) fn in_tree_order(spans: &[SpanData], order: SiblingOrder) -> Vec<PlacedSpan<'_>> {
    let mut sorted: Vec<&SpanData> = spans.iter().collect();
    sorted.sort_by(|a, b| {
        let started = a.start_time.cmp(&b.start_time);
        match order {
            SiblingOrder::Start => started.then_with(|| a.name.cmp(&b.name)),
            SiblingOrder::Name => a.name.cmp(&b.name).then(started),
        }
    });
    depth_first(&sorted)
}

/// Stable numbers that replace random identifiers and times.
#[derive(Default)]
pub(super) struct Numbers {
    spans: HashMap<(TraceId, SpanId), usize>,
    traces: HashMap<TraceId, usize>,
    times: Vec<SystemTime>,
}

impl Numbers {
    pub(super) fn from_spans<'a>(spans: impl Iterator<Item = &'a SpanData>) -> Self {
        let mut numbers = Self::default();
        for span in spans {
            let traces = numbers.traces.len();
            numbers.traces.entry(span.span_context.trace_id()).or_insert(traces + 1);
            let at = numbers.spans.len();
            numbers.spans.entry(key(&span.span_context)).or_insert(at + 1);
            numbers.times.extend([span.start_time, span.end_time]);
        }
        numbers.times.sort_unstable();
        numbers.times.dedup();
        numbers
    }

    /// Returns the number of a span, such as `t1.s2`. Unknown spans keep their own identifiers.
    pub(super) fn id(&self, span: &SpanContext) -> String {
        let trace = match self.traces.get(&span.trace_id()) {
            Some(number) => format!("t{number}"),
            None => span.trace_id().to_string(),
        };
        match self.spans.get(&key(span)) {
            Some(number) => format!("{trace}.s{number}"),
            None => format!("{trace}.{}", span.span_id()),
        }
    }

    /// Returns the rank of `time` among the starts and ends of all spans, from 1.
    pub(super) fn time(&self, time: SystemTime) -> usize {
        self.times.partition_point(|other| *other <= time)
    }
}

fn key(span: &SpanContext) -> (TraceId, SpanId) {
    (span.trace_id(), span.span_id())
}
