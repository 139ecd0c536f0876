//! The grammar of the programs: a tree of steps.

use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanContext, SpanKind};

use crate::span_calls::Call;

/// The number of a step, and of the span that it keeps.
pub(crate) type Id = u32;

/// A program of calls.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) body: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) id: Id,
    pub(crate) kind: Kind,
}

/// The context of a step. A step that names a span which does not exist uses the current context.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) around: Around,
    /// The baggage entry `user`.
    pub(crate) user: Option<&'static str>,
    pub(crate) is_suppressed: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Around {
    Current,
    /// The context in which the program began.
    Nothing,
    SpanOf(Id),
    /// A remote span, of a trace that nothing else belongs to, in the current context.
    Remote(SpanContext),
    /// An invalid span context, or a local one that somebody made by hand, around which no span is.
    Stranger(SpanContext),
}

/// The holder of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Hold {
    /// The calls use the methods of `Span`.
    Owned,
    /// The calls use the methods of `SpanRef`, in a context.
    Context,
}

/// A span of multitracer's own builder.
#[derive(Clone, Debug)]
pub(crate) struct Manual {
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    pub(crate) parent: Given,
    pub(crate) links: Vec<SpanContext>,
    pub(crate) attributes: Vec<KeyValue>,
}

/// A method of multitracer's `ManualSpan`.
#[derive(Clone, Debug)]
pub(crate) enum ManualCall {
    Set(KeyValue),
    Event(&'static str, Vec<KeyValue>),
    Fail,
    End,
}

/// The explicit parent of a span.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    None,
    SpanOf(Id),
    Other(SpanContext),
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Starts a span through OpenTelemetry's interface and keeps it. `is_attached` attaches the
    /// context instead of passing it.
    Start {
        builder: SpanBuilder,
        place: Place,
        hold: Hold,
        is_attached: bool,
    },
    /// Starts a span with multitracer's builder and keeps it.
    Manual(Manual),
    /// Keeps the current context.
    Keep,
    /// Calls a method of a kept span.
    Call(Id, Call),
    /// Drops a kept span, which has perhaps not ended.
    Drop(Id),
    /// Calls a method of a span of multitracer's builder.
    ManualCall(Id, ManualCall),
    /// Calls `enrich_span`, which sets attributes on the current span.
    Enrich(Vec<KeyValue>),
    /// `in_span_with_builder_and_context` of OpenTelemetry.
    Library(SpanBuilder, Place, Vec<Step>),
    /// A function with `#[traced]`.
    Traced(usize, Vec<Step>),
    /// `in_span` of multitracer.
    InSpan(&'static str, Vec<Step>),
    Attach(Place, Vec<Step>),
}

impl Kind {
    pub(crate) fn body(&self) -> Option<&Vec<Step>> {
        match self {
            Self::Library(_, _, body)
            | Self::Traced(_, body)
            | Self::InSpan(_, body)
            | Self::Attach(_, body) => Some(body),
            _ => None,
        }
    }

    pub(crate) fn body_mut(&mut self) -> Option<&mut Vec<Step>> {
        match self {
            Self::Library(_, _, body)
            | Self::Traced(_, body)
            | Self::InSpan(_, body)
            | Self::Attach(_, body) => Some(body),
            _ => None,
        }
    }

    pub(crate) fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Self::Start { place, .. } | Self::Library(_, place, _) | Self::Attach(place, _) => Some(place),
            _ => None,
        }
    }

    pub(crate) fn builder_mut(&mut self) -> Option<&mut SpanBuilder> {
        match self {
            Self::Start { builder, .. } | Self::Library(builder, _, _) => Some(builder),
            _ => None,
        }
    }
}

impl Place {
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.around, Around::Current) && self.user.is_none() && !self.is_suppressed
    }

    pub(crate) const CURRENT: Self = Self { around: Around::Current, user: None, is_suppressed: false };
}

/// Writes the indented tree of a program.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_block(f, &self.body, 1)
    }
}

fn write_block(f: &mut fmt::Formatter<'_>, block: &[Step], depth: usize) -> fmt::Result {
    for step in block {
        let mut head = step.kind.clone();
        let body = head.body_mut().map(std::mem::take).unwrap_or_default();
        writeln!(f, "{:1$}{2}: {head:?}", "", depth * 2, step.id)?;
        write_block(f, &body, depth + 1)?;
    }
    Ok(())
}
