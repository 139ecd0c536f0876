//! A span that starts at the first poll of a future or stream.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::task::Context as TaskContext;

use opentelemetry::{Context, KeyValue};

use crate::span::attributes::Attributes;
use crate::span::opened::{Opened, Opening, Preparation};
use crate::span::options::Options;
use crate::tracer::{DropContext, Quick};

/// A span that starts at the first poll of a future or stream.
///
/// It is one pointer, which is null while no tracer is enabled.
#[derive(Debug)]
pub struct Deferred(pub(in crate::span) Option<Box<State>>);

/// The state of such a span.
#[derive(Debug)]
pub(crate) enum State {
    Called(Option<Called>),
    Opened {
        opened: Opened,
        polling: bool,
        dropping: DropContext,
    },
    /// No span is open. The work keeps the context of the call.
    Kept {
        cx: Context,
        dropping: DropContext,
    },
}

/// A call whose span has not started. Its tracer is chosen when it does.
#[derive(Debug)]
pub(crate) struct Called {
    options: Options,
    /// Arguments of the call. The tracer decides later if it records them.
    arguments: Vec<KeyValue>,
}

impl Called {
    /// Starts the span at the first poll.
    pub(in crate::span) fn open(self, task: &TaskContext<'_>) -> Opening {
        let Self { mut options, arguments } = self;
        let site = options.site();
        options.follow_decision(task);
        if arguments.is_empty() {
            match options.start_quickly() {
                Quick::Opened(cx, capture) => {
                    return Opening::Opened(Opened { site, capture, cx, recording: true });
                }
                Quick::Skipped => return Opening::Unchanged(options.into_context()),
                Quick::Unknown => {}
            }
        }
        let mut preparation = options.prepare();
        if let Preparation::Ready(prepared) = &mut preparation {
            prepared.add_arguments(arguments);
        }
        preparation.open(site)
    }
}

impl Deferred {
    #[inline(always)]
    pub(in crate::span) fn none() -> Self {
        Self(None)
    }

    pub(in crate::span) fn new(options: Options) -> Self {
        Self(Some(Box::new(State::Called(Some(Called { options, arguments: Vec::new() })))))
    }

    /// Records attributes of the call.
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

// a panic leaves no half-done state that another call could see, and a traced future must keep the
// traits of the plain one
impl UnwindSafe for State {}
impl RefUnwindSafe for State {}

impl State {
    /// Makes the span current until this state is dropped, right after the future beside it. A
    /// future that was never polled has no span, and drops its values in the context of the call.
    #[inline(never)]
    pub(in crate::span) fn enter_drop(&mut self) {
        if let Self::Called(called) = self {
            let Some(called) = called.take() else { return };
            *self = Self::Kept { cx: called.options.into_drop_context(), dropping: DropContext::default() };
        }
        match self {
            Self::Called(_) => {}
            Self::Opened { opened, dropping, .. } => dropping.enter(&opened.cx),
            Self::Kept { cx, dropping } => dropping.enter(cx),
        }
    }
}

impl Drop for State {
    /// Ends a span that is still open: its future or stream was dropped before its end, or
    /// panicked.
    fn drop(&mut self) {
        if let Self::Opened { opened, polling, dropping } = self {
            dropping.leave();
            if *polling {
                opened.panicked();
            } else {
                opened.cancelled();
            }
            opened.end();
        }
    }
}
