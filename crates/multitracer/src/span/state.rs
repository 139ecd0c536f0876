//! A span from the call to its end.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{SpanContext, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::attributes::Attributes;
use super::callsite::Callsite;
use super::observe::Outcome;
use crate::registry::Registry;
use crate::tracer::{NewSpan, Parent, Started, TracerCore};

/// A span that has not started.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) callsite: &'static Callsite,
    pub(super) registry: Cow<'static, Registry>,
    pub(super) core: Arc<TracerCore>,
    pub(super) cx: Context,
    pub(super) name: Cow<'static, str>,
    pub(super) parent: Parent,
    pub(super) links: Vec<SpanContext>,
    /// Recorded on the span if it is sampled.
    pub(super) attributes: Vec<KeyValue>,
}

/// A span that has started, and is current in `cx`.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(super) callsite: &'static Callsite,
    pub(super) core: Arc<TracerCore>,
    pub(super) cx: Context,
    pub(super) recording: bool,
}

impl Prepared {
    /// Starts the span; `None` where the context needs no change.
    pub(super) fn open(self) -> Option<Opened> {
        let Self { callsite, registry, core, cx, name, parent, links, attributes } = self;
        let kind = callsite.site().kind.into();
        let new = NewSpan { name, kind, parent, links, attributes: Vec::new() };
        match core.start(&registry, &cx, new, || callsite.code()) {
            Started::Unsampled => None,
            Started::Opened { cx, recording } => {
                if recording && !attributes.is_empty() {
                    cx.span().set_attributes(attributes);
                }
                Some(Opened { callsite, core, cx, recording })
            }
        }
    }
}

impl Opened {
    pub(super) fn record(&self, f: impl FnOnce(&mut Attributes<'_>)) {
        if self.recording {
            let mut attributes = Attributes::new(Some(&self.core.capture));
            f(&mut attributes);
            self.cx.span().set_attributes(attributes.into_list());
        }
    }

    pub(super) fn observe<T: ?Sized>(&self, out: &T, f: impl FnOnce(&T, &mut Outcome)) {
        if self.recording {
            let mut outcome = Outcome::new(self.core.capture.clone());
            f(out, &mut outcome);
            outcome.put_on(&self.cx.span());
        }
    }

    /// The function panicked.
    pub(super) fn panicked(&self) {
        let span = self.cx.span();
        span.set_attribute(KeyValue::new("error.type", "panic"));
        span.set_status(Status::error("panicked"));
    }

    /// The future was dropped before it was done.
    pub(super) fn cancelled(&self) {
        self.cx.span().set_attribute(KeyValue::new("multitracer.cancelled", true));
    }

    pub(super) fn end(&self) {
        if self.recording {
            self.cx.span().end();
        }
    }
}

/// A span that starts at the first poll of a future or stream. One pointer, and none while tracing is off.
#[derive(Debug)]
pub struct Deferred(pub(super) Option<Box<State>>);

/// Where such a span is.
#[derive(Debug)]
pub(crate) enum State {
    /// Taken when it opens.
    Prepared(Option<Prepared>),
    Opened { opened: Opened, polling: bool },
}

impl Deferred {
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn new(prepared: Option<Prepared>) -> Self {
        Self(prepared.map(|prepared| Box::new(State::Prepared(Some(prepared)))))
    }

    /// Attributes that are known at the call only. Evaluated unless the trace around is left out already.
    #[inline(always)]
    pub fn record(&mut self, f: impl FnOnce(&mut Attributes<'_>)) {
        if let Some(state) = &mut self.0 {
            record_early(state, f);
        }
    }

    #[must_use]
    #[inline(always)]
    pub fn is_live(&self) -> bool {
        self.0.is_some()
    }
}

#[inline(never)]
fn record_early(state: &mut State, f: impl FnOnce(&mut Attributes<'_>)) {
    if let State::Prepared(Some(prepared)) = state {
        let mut attributes = Attributes::new(Some(&prepared.core.capture));
        f(&mut attributes);
        prepared.attributes.extend(attributes.into_list());
    }
}

impl Drop for State {
    /// Dropped with its span open: the future or stream that it belongs to was dropped before it was done, or panicked.
    fn drop(&mut self) {
        if let Self::Opened { opened, polling } = self {
            if *polling { opened.panicked() } else { opened.cancelled() }
            opened.end();
        }
    }
}
