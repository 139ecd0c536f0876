//! A span from the call to its end.

use std::borrow::Cow;
use std::cell::RefCell;
use std::panic::{RefUnwindSafe, UnwindSafe};

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard, KeyValue};

use super::attributes::{Attributes, shorten};
use super::callsite::Site;
use super::options::Options;
use super::outcome::Outcome;
use crate::config::model::CaptureConfig;
use crate::tracer::{Frame, NewSpan, Parent, Started, Tracer, mark_cancelled, mark_panicked};

/// A span that has not started.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) site: Site,
    pub(super) tracer: Tracer,
    pub(super) cx: Context,
    pub(super) name: Cow<'static, str>,
    pub(super) parent: Parent,
    pub(super) links: Vec<SpanContext>,
    /// Recorded on the span if it is sampled.
    pub(super) attributes: Vec<KeyValue>,
}

/// The outcome of the fast path for a function without options.
pub(super) enum AmbientStart {
    Opened(Opened),
    NoSpan,
    /// The fast path does not apply: no frame, a named tracer, a reload under way, or a disabled tracer.
    NeedsOptions,
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

impl Prepared {
    /// Starts the span; `None` where the context needs no change.
    pub(super) fn open(self) -> Option<Opened> {
        let Self { site, tracer, cx, name, parent, links, attributes } = self;
        let new = NewSpan { parent, links, ..NewSpan::new(name, site.span_kind()) };
        match tracer.start(&cx, new, || site.code()) {
            Started::Unsampled => None,
            Started::Opened { cx, recording } => {
                if recording && !attributes.is_empty() {
                    cx.span().set_attributes(attributes);
                }
                Some(Opened { site, capture: tracer.core().capture, cx, recording })
            }
        }
    }
}

impl Opened {
    /// Starts the span of a function without options under the ambient tracer of a frame.
    pub(super) fn ambient(site: Site) -> AmbientStart {
        let cx = Context::current();
        let Some(frame) = Frame::of(&cx) else { return AmbientStart::NeedsOptions };
        let tracer = frame.tracer();
        if site.literal().is_some() || tracer.set().has_draining() || !tracer.is_on() {
            return AmbientStart::NeedsOptions;
        }
        let capture = tracer.core().capture;
        match tracer.start(&cx, NewSpan::new(Cow::Borrowed(site.name), site.span_kind()), || site.code()) {
            Started::Unsampled => AmbientStart::NoSpan,
            Started::Opened { cx, recording } => AmbientStart::Opened(Self { site, capture, cx, recording }),
        }
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

    /// Marks the span of a function that panicked.
    pub(super) fn panicked(&self) {
        mark_panicked(&self.cx.span());
    }

    /// Marks the span of a future that was dropped before it was done.
    pub(super) fn cancelled(&self) {
        mark_cancelled(&self.cx.span());
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
        let capture = prepared.tracer.core().capture;
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
