//! A traced place in the source, with the facts that the compiler knows.

use std::fmt;
use std::panic::Location;

use opentelemetry::trace::SpanKind;

use crate::record::CodePlace;
use crate::tracer::{Function, Literal};

/// A traced place in the source.
///
/// It consists of constants and is passed by value. A static per function would cost more compile
/// time than the rest of the macro's output.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub(super) name: &'static str,
    function: fn() -> &'static str,
    place: &'static Location<'static>,
    kind: Kind,
    tracer: Option<&'static Literal>,
}

/// The kind of a span, as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// Returns the site of the caller, to which the macro adds options.
#[inline(always)]
#[must_use]
#[track_caller]
pub const fn site(name: &'static str, function: fn() -> &'static str) -> Site {
    Site::at(name, function, Location::caller())
}

impl Site {
    #[inline(always)]
    pub(super) const fn at(
        name: &'static str,
        function: fn() -> &'static str,
        place: &'static Location<'static>,
    ) -> Self {
        Self { name, function, place, kind: Kind::Internal, tracer: None }
    }

    #[inline(always)]
    #[must_use]
    pub const fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    #[inline(always)]
    #[must_use]
    pub const fn tracer(self, tracer: &'static Literal) -> Self {
        Self { tracer: Some(tracer), ..self }
    }

    pub(super) fn literal(&self) -> Option<&'static Literal> {
        self.tracer
    }

    pub(super) fn span_kind(&self) -> SpanKind {
        self.kind.into()
    }

    /// Returns the place in the source.
    pub(super) fn code(&self) -> CodePlace {
        CodePlace::Function { function: Some(self.function), location: self.place }
    }

    /// Returns the function, as the fast path sees it.
    pub(super) fn to_function(self) -> Function {
        Function { name: self.name, kind: self.span_kind(), code: self.code() }
    }

    /// Returns `true` if both sites are in the same function.
    pub(super) fn is_same_function(&self, other: &Self) -> bool {
        std::ptr::eq(self.place, other.place) && std::ptr::fn_addr_eq(self.function, other.function)
            || self.place.line() == other.place.line() && (self.function)() == (other.function)()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.place.file(), self.place.line())
    }
}

impl From<Kind> for SpanKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Internal => Self::Internal,
            Kind::Server => Self::Server,
            Kind::Client => Self::Client,
            Kind::Producer => Self::Producer,
            Kind::Consumer => Self::Consumer,
        }
    }
}
