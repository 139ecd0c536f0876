//! The model's own notion of a context.

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
    /// A remote span, and the tracer whose route trusted baggage named.
    Remote(Option<Who>),
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
    /// No tracer, in this registry.
    Silent(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) span: Span,
    pub(crate) is_of_request: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cx {
    pub(crate) entered: Option<Entered>,
    pub(crate) current: Option<Span>,
    pub(crate) memory: BTreeMap<Who, Remembered>,
    /// The trace that the request came with.
    pub(crate) request: Option<u8>,
}

impl Entered {
    pub(crate) fn registry(self) -> usize {
        match self {
            Self::Tracer(who) => who.registry,
            Self::Silent(registry) => registry,
        }
    }
}

impl Span {
    pub(crate) fn remote(remote: Remote, owner: Option<Who>) -> Self {
        Self {
            label: Label::Remote(remote),
            owner: Owner::Remote(owner),
            trace: Trace::Remote(remote.trace),
            is_sampled: remote.is_sampled,
        }
    }

    pub(crate) fn foreign(id: Id) -> Self {
        Self { label: Label::Foreign(id), owner: Owner::Nobody, trace: Trace::Foreign, is_sampled: true }
    }

    pub(crate) fn is_remote(&self) -> bool {
        matches!(self.owner, Owner::Remote(_))
    }

    /// Returns the tracer that the span belongs to, as seen in `registry`.
    pub(crate) fn owner_in(&self, registry: usize) -> Option<Who> {
        match self.owner {
            Owner::Tracer(who) | Owner::Remote(Some(who)) => Some(who),
            Owner::Remote(None) => Some(Who { registry, tracer: 0 }),
            Owner::Nobody => None,
        }
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

    pub(crate) fn with_current(&self, current: Option<Span>) -> Self {
        Self { current, ..self.clone() }
    }

    /// Returns the context in which a tracer, or silence, is entered.
    pub(crate) fn enter(&self, entered: Entered) -> Self {
        let mut inside = self.clone();
        inside.remember_current(self.ambient(None).unwrap_or(entered).registry());
        inside.entered = Some(entered);
        inside
    }

    /// Remembers the current span for its owner.
    pub(crate) fn remember_current(&mut self, registry: usize) {
        let Some(span) = self.current else { return };
        let Some(owner) = span.owner_in(registry) else { return };
        // a remote span of the request's own trace is older than the spans of the request
        if self.is_of_request(&span) && self.memory.get(&owner).is_some_and(|known| known.is_of_request) {
            return;
        }
        self.remember(owner, span);
    }

    pub(crate) fn remember(&mut self, owner: Who, span: Span) {
        let is_of_request = self.request.is_some();
        self.memory.insert(owner, Remembered { span, is_of_request });
    }

    /// Returns `true` if `span` is a remote span of the trace that the request came with.
    pub(crate) fn is_of_request(&self, span: &Span) -> bool {
        span.is_remote() && self.request.is_some_and(|trace| span.trace == Trace::Remote(trace))
    }
}
