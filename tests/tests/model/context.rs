//! The model's own notion of a context.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::program::{Id, Remote, Who};

/// The identity of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Label {
    Step(Id),
    Remote(Remote),
    /// A span of another provider, or a span context that somebody made by hand.
    Foreign(Id),
    /// A span that no tracer recorded.
    Unsampled,
}

/// The identity of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Trace {
    /// The trace that the span of this step began.
    Of(Id),
    Remote(u8),
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Tracer(Who),
    Remote,
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) label: Label,
    pub(crate) owner: Owner,
    pub(crate) trace: Trace,
    pub(crate) is_sampled: bool,
}

/// The tracer that a context was entered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    Tracer(Who),
    /// No tracer. The place was silenced in the registry of this tracer.
    Silent(Who),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) span: Span,
    pub(crate) is_of_request: bool,
}

thread_local! {
    static PLACES: Cell<u64> = const { Cell::new(0) };
}

fn new_place() -> u64 {
    PLACES.set(PLACES.get() + 1);
    PLACES.get()
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Cx {
    /// The identity of this context. Every change makes another context.
    pub(crate) place: u64,
    pub(crate) entered: Option<Entered>,
    pub(crate) current: Option<Span>,
    pub(crate) memory: BTreeMap<Who, Remembered>,
    pub(crate) request: Option<Request>,
}

/// The remote span that a request or message came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) remote: Remote,
    pub(crate) owner: Who,
}

impl Entered {
    pub(crate) fn who(self) -> Who {
        match self {
            Self::Tracer(who) | Self::Silent(who) => who,
        }
    }

    pub(crate) fn registry(self) -> usize {
        self.who().registry
    }
}

impl Span {
    pub(crate) fn remote(remote: Remote) -> Self {
        Self {
            label: Label::Remote(remote),
            owner: Owner::Remote,
            trace: Trace::Remote(remote.trace),
            is_sampled: remote.is_sampled,
        }
    }

    pub(crate) fn foreign(id: Id) -> Self {
        Self { label: Label::Foreign(id), owner: Owner::Nobody, trace: Trace::Foreign, is_sampled: true }
    }

    pub(crate) fn is_remote(&self) -> bool {
        self.owner == Owner::Remote
    }

    /// Returns the span that stands for a span of a tracer that makes none.
    pub(crate) fn off(id: Id, who: Who) -> Self {
        let (label, trace) = (Label::Step(id), Trace::Of(id));
        Self { label, owner: Owner::Tracer(who), trace, is_sampled: false }
    }

    /// Returns the label that a link to this span has when it arrives.
    pub(crate) fn link_label(&self) -> Label {
        if self.is_sampled || self.is_remote() { self.label } else { Label::Unsampled }
    }
}

impl Cx {
    /// Returns the ambient tracer: the entered one, else that of the current span, else the default
    /// of `registry`.
    pub(crate) fn ambient(&self, registry: Option<usize>) -> Option<Entered> {
        let of_span = || match self.current?.owner {
            Owner::Tracer(who) => Some(Entered::Tracer(who)),
            _ => None,
        };
        let default = || Some(Entered::Tracer(Who { registry: registry?, tracer: 0 }));
        self.entered.or_else(of_span).or_else(default)
    }

    /// Returns a span of another provider that starts here. It continues the trace of the current
    /// span.
    pub(crate) fn foreign(&self, id: Id) -> Span {
        let trace = self.current.map_or(Trace::Foreign, |current| current.trace);
        Span { trace, ..Span::foreign(id) }
    }

    pub(crate) fn with_current(&self, current: Option<Span>) -> Self {
        Self { current, place: new_place(), ..self.clone() }
    }

    /// Returns the context in which a tracer, or silence, is entered.
    pub(crate) fn enter(&self, entered: Entered) -> Self {
        let mut inside = self.clone();
        inside.remember_current(self.entered.unwrap_or(entered).registry());
        inside.entered = Some(entered);
        inside.place = new_place();
        inside
    }

    /// Remembers the current span for its owner. A remote span of another trace is a new request.
    pub(crate) fn remember_current(&mut self, registry: usize) {
        let Some(span) = self.current else { return };
        match (span.owner, span.label) {
            (Owner::Tracer(owner), _) => self.remember(owner, span),
            (Owner::Remote, Label::Remote(remote)) if !self.is_of_request(&span) => {
                self.arrive(remote, Who { registry, tracer: 0 });
            }
            _ => {}
        }
    }

    /// Notes the arrival of a request with a remote span, which belongs to `owner`.
    pub(crate) fn arrive(&mut self, remote: Remote, owner: Who) {
        for known in self.memory.values_mut() {
            known.is_of_request = false;
        }
        self.request = Some(Request { remote, owner });
        self.memory.insert(owner, Remembered { span: Span::remote(remote), is_of_request: false });
    }

    pub(crate) fn remember(&mut self, owner: Who, span: Span) {
        let is_of_request = self.request.is_some();
        self.memory.insert(owner, Remembered { span, is_of_request });
    }

    /// Returns `true` if nothing of this tracer is remembered since the request.
    pub(crate) fn knows_nothing_of(&self, who: Who) -> bool {
        let is_known =
            |known: &Remembered| known.is_of_request == self.request.is_some() && !known.span.is_remote();
        !self.memory.get(&who).is_some_and(is_known)
    }

    /// Returns `true` if `span` is a remote span of the trace that the request came with.
    pub(crate) fn is_of_request(&self, span: &Span) -> bool {
        span.is_remote()
            && self.request.is_some_and(|request| span.trace == Trace::Remote(request.remote.trace))
    }

    /// Returns `true` if the remote span belongs to this tracer.
    pub(crate) fn is_remote_of(&self, span: &Span, who: Who) -> bool {
        match self.request {
            Some(request) if span.label == Label::Remote(request.remote) => request.owner == who,
            // the registry in force
            _ => who.tracer == 0 && self.entered.is_none_or(|entered| entered.registry() == who.registry),
        }
    }
}
