//! The spans that a frame remembers, one per tracer.

use std::sync::Arc;

use opentelemetry::trace::SpanContext;

use crate::tracer::owner::builds::{BuildNumber, TracerId};

/// The newest span of one tracer, and those of other tracers.
#[derive(Clone)]
pub(in crate::tracer) struct Remembered {
    pub(super) piece: Piece,
    /// The number of arrivals around the span.
    pub(super) depth: u32,
    pub(super) outer: Option<Arc<Self>>,
}

/// The memory of one tracer.
#[derive(Clone)]
pub(super) enum Piece {
    /// A local span.
    Local(BuildNumber, SpanContext),
    /// A remote span. After a reload, it belongs to the new build of the tracer.
    Remote(TracerId, SpanContext),
    /// A disabled tracer would have started a span, as a child of the remote span if there is one.
    Silence(TracerId, Option<SpanContext>),
}

impl Piece {
    /// Returns `true` if this is the memory of `tracer`.
    pub(super) fn is_of(&self, tracer: TracerId) -> bool {
        match self {
            Self::Local(build, _) => *build == tracer.build,
            Self::Remote(owner, _) | Self::Silence(owner, _) => owner.has_name_of(tracer),
        }
    }

    /// Returns the remote span of the tracer, if no local span hides it.
    pub(super) fn remote(&self) -> Option<&SpanContext> {
        match self {
            Self::Local(..) => None,
            Self::Remote(_, span) => Some(span),
            Self::Silence(_, span) => span.as_ref(),
        }
    }

    /// Returns `true` if this is a span that a request brought.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self, Self::Remote(..))
    }

    /// Returns `true` if a newer memory of the same tracer replaces this one.
    fn is_replaced_by(&self, newer: &Self) -> bool {
        match newer {
            Self::Local(build, _) => match self {
                Self::Local(owner, _) => owner == build,
                Self::Remote(owner, _) | Self::Silence(owner, _) => owner.build == *build,
            },
            Self::Remote(tracer, _) | Self::Silence(tracer, _) => self.is_of(*tracer),
        }
    }
}

impl Remembered {
    /// Returns the newest memory that `is_wanted` accepts.
    pub(super) fn find(newest: Option<&Self>, is_wanted: impl Fn(&Piece) -> bool) -> Option<&Self> {
        std::iter::successors(newest, |remembered| remembered.outer.as_deref())
            .find(|remembered| is_wanted(&remembered.piece))
    }

    /// Returns `piece` as the newest memory, on top of `older`. It replaces the older memory of its
    /// tracer.
    pub(super) fn push(older: Option<Self>, piece: Piece, depth: u32) -> Self {
        let is_replaced = Self::find(older.as_ref(), |other| other.is_replaced_by(&piece)).is_some();
        let outer = if is_replaced { older.and_then(|older| older.without(&piece)) } else { older };
        Self { piece, depth, outer: outer.map(Arc::new) }
    }

    /// Returns this memory without the piece that `newer` replaces.
    fn without(mut self, newer: &Piece) -> Option<Self> {
        if self.piece.is_replaced_by(newer) {
            return self.outer.map(Arc::unwrap_or_clone);
        }
        self.outer =
            self.outer.map(Arc::unwrap_or_clone).and_then(|outer| outer.without(newer)).map(Arc::new);
        Some(self)
    }
}
