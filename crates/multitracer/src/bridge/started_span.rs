//! The start of a span of `tracing` when it is first needed, and the changes of its shadow before.

use std::sync::{Arc, PoisonError};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing::span::Id;

use super::adding::while_adding;
use super::span_ext::Shadows;
use super::span_layer::SpanLayer;
use super::span_state::{PendingSpan, Phase, Shared, SpanState, StartingSpan, wait_for};
use crate::tracer::QuickLibrary;

impl SpanLayer {
    /// Returns the context of a span, which starts if it has not started.
    ///
    /// Calls `change` for a span that has a context. Returns `None` for a span that has ended.
    #[inline]
    pub(super) fn started(
        &self,
        id: &Id,
        span: &Shared,
        change: impl FnOnce(&mut SpanState),
    ) -> Option<Context> {
        let mut state = span.lock();
        let decision = match &state.phase {
            Phase::Started(cx) => {
                let cx = cx.clone();
                change(&mut state);
                return Some(cx);
            }
            Phase::Pending(pending) if !pending.has_shadow => self.starter.decide(pending),
            Phase::Pending(_) | Phase::Starting(_) => QuickLibrary::Unknown,
            Phase::Closed => return None,
        };
        if !matches!(decision, QuickLibrary::Unknown)
            && let Phase::Pending(pending) = std::mem::replace(&mut state.phase, Phase::Closed)
        {
            let PendingSpan { cx: parent, record, .. } = pending;
            let cx = match decision {
                QuickLibrary::Starts(quick) => {
                    state.has_frame = quick.has_frame();
                    parent.with_span(quick.start_prepared(record))
                }
                QuickLibrary::Unsampled(of) => parent.with_remote_span_context(of),
                QuickLibrary::Unknown => parent.clone(),
            };
            state.phase = Phase::Started(cx.clone());
            change(&mut state);
            drop(state);
            // the context may hold the last handle of a foreign span
            drop(parent);
            return Some(cx);
        }
        drop(state);
        let cx = self.start(id, span)?;
        change(&mut span.lock());
        Some(cx)
    }

    /// Makes the changes that the shadow of a span has collected, if the span has not started.
    ///
    /// Later changes come after those.
    pub(super) fn settle(&self, id: &Id, span: &Shared) {
        if span.has_changes() {
            self.collect(id, span);
        }
    }

    #[cold]
    fn collect(&self, id: &Id, span: &Shared) {
        if let Some(shadows) = self.shadows.downcast_ref::<Shadows>() {
            shadows.collect(id);
        }
        // without a subscriber, the changes are lost
        if let Phase::Pending(pending) = &mut span.lock().phase {
            pending.has_shadow = false;
        }
    }

    /// Starts a span. Does not lock it while a sampler runs, which may use the span.
    #[cold]
    fn start(&self, id: &Id, span: &Shared) -> Option<Context> {
        let starting = StartingSpan::default();
        let mut started = starting.lock().unwrap_or_else(PoisonError::into_inner);
        let phase = {
            let mut state = span.lock();
            match &mut state.phase {
                Phase::Pending(pending) if pending.has_shadow => {
                    drop(state);
                    self.collect(id, span);
                    return self.started(id, span, |_| ());
                }
                phase @ Phase::Pending(_) => std::mem::replace(phase, Phase::Starting(Arc::clone(&starting))),
                Phase::Starting(other) => Phase::Starting(Arc::clone(other)),
                Phase::Started(cx) => return Some(cx.clone()),
                Phase::Closed => return None,
            }
        };
        let cx = match phase {
            Phase::Pending(pending) => while_adding(|| self.starter.start(pending)),
            Phase::Starting(other) => return wait_for(&other),
            Phase::Started(_) | Phase::Closed => return None,
        };
        *started = Some(cx.clone());
        span.lock().phase = Phase::Started(cx.clone());
        Some(cx)
    }
}
