//! The ids of our spans, which the SDK's spans get too.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use opentelemetry::trace::{SpanContext, SpanId, TraceId};
use opentelemetry_sdk::trace::IdGenerator;

/// An id generator that repeats the ids of spans in the order of their starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids(Arc<Mutex<Repeated>>);

#[derive(Debug, Default)]
struct Repeated {
    next: VecDeque<SpanContext>,
    /// The ids of the span that starts now.
    now: Option<SpanContext>,
    spans: HashSet<SpanId>,
    traces: HashSet<TraceId>,
    faults: Vec<String>,
}

impl Ids {
    /// Begins the program whose spans on our side were `started`.
    pub(crate) fn repeat(&self, started: &[SpanContext]) {
        let next = started.iter().cloned().collect();
        *self.0.lock().unwrap() = Repeated { next, ..Repeated::default() };
    }

    /// Goes on to the next span.
    pub(crate) fn advance(&self) {
        let mut ids = self.0.lock().unwrap();
        ids.now = ids.next.pop_front();
    }

    /// Returns `true` if this is the id of a span of this program.
    pub(crate) fn is_own(&self, span: SpanId) -> bool {
        self.0.lock().unwrap().spans.contains(&span)
    }

    /// Returns what is wrong with the ids on our side.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.0.lock().unwrap().faults.clone()
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        let mut ids = self.0.lock().unwrap();
        let trace = ids.now.as_ref().map_or(TraceId::INVALID, SpanContext::trace_id);
        if trace == TraceId::INVALID || !ids.traces.insert(trace) {
            ids.faults.push(format!("the trace id {trace} of a root is not new"));
        }
        trace
    }

    fn new_span_id(&self) -> SpanId {
        let mut ids = self.0.lock().unwrap();
        let span = ids.now.as_ref().map_or(SpanId::INVALID, SpanContext::span_id);
        if span == SpanId::INVALID || !ids.spans.insert(span) {
            ids.faults.push(format!("the span id {span} is not new"));
        }
        span
    }
}
