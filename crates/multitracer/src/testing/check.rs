//! Checks on the spans of several projects.

use std::collections::HashMap;
use std::fmt::Display;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::tree::TracerSpans;
use crate::text::Escaped;

/// An index of all spans by their identifiers, with the names of their tracers.
struct SpanIndex<'a>(HashMap<(TraceId, SpanId), (&'a str, &'a SpanData)>);

impl<'a> SpanIndex<'a> {
    fn new(tracers: &'a [TracerSpans]) -> Self {
        let spans = tracers.iter().flat_map(|of| of.spans.iter().map(move |span| (&*of.tracer, span)));
        Self(spans.map(|(tracer, span)| (key(span, span.span_context.span_id()), (tracer, span))).collect())
    }

    fn parent(&self, span: &SpanData) -> Option<(&'a str, &'a SpanData)> {
        self.0.get(&key(span, span.parent_span_id)).copied()
    }
}

fn key(span: &SpanData, id: SpanId) -> (TraceId, SpanId) {
    (span.span_context.trace_id(), id)
}

/// Returns the name of a span and its tracer.
fn place(span: &SpanData, tracer: &str) -> impl Display {
    Escaped(format!("`{}` of {tracer}", span.name))
}

/// Checks that no trace is in two projects, and that no span's parent is in another project.
///
/// An error has one line for each violation.
pub(super) fn check_isolated(tracers: &[TracerSpans]) -> Result<(), String> {
    let index = SpanIndex::new(tracers);
    let mut violations = Vec::new();
    let mut traces: HashMap<TraceId, (&str, &SpanData)> = HashMap::new();
    for TracerSpans { tracer, spans } in tracers {
        for span in spans {
            let trace = span.span_context.trace_id();
            let (other, first) = *traces.entry(trace).or_insert((tracer, span));
            if other != tracer {
                let (inside, outside) = (place(span, tracer), place(first, other));
                violations.push(format!("{inside} is in the trace of {outside}"));
            }
            if let Some((other, parent)) = index.parent(span).filter(|(other, _)| other != tracer) {
                let (child, parent) = (place(span, tracer), place(parent, other));
                violations.push(format!("{child} is a child of {parent}"));
            }
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n")) }
}

/// Checks that every parent that is not remote exists in the same project.
///
/// An error has one line for each orphan.
pub(super) fn check_no_orphans(tracers: &[TracerSpans]) -> Result<(), String> {
    let index = SpanIndex::new(tracers);
    let mut violations = Vec::new();
    for TracerSpans { tracer, spans } in tracers {
        for span in spans {
            if span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote {
                continue;
            }
            let found = match index.parent(span) {
                Some((other, _)) if other == tracer => continue,
                Some((other, parent)) => format!("its parent is {}", place(parent, other)),
                None => "its parent has not ended or does not exist".to_owned(),
            };
            violations.push(format!("{} is an orphan: {found}", place(span, tracer)));
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n")) }
}
