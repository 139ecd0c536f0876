//! The order of spans in a tree, for output that people read.

use std::collections::HashMap;
use std::fmt;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

/// The deepest indentation. A deep trace would be mostly spaces.
const MAX_INDENTED: usize = 64;

/// A span and its depth in the tree.
pub(crate) struct PlacedSpan<'a> {
    pub(crate) span: &'a SpanData,
    pub(crate) depth: usize,
}

/// Returns the spans depth first. Siblings keep their order.
///
/// A span without a parent among `spans` is a root. Spans that are each other's ancestors have no
/// root, so the first of them becomes one. Each span is placed once, also if identifiers repeat.
pub(crate) fn depth_first<'a>(spans: &[&'a SpanData]) -> Vec<PlacedSpan<'a>> {
    let mut children: HashMap<(TraceId, SpanId), Vec<usize>> = HashMap::with_capacity(spans.len());
    for span in spans {
        children.entry(id(span)).or_default();
    }
    let (mut roots, mut others) = (Vec::new(), Vec::new());
    for (at, span) in spans.iter().enumerate() {
        match children.get_mut(&parent_id(span)) {
            Some(siblings) => {
                siblings.push(at);
                others.push(at);
            }
            None => roots.push(at),
        }
    }
    let mut is_placed = vec![false; spans.len()];
    let mut placed = Vec::with_capacity(spans.len());
    // a list in place of recursion, because a trace can be deeper than the stack
    let mut waiting = Vec::new();
    for root in roots.into_iter().chain(others) {
        waiting.push((root, 0));
        while let Some((at, depth)) = waiting.pop() {
            if std::mem::replace(&mut is_placed[at], true) {
                continue;
            }
            let span = spans[at];
            placed.push(PlacedSpan { span, depth });
            let below = children.remove(&id(span)).unwrap_or_default();
            waiting.extend(below.into_iter().rev().map(|child| (child, depth + 1)));
        }
    }
    placed
}

fn id(span: &SpanData) -> (TraceId, SpanId) {
    (span.span_context.trace_id(), span.span_context.span_id())
}

fn parent_id(span: &SpanData) -> (TraceId, SpanId) {
    (span.span_context.trace_id(), span.parent_span_id)
}

/// The start of a line at a depth: two spaces for each level, and a number for a deep one.
pub(crate) struct Indent(pub(crate) usize);

impl fmt::Display for Indent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:indent$}", "", indent = 2 * self.0.min(MAX_INDENTED))?;
        if self.0 > MAX_INDENTED { write!(f, "({}) ", self.0) } else { Ok(()) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
pub(in crate::export) mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceFlags, TraceState};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    /// Returns a span of trace 7 that starts at `id` seconds.
    pub(in crate::export) fn span(id: u64, parent: u64) -> SpanData {
        let start_time = UNIX_EPOCH + Duration::from_secs(id);
        let (trace, span) = (TraceId::from(7), SpanId::from(id));
        SpanData {
            span_context: SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: SpanId::from(parent),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: format!("s{id}").into(),
            start_time,
            end_time: start_time,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    /// Returns the names and depths of spans, which are given by their ids and parents.
    fn placed(ids: &[(u64, u64)]) -> String {
        let spans: Vec<SpanData> = ids.iter().map(|(id, parent)| span(*id, *parent)).collect();
        let spans: Vec<&SpanData> = spans.iter().collect();
        let placed = depth_first(&spans);
        let texts = placed.iter().map(|placed| format!("{}:{}", placed.span.name, placed.depth));
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn siblings_follow_their_parent_in_order() {
        assert_eq!(placed(&[(1, 0), (2, 1), (3, 1), (4, 2), (5, 99)]), "s1:0 s2:1 s4:2 s3:1 s5:0");
    }

    #[test]
    fn each_span_is_placed_once_in_a_circle_and_with_repeated_ids() {
        assert_eq!(placed(&[(1, 2), (2, 1), (3, 3)]), "s1:0 s2:1 s3:0");
        assert_eq!(placed(&[(1, 0), (1, 0), (2, 1), (2, 1), (3, 2)]), "s1:0 s2:1 s3:2 s2:1 s1:0");
    }

    #[test]
    fn a_trace_deeper_than_the_stack_is_placed() {
        let spans: Vec<SpanData> = (1..200_000).map(|id| span(id, id - 1)).collect();
        let spans: Vec<&SpanData> = spans.iter().collect();
        let last = depth_first(&spans).pop().unwrap();
        assert_eq!(last.depth, 199_998);
        assert_eq!(format!("{}.", Indent(last.depth)).trim_start(), "(199998) .");
    }
}
