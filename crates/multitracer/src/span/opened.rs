//! A span from its preparation to its end.

use std::borrow::Cow;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::attributes::{Attributes, shorten};
use super::site::Site;
use crate::config::model::CaptureConfig;
use crate::span::result::outcome::Outcome;
use crate::tracer::{NewSpan, Parent, Started, Tracer, mark_cancelled, mark_panicked, set_all_attributes};

/// A span that has not started.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) site: Site,
    pub(super) tracer: Tracer,
    pub(super) cx: Context,
    pub(super) name: Cow<'static, str>,
    pub(super) parent: Parent,
    pub(super) links: Vec<SpanContext>,
    /// Attributes that a sampled span records.
    pub(super) attributes: Vec<KeyValue>,
}

/// The outcome of a preparation.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a span that starts is the usual case")]
pub(super) enum Preparation {
    Ready(Prepared),
    /// The work runs in this silent context.
    Silent(Context),
    /// The work runs in the context of the call, which this is.
    Unchanged(Context),
}

/// The outcome of opening a span.
#[derive(Debug)]
pub(super) enum Opening {
    /// The work runs in the context of this span.
    Opened(Opened),
    /// No span is open, and the work runs in the context of the call, which this is.
    Unchanged(Context),
}

/// A span that has started, and is current in `cx`.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(super) site: Site,
    /// A copy, because sharing the tracer would contend on its reference count.
    pub(super) capture: CaptureConfig,
    pub(super) cx: Context,
    pub(super) recording: bool,
}

impl Preparation {
    /// Starts the span.
    pub(super) fn open(self, site: Site) -> Opening {
        match self {
            Self::Ready(prepared) => prepared.open(),
            Self::Silent(cx) => Opening::Opened(Opened::without_span(site, cx)),
            Self::Unchanged(cx) => Opening::Unchanged(cx),
        }
    }
}

impl Prepared {
    /// Adds the arguments of the call, if the tracer records arguments.
    pub(super) fn add_arguments(&mut self, arguments: Vec<KeyValue>) {
        let capture = self.tracer.core().capture;
        if capture.arguments {
            self.attributes.extend(arguments.into_iter().map(|mut argument| {
                shorten(&mut argument.value, capture.max_length);
                argument
            }));
        }
    }

    /// Starts the span.
    fn open(self) -> Opening {
        let Self { site, tracer, cx, name, parent, links, attributes } = self;
        let new = NewSpan { parent, links, code: Some(site.code()), ..NewSpan::new(name, site.span_kind()) };
        match tracer.start(&cx, new) {
            Started::Unsampled => Opening::Unchanged(cx),
            Started::Opened { cx, recording } => {
                if recording {
                    set_all_attributes(&cx.span(), attributes);
                }
                Opening::Opened(Opened { site, capture: tracer.core().capture, cx, recording })
            }
        }
    }
}

impl Opened {
    /// Returns the state of a call without a span, which runs in a context of its own.
    pub(super) fn without_span(site: Site, cx: Context) -> Self {
        Self { site, capture: CaptureConfig::default(), cx, recording: false }
    }

    /// Records attributes, if the span is recorded.
    pub(super) fn record(&self, f: impl FnOnce(&mut Attributes<'_>)) {
        if self.recording {
            let attributes = Attributes::collect(&self.capture, f);
            set_all_attributes(&self.cx.span(), attributes);
        }
    }

    /// Records the outcome of the function, if the span is recorded.
    pub(super) fn observe<T: ?Sized>(&self, out: &T, f: impl FnOnce(&T, &mut Outcome)) {
        if self.recording {
            let mut outcome = Outcome::new(self.capture);
            f(out, &mut outcome);
            outcome.put_on(&self.cx.span());
        }
    }

    /// Marks the span of a function that panicked.
    pub(super) fn panicked(&self) {
        mark_panicked(&self.cx.span());
    }

    /// Marks the span of a future that was dropped before it finished.
    pub(super) fn cancelled(&self) {
        mark_cancelled(&self.cx.span());
    }

    pub(super) fn end(&self) {
        if self.recording {
            self.cx.span().end();
        }
    }
}
