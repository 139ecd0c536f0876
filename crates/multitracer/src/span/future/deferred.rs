//! A span that starts at the first poll of a future or stream.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::task::Context as TaskContext;

use opentelemetry::{Context, KeyValue};

use crate::span::attributes::Attributes;
use crate::span::opened::{Opened, Opening, Preparation};
use crate::span::options::Options;
use crate::span::site::Site;
use crate::tracer::{Call, DropContext, Literal, Quick, start_quickly_under};

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
pub(crate) enum Called {
    /// A call without options, in little memory.
    Plain {
        site: Site,
        call: Call,
    },
    WithOptions(Box<WithOptions>),
}

/// A call with options.
#[derive(Debug)]
pub(crate) struct WithOptions {
    options: Options,
    /// Arguments of the call. The tracer decides later if it records them.
    arguments: Vec<KeyValue>,
}

impl Called {
    /// Follows a decision about the future, which is polled for the first time.
    pub(in crate::span) fn follow_decision(&mut self, task: &TaskContext<'_>) {
        match self {
            Self::Plain { call, .. } => call.follow_decision(task),
            Self::WithOptions(with) => with.options.follow_decision(task),
        }
    }

    /// Starts the span on the fast path, if it applies.
    #[inline]
    pub(in crate::span) fn open_quickly(&self) -> Quick {
        match self {
            Self::Plain { site, call } => {
                start_quickly_under(&call.cx, site.literal().map(Literal::id), || site.to_function(), None)
            }
            Self::WithOptions(with) if with.arguments.is_empty() => with.options.start_quickly(),
            Self::WithOptions(_) => Quick::Unknown,
        }
    }

    /// Starts the span on the path that holds all rules.
    pub(in crate::span) fn open(self) -> Opening {
        let site = self.site();
        let WithOptions { options, arguments } = self.with_options();
        let mut preparation = options.prepare();
        if let Preparation::Ready(prepared) = &mut preparation {
            prepared.add_arguments(arguments);
        }
        preparation.open(site)
    }

    pub(in crate::span) fn site(&self) -> Site {
        match self {
            Self::Plain { site, .. } => *site,
            Self::WithOptions(with) => with.options.site(),
        }
    }

    /// Returns the context of the call.
    pub(in crate::span) fn into_context(self) -> Context {
        match self {
            Self::Plain { call, .. } => call.cx,
            Self::WithOptions(with) => with.options.into_context(),
        }
    }

    fn into_drop_context(self) -> Context {
        match self {
            Self::Plain { call, .. } => call.into_drop_context(),
            Self::WithOptions(with) => with.options.into_drop_context(),
        }
    }

    fn with_options(self) -> WithOptions {
        match self {
            Self::Plain { site, call } => {
                WithOptions { options: Options::of(site, call), arguments: Vec::new() }
            }
            Self::WithOptions(with) => *with,
        }
    }
}

impl Deferred {
    #[inline(always)]
    pub(in crate::span) fn none() -> Self {
        Self(None)
    }

    /// Keeps a call without options.
    pub(in crate::span) fn plain(site: Site) -> Self {
        Self(Some(Box::new(State::Called(Some(Called::Plain { site, call: Call::here() })))))
    }

    pub(in crate::span) fn new(options: Options) -> Self {
        let with = Box::new(WithOptions { options, arguments: Vec::new() });
        Self(Some(Box::new(State::Called(Some(Called::WithOptions(with))))))
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
    let State::Called(slot) = state else { return };
    if slot.is_none() {
        return;
    }
    let (mut attributes, mut arguments) = (Vec::new(), Vec::new());
    f(&mut Attributes::early(&mut attributes, &mut arguments));
    let Some(called) = slot.take() else { return };
    let mut with = called.with_options();
    with.options.add(attributes);
    with.arguments.extend(arguments);
    *slot = Some(Called::WithOptions(Box::new(with)));
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
            *self = Self::Kept { cx: called.into_drop_context(), dropping: DropContext::default() };
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
            if !opened.recording {
                return;
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
