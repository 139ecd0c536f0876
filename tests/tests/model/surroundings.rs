//! The contexts of other code: spans of libraries and of `tracing`, attached contexts, messages.

use multitracer::propagation::Received;
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::context::Label;
use crate::program::{Attach, Id, Message, Remote, TRACERS, TracingParent};
use crate::run::{Env, Started, Value, name};
use crate::threads::subscriber;

impl Env {
    pub(crate) fn library(&self, id: Id, registry: usize) -> Started {
        let tracer = self.world.registries[registry].tracer_provider().tracer("library");
        let span = tracer.start(name(id));
        Box::new(move |cx| cx.with_span(span))
    }

    pub(crate) fn foreign(&self, id: Id) -> Started {
        let span = self.world.foreign.start(name(id));
        let span_id = opentelemetry::trace::Span::span_context(&span).span_id();
        self.labels.lock().unwrap().insert(span_id, Label::Foreign(id));
        Box::new(move |cx| cx.with_span(span))
    }

    pub(crate) fn tracing(&self, id: Id, parent: TracingParent) -> tracing::Span {
        let name = name(id);
        let contextual = || info_span!("step", otel.name = name);
        match parent {
            TracingParent::Contextual => contextual(),
            TracingParent::Root => info_span!(parent: None, "step", otel.name = name),
            TracingParent::Span(id) => match self.saved_tracing(id) {
                Some((number, span)) if number == subscriber() => {
                    info_span!(parent: &span, "step", otel.name = name)
                }
                _ => contextual(),
            },
            TracingParent::Set(id) => {
                let span = contextual();
                if let Some(cx) = self.saved(id) {
                    let _ = span.set_parent(cx);
                }
                span
            }
            TracingParent::Extracted(remote) => {
                let span = contextual();
                let _ = span.set_parent(Context::new().with_remote_span_context(self.remote(remote)));
                span
            }
        }
    }

    pub(crate) fn attached(&self, id: Id, attach: Attach) -> Option<Context> {
        let cx = Context::current();
        Some(match attach {
            Attach::Empty => Context::new(),
            Attach::Remote(remote) => cx.with_remote_span_context(self.remote(remote)),
            Attach::OnlyRemote(remote) => Context::new().with_remote_span_context(self.remote(remote)),
            Attach::HandMade => cx.with_remote_span_context(self.hand_made(id)),
            Attach::Saved(id) => self.saved(id)?,
            Attach::SpanOf(id) => {
                let span = self.saved(id)?.span().span_context().clone();
                cx.with_remote_span_context(span)
            }
            Attach::Started(id) => {
                let mut values = self.values.lock().unwrap();
                let Some(Value::Started(_)) = values.get(&id) else { return None };
                let Some(Value::Started(started)) = values.remove(&id) else { return None };
                drop(values);
                started(&cx)
            }
        })
    }

    pub(crate) fn hand_made(&self, id: Id) -> SpanContext {
        let span_id = SpanId::from(0xabcd_0000 + u64::from(id));
        self.labels.lock().unwrap().insert(span_id, Label::Foreign(id));
        let trace_id = TraceId::from(0xabcd_0000_0000 + u128::from(id));
        SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, false, TraceState::NONE)
    }

    pub(crate) fn remote(&self, remote: Remote) -> SpanContext {
        let (trace_id, span_id) = remote_ids(remote);
        self.labels.lock().unwrap().insert(span_id, Label::Remote(remote));
        let flags = if remote.is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
        SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE)
    }

    pub(crate) fn receive(&self, message: &Message) -> Received {
        let tracers = TRACERS[message.registry];
        let mut headers = Vec::new();
        if let Some(remote) = message.remote {
            let (trace_id, span_id) = remote_ids(remote);
            self.labels.lock().unwrap().insert(span_id, Label::Remote(remote));
            let flags = u8::from(remote.is_sampled);
            headers.push(("traceparent", format!("00-{trace_id}-{span_id}-{flags:02x}")));
        }
        if let Some(tracer) = message.route {
            headers.push(("x-route", tracers[tracer].to_owned()));
        }
        if let Some(tracer) = message.baggage {
            headers.push(("baggage", format!("multitracer.route=to-{}", tracers[tracer])));
        }
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        self.world.registries[message.registry].receive(&headers[..])
    }
}

/// Returns the identifiers of a remote span.
pub(crate) fn remote_ids(remote: Remote) -> (TraceId, SpanId) {
    let trace_id = remote_trace_id(remote.trace);
    (trace_id, SpanId::from(0xeeee_0000 + u64::from(remote.trace) * 16 + u64::from(remote.span)))
}

pub(crate) fn remote_trace_id(trace: u8) -> TraceId {
    TraceId::from(0xeeee_0000_0000_0000 + u128::from(trace))
}
