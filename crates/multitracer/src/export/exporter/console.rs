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
use super::write_threads::WriteThreads;
use crate::export::batch::Batch;
use crate::export::outcome::{ExportError, ExportSuccess};
use crate::export::span_tree::{Indent, PlacedSpan, depth_first};
use crate::text::Escaped;

/// Maximum number of spans that wait for the root of their trace. Above it, or above
/// `MAX_WAITING_BYTES`, incomplete traces are written.
const MAX_WAITING: usize = 10_000;

/// Maximum memory of these spans in bytes, estimated.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// An exporter that writes a trace once its root, or its topmost span in this process, has ended.
pub(crate) struct ConsoleExporter {
    /// The text above every trace: the tracer and its project.
    heading: String,
    /// Spans of incomplete traces.
    waiting: Mutex<Waiting>,
    threads: WriteThreads,
}

/// The turn to write to standard output. A writer that waits for it blocks no thread.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The spans of incomplete traces.
#[derive(Default)]
struct Waiting {
    traces: HashMap<TraceId, Trace>,
    spans: usize,
    bytes: usize,
}

#[derive(Default)]
struct Trace {
    spans: Vec<SpanData>,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, span: SpanData, bytes: usize) {
        let trace = self.traces.entry(span.span_context.trace_id()).or_default();
        trace.spans.push(span);
        trace.bytes += bytes;
        self.spans += 1;
        self.bytes += bytes;
    }

    fn take(&mut self, trace: TraceId) -> Option<Vec<SpanData>> {
        let Trace { spans, bytes } = self.traces.remove(&trace)?;
        self.spans -= spans.len();
        self.bytes -= bytes;
        Some(spans)
    }

    fn take_all(&mut self) -> impl Iterator<Item = Vec<SpanData>> {
        std::mem::take(self).traces.into_values().map(|trace| trace.spans)
    }

    fn is_full(&self) -> bool {
        self.spans > MAX_WAITING || self.bytes > MAX_WAITING_BYTES
    }
}

impl ConsoleExporter {
    /// Creates an exporter with `heading` above every trace.
    pub(crate) fn exporter(heading: String, threads: WriteThreads) -> Arc<dyn Exporter> {
        Arc::new(Self::new(heading, threads))
    }

    fn new(heading: String, threads: WriteThreads) -> Self {
        Self { heading, waiting: Mutex::default(), threads }
    }

    /// Adds a batch and returns the traces that are complete.
    fn take_complete_traces(&self, batch: Batch) -> Vec<Vec<SpanData>> {
        let sizes: Vec<usize> = batch.sizes().collect();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut complete = Vec::new();
        for (span, bytes) in batch.into_span_data().into_iter().zip(sizes) {
            let trace_id = span.span_context.trace_id();
            let is_top = span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote;
            waiting.add(span, bytes);
            if is_top {
                complete.extend(waiting.take(trace_id));
            }
            if waiting.is_full() {
                complete.extend(waiting.take_all());
            }
        }
        complete
    }

    async fn write(&self, traces: Vec<Vec<SpanData>>) -> std::io::Result<()> {
        let mut text = String::new();
        for trace in traces {
            // writing to a `String` cannot fail
            let _ = writeln!(text, "{}  {}", Escaped(&self.heading), Tree(&trace));
        }
        if text.is_empty() {
            return Ok(());
        }
        let turn = TURN.lock().await;
        let write = move || {
            let written = std::io::stdout().lock().write_all(text.as_bytes());
            drop(turn);
            written
        };
        self.threads.run(write).await
    }
}

impl Exporter for ConsoleExporter {
    fn export(self: Arc<Self>, batch: Batch, _retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let traces = self.take_complete_traces(batch);
            self.write(traces).await.map_err(|error| ExportError::failed(error.to_string()))?;
            Ok(ExportSuccess::default())
        })
    }

    fn shutdown(self: Arc<Self>, _timeout: Duration) -> ShutdownFuture {
        Box::pin(async move {
            let rest: Vec<_> = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.take_all().collect()
            };
            self.write(rest).await.map_err(|error| error.to_string())
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
        for PlacedSpan { span, depth } in depth_first(&spans) {
            write_span(f, span, depth + 1)?;
        }
        Ok(())
    }
}

fn write_span(f: &mut fmt::Formatter<'_>, span: &SpanData, depth: usize) -> fmt::Result {
    let duration = span.end_time.duration_since(span.start_time).unwrap_or_default();
    write!(f, "\n{}{} {duration:.1?}", Indent(depth), Escaped(&span.name))?;
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
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::export::queue::tests::span as record;
    use crate::export::span_tree::tests::span;
    use crate::record::RecordChunk;

    #[test]
    fn a_deep_trace_is_written_with_bounded_indentation() {
        let spans: Vec<SpanData> = (1..=9_900).map(|id| span(id, id - 1)).collect();
        let text = Tree(&spans).to_string();
        assert_eq!(text.lines().count(), 1 + 9_900);
        assert!(text.ends_with("(9900) s9900 0.0ns"), "{}", &text[text.len() - 200..]);
        assert!(text.len() < 2_000_000, "{} bytes", text.len());
    }

    #[tokio::test]
    async fn incomplete_traces_wait_within_their_bytes() {
        let threads = WriteThreads::new(&tokio::runtime::Handle::current());
        let exporter = ConsoleExporter::new(String::new(), threads);
        let mut written = 0;
        for _ in 0..40 {
            let mut child = record(1 << 20);
            child.parent = SpanId::from(1);
            let mut chunk = RecordChunk::default();
            chunk.push(&mut child);
            written += exporter.take_complete_traces(Batch::new(vec![chunk])).len();
            let waiting = exporter.waiting.lock().unwrap();
            assert!(waiting.bytes <= MAX_WAITING_BYTES && waiting.spans < 17);
        }
        assert_eq!(written, 2);
    }
}
