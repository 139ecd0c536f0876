//! What must hold for the spans of several projects.

use std::collections::HashMap;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

type Spans = (String, Vec<SpanData>);

/// Every span by its identity, with its tracer.
struct Index<'a>(HashMap<(TraceId, SpanId), (&'a str, &'a SpanData)>);

impl<'a> Index<'a> {
    fn of(tracers: &'a [Spans]) -> Self {
        let spans =
            tracers.iter().flat_map(|(tracer, spans)| spans.iter().map(move |span| (&**tracer, span)));
        Self(spans.map(|(tracer, span)| (key(span, span.span_context.span_id()), (tracer, span))).collect())
    }

    fn parent(&self, span: &SpanData) -> Option<(&'a str, &'a SpanData)> {
        self.0.get(&key(span, span.parent_span_id)).copied()
    }
}

fn key(span: &SpanData, id: SpanId) -> (TraceId, SpanId) {
    (span.span_context.trace_id(), id)
}

/// No trace is in two projects, and no span's parent is another project's.
pub(super) fn isolated(tracers: &[Spans]) -> Result<(), String> {
    let index = Index::of(tracers);
    let mut wrong = Vec::new();
    let mut traces: HashMap<TraceId, (&str, &SpanData)> = HashMap::new();
    for (tracer, spans) in tracers {
        for span in spans {
            let trace = span.span_context.trace_id();
            let (other, first) = *traces.entry(trace).or_insert((tracer, span));
            if other != tracer {
                wrong.push(format!(
                    "`{}` of {tracer} is in the trace of `{}` of {other}",
                    span.name, first.name
                ));
            }
            if let Some((other, parent)) = index.parent(span).filter(|(other, _)| other != tracer) {
                wrong.push(format!("`{}` of {tracer} is a child of `{}` of {other}", span.name, parent.name));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Every parent that is not remote is there, in the same project.
pub(super) fn no_orphans(tracers: &[Spans]) -> Result<(), String> {
    let index = Index::of(tracers);
    let mut wrong = Vec::new();
    for (tracer, spans) in tracers {
        for span in spans {
            if span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote {
                continue;
            }
            let place = match index.parent(span) {
                Some((other, _)) if other == tracer => continue,
                Some((other, parent)) => format!("its parent is `{}` of {other}", parent.name),
                None => "its parent has not ended, or was never there".to_owned(),
            };
            wrong.push(format!("`{}` of {tracer} is an orphan: {place}", span.name));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
