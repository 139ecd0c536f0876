//! What must hold for the spans of several projects.

use std::collections::HashMap;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::order::is_parent;

type Spans = (String, Vec<SpanData>);

/// No trace is in two projects, and no span's parent is another project's.
pub(super) fn isolated(tracers: &[Spans]) -> Result<(), String> {
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
            let parent = parent_elsewhere(tracers, tracer, span);
            wrong.extend(parent.map(|parent| format!("`{}` of {tracer} is a child of {parent}", span.name)));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn parent_elsewhere(tracers: &[Spans], of: &str, span: &SpanData) -> Option<String> {
    tracers.iter().filter(|(tracer, _)| tracer != of).find_map(|(tracer, spans)| {
        let parent = spans.iter().find(|parent| is_parent(parent, span))?;
        Some(format!("`{}` of {tracer}", parent.name))
    })
}

/// Every parent that is not remote is there, in the same project.
pub(super) fn no_orphans(tracers: &[Spans]) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (tracer, spans) in tracers {
        for span in spans {
            let orphan = span.parent_span_id != SpanId::INVALID
                && !span.parent_span_is_remote
                && !spans.iter().any(|parent| is_parent(parent, span));
            if orphan {
                let place = match parent_elsewhere(tracers, tracer, span) {
                    Some(parent) => format!("its parent is {parent}"),
                    None => "its parent has not ended, or was never there".to_owned(),
                };
                wrong.push(format!("`{}` of {tracer} is an orphan: {place}", span.name));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
