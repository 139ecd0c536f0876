//! The `console` exporter: each trace as an indented tree on standard output.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::interface::{ExportFuture, Exporter, ShutdownFuture};
use super::retry::Retry;
use crate::export::batch::Batch;
use crate::export::outcome::{ExportError, ExportSuccess};
use crate::text::Escaped;

/// Maximum number of spans that wait for the root of their trace. Above it, incomplete traces are
/// written.
const MAX_WAITING: usize = 10_000;

/// An exporter that writes a trace once its root, or its topmost span in this process, has ended.
pub(crate) struct ConsoleExporter {
    /// The text above every trace: the tracer and its project.
    heading: String,
    /// Spans of incomplete traces.
    waiting: Mutex<HashMap<TraceId, Vec<SpanData>>>,
}

impl ConsoleExporter {
    /// Creates an exporter with `heading` above every trace.
    pub(crate) fn exporter(heading: String) -> Arc<dyn Exporter> {
        Arc::new(Self { heading, waiting: Mutex::default() })
    }

    /// Adds a batch and returns the traces that are complete.
    fn take_complete_traces(&self, batch: Vec<SpanData>) -> Vec<Vec<SpanData>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut complete = Vec::new();
        for span in batch {
            let trace_id = span.span_context.trace_id();
            let is_top = span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote;
            waiting.entry(trace_id).or_default().push(span);
            if is_top && let Some(trace) = waiting.remove(&trace_id) {
                complete.push(trace);
            }
        }
        if waiting.values().map(Vec::len).sum::<usize>() > MAX_WAITING {
            complete.extend(waiting.drain().map(|(_, trace)| trace));
        }
        complete
    }

    fn write(&self, traces: Vec<Vec<SpanData>>) -> std::io::Result<()> {
        let mut text = String::new();
        for trace in traces {
            // writing to a `String` cannot fail
            let _ = writeln!(text, "{}  {}", Escaped(&self.heading), Tree(&trace));
        }
        std::io::stdout().lock().write_all(text.as_bytes())
    }
}

impl Exporter for ConsoleExporter {
    fn export(self: Arc<Self>, batch: Batch, _retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let traces = self.take_complete_traces(batch.into_span_data());
            // the reader of the output may be slow, and must not block the other exporters
            let written = tokio::task::block_in_place(|| self.write(traces));
            written.map_err(|error| ExportError::failed(error.to_string()))?;
            Ok(ExportSuccess::default())
        })
    }

    fn shutdown(self: Arc<Self>, _timeout: Duration) -> ShutdownFuture {
        Box::pin(async move {
            let rest: Vec<_> = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.drain().map(|(_, trace)| trace).collect()
            };
            tokio::task::block_in_place(|| self.write(rest)).map_err(|error| error.to_string())
        })
    }
}

/// One trace, one span per line. Children follow their parent by start time.
struct Tree<'a>(&'a [SpanData]);

impl fmt::Display for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut spans: Vec<&SpanData> = self.0.iter().collect();
        spans.sort_by_key(|span| span.start_time);
        let Some(first) = spans.first() else { return Ok(()) };
        write!(f, "trace {}", first.span_context.trace_id())?;
        for span in &spans {
            if !spans.iter().any(|other| other.span_context.span_id() == span.parent_span_id) {
                write_span(f, &spans, span, 1)?;
            }
        }
        Ok(())
    }
}

fn write_span(f: &mut fmt::Formatter<'_>, spans: &[&SpanData], span: &SpanData, depth: usize) -> fmt::Result {
    let duration = span.end_time.duration_since(span.start_time).unwrap_or_default();
    write!(f, "\n{:indent$}{} {duration:.1?}", "", Escaped(&span.name), indent = depth * 2)?;
    match span.span_kind {
        SpanKind::Internal => {}
        ref kind => write!(f, " [{}]", format!("{kind:?}").to_lowercase())?,
    }
    match &span.status {
        Status::Error { description } if description.is_empty() => write!(f, " ERROR")?,
        Status::Error { description } => write!(f, " ERROR {description:?}")?,
        _ => {}
    }
    for attribute in &span.attributes {
        if !attribute.key.as_str().starts_with("code.") {
            write!(f, " {}={}", Escaped(&attribute.key), Escaped(&attribute.value))?;
        }
    }
    for link in span.links.iter() {
        write!(f, " linked to {}", link.span_context.trace_id())?;
    }
    for child in spans.iter().filter(|child| child.parent_span_id == span.span_context.span_id()) {
        write_span(f, spans, child, depth + 1)?;
    }
    Ok(())
}
