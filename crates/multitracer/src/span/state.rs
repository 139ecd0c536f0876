//! A span from the call to its end.

use std::borrow::Cow;
use std::cell::RefCell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use opentelemetry::trace::{SpanContext, Status, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard, KeyValue};

use super::attributes::{Attributes, shorten};
use super::callsite::Site;
use super::options::Options;
use super::outcome::Outcome;
use crate::config::model::CaptureConfig;
use crate::registry::Registry;
use crate::tracer::{Frame, NewSpan, Parent, Started, TracerCore};

/// A span that has not started.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) site: Site,
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
    pub(super) site: Site,
    /// Not the tracer itself: all threads would count who holds it.
    pub(super) capture: CaptureConfig,
    pub(super) cx: Context,
    pub(super) recording: bool,
}

impl Prepared {
    /// Starts the span; `None` where the context needs no change.
    pub(super) fn open(self) -> Option<Opened> {
        let Self { site, registry, core, cx, name, parent, links, attributes } = self;
        let kind = site.span_kind();
        let new = NewSpan { name, kind, parent, links, attributes: Vec::new() };
        match core.start(&registry, &cx, new, || site.code()) {
            Started::Unsampled => None,
            Started::Opened { cx, recording } => {
                if recording && !attributes.is_empty() {
                    cx.span().set_attributes(attributes);
                }
                Some(Opened { site, capture: core.capture, cx, recording })
            }
        }
    }
}

impl Opened {
    /// The span of a function that says nothing but where it is, under the ambient tracer. `None`: it is not as simple as that.
    pub(super) fn ambient(site: Site) -> Option<Option<Self>> {
        let cx = Context::current();
        let frame = Frame::of(&cx)?;
        let (registry, core) = (frame.registry(), frame.tracer());
        if site.literal().is_some() || registry.has_draining() || !core.is_on() {
            return None;
        }
        let new = NewSpan {
            name: Cow::Borrowed(site.name),
            kind: site.span_kind(),
            parent: Parent::Nearest,
            links: Vec::new(),
            attributes: Vec::new(),
        };
        Some(match core.start(registry, &cx, new, || site.code()) {
            Started::Unsampled => None,
            Started::Opened { cx, recording } => Some(Self { site, capture: core.capture, cx, recording }),
        })
    }

    pub(super) fn record(&self, f: impl FnOnce(&mut Attributes<'_>)) {
        if self.recording {
            let mut attributes = Attributes::new(&self.capture);
            f(&mut attributes);
            self.cx.span().set_attributes(attributes.into_lists().0);
        }
    }

    pub(super) fn observe<T: ?Sized>(&self, out: &T, f: impl FnOnce(&T, &mut Outcome)) {
        if self.recording {
            let mut outcome = Outcome::new(self.capture);
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
    Called(Option<Called>),
    Opened { opened: Opened, polling: bool, dropping: bool },
}

/// A call whose span has not started. Its tracer is chosen when it does.
#[derive(Debug)]
pub(crate) struct Called {
    options: Options,
    /// Kept apart: whether they may be recorded is the tracer's to say.
    arguments: Vec<KeyValue>,
}

impl Called {
    /// Starts the span, now that the future is polled.
    pub(super) fn open(self) -> Option<Opened> {
        let Self { options, arguments } = self;
        let mut prepared = options.at(&Context::current()).prepare()?;
        let capture = prepared.core.capture;
        if capture.arguments {
            prepared.attributes.extend(arguments.into_iter().map(|mut argument| {
                shorten(&mut argument.value, capture.max_length);
                argument
            }));
        }
        prepared.open()
    }
}

impl Deferred {
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn new(options: Options) -> Self {
        if options.is_off() {
            return Self::none();
        }
        Self(Some(Box::new(State::Called(Some(Called { options, arguments: Vec::new() })))))
    }

    /// Attributes that are known at the call only.
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
    if let State::Called(Some(called)) = state {
        let mut attributes = Attributes::early();
        f(&mut attributes);
        let (attributes, arguments) = attributes.into_lists();
        called.options.add(attributes);
        called.arguments.extend(arguments);
    }
}

// a panic leaves nothing half done that another call could see, and a future must not lose these traits when it is traced
impl UnwindSafe for State {}
impl RefUnwindSafe for State {}

thread_local! {
    /// The spans inside which futures are being dropped, innermost last. A guard cannot lie in the state, which is `Send`.
    static DROPPING: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

impl State {
    /// Makes the span current until this state is dropped, right after the future beside it.
    #[inline(never)]
    pub(super) fn enter_drop(&mut self) {
        if let Self::Opened { opened, dropping, .. } = self {
            let attached = opened.cx.clone().attach();
            // at the end of a thread there may be no place to keep it
            *dropping = DROPPING.try_with(|guards| guards.borrow_mut().push(attached)).is_ok();
        }
    }
}

impl Drop for State {
    /// Dropped with its span open: the future or stream that it belongs to was dropped before it was done, or panicked.
    fn drop(&mut self) {
        if let Self::Opened { opened, polling, dropping } = self {
            if *dropping {
                let attached = DROPPING.try_with(|guards| guards.borrow_mut().pop());
                drop(attached);
            }
            if *polling {
                opened.panicked();
            } else {
                opened.cancelled();
            }
            opened.end();
        }
    }
}
