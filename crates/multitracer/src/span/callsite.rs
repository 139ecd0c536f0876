//! The place of a traced function: what the compiler knows of it.

use std::fmt;
use std::panic::Location;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

use super::attributes::Attributes;
use super::function_name::function_name;
use super::future;
use super::guard::Entered;
use super::options::Options;
use super::state::{AmbientStart, Deferred, Opened, Prepared};
use crate::tracer::{Literal, any_tracer_enabled, skip_unsampled};

/// One `#[traced]` in the source. Made of constants and passed by value: a static for each function would cost more to compile
/// than everything else that the macro writes.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub(super) name: &'static str,
    function: fn() -> &'static str,
    place: &'static Location<'static>,
    kind: Kind,
    tracer: Option<&'static Literal>,
}

/// A span's kind, as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// A span for the life of the guard. `function` is the type name of an item inside the function, the line that of the call.
#[inline(always)]
#[track_caller]
pub fn enter(name: &'static str, function: fn() -> &'static str) -> Entered {
    if any_tracer_enabled() { enter_now(name, function, Location::caller()) } else { Entered::none() }
}

/// Takes the context of the call; the span opens at the first poll.
#[inline(always)]
#[track_caller]
pub fn defer(name: &'static str, function: fn() -> &'static str) -> Deferred {
    if any_tracer_enabled() { defer_now(name, function, Location::caller()) } else { Deferred::none() }
}

/// A site, to be told more of.
#[inline(always)]
#[must_use]
#[track_caller]
pub const fn site(name: &'static str, function: fn() -> &'static str) -> Site {
    Site::at(name, function, Location::caller())
}

impl Site {
    #[inline(always)]
    const fn at(
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

    #[inline(always)]
    #[must_use]
    pub fn enter(self) -> Entered {
        if any_tracer_enabled() { enter_site(self) } else { Entered::none() }
    }

    #[inline(always)]
    #[must_use]
    pub fn enter_with(self, options: impl FnOnce(&mut Options)) -> Entered {
        if any_tracer_enabled() { enter_site_with(self, options) } else { Entered::none() }
    }

    #[inline(always)]
    #[must_use]
    pub fn defer(self) -> Deferred {
        if any_tracer_enabled() { defer_site(self) } else { Deferred::none() }
    }

    #[inline(always)]
    #[must_use]
    pub fn defer_with(self, options: impl FnOnce(&mut Options)) -> Deferred {
        if any_tracer_enabled() { defer_site_with(self, options) } else { Deferred::none() }
    }

    /// Runs `record` if the future that wraps the caller has just opened a span of this site.
    #[inline(always)]
    pub fn on_start(self, record: impl FnOnce(&mut Attributes<'_>)) {
        if any_tracer_enabled() {
            future::on_start(&self, record);
        }
    }

    pub(super) fn literal(&self) -> Option<&'static Literal> {
        self.tracer
    }

    pub(super) fn span_kind(&self) -> SpanKind {
        self.kind.into()
    }

    /// `code.*`, by OpenTelemetry's conventions.
    pub(super) fn code(&self) -> [KeyValue; 3] {
        [
            KeyValue::new("code.function.name", function_name((self.function)())),
            KeyValue::new("code.file.path", self.place.file()),
            KeyValue::new("code.line.number", i64::from(self.place.line())),
        ]
    }

    /// Whether the two are of the same function.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.place.line() == other.place.line() && (self.function)() == (other.function)()
    }
}

// what these take is put together in the branch that calls them, and costs nothing while tracing is off

#[inline(never)]
fn enter_now(
    name: &'static str,
    function: fn() -> &'static str,
    place: &'static Location<'static>,
) -> Entered {
    enter_site(Site::at(name, function, place))
}

#[inline(never)]
fn enter_site(site: Site) -> Entered {
    if skip_unsampled(site.tracer.map(Literal::id)) {
        return Entered::none();
    }
    match Opened::ambient(site) {
        AmbientStart::Opened(opened) => Entered::new(opened),
        AmbientStart::NoSpan => Entered::none(),
        AmbientStart::NeedsOptions => opened(Options::new(site)),
    }
}

#[inline(never)]
fn enter_site_with(site: Site, set: impl FnOnce(&mut Options)) -> Entered {
    let mut options = Options::new(site);
    set(&mut options);
    opened(options)
}

fn opened(options: Options) -> Entered {
    match options.prepare().and_then(Prepared::open) {
        Some(opened) => Entered::new(opened),
        None => Entered::none(),
    }
}

#[inline(never)]
fn defer_now(
    name: &'static str,
    function: fn() -> &'static str,
    place: &'static Location<'static>,
) -> Deferred {
    defer_site(Site::at(name, function, place))
}

#[inline(never)]
fn defer_site(site: Site) -> Deferred {
    Deferred::new(Options::new(site))
}

#[inline(never)]
fn defer_site_with(site: Site, set: impl FnOnce(&mut Options)) -> Deferred {
    let mut options = Options::new(site);
    set(&mut options);
    Deferred::new(options)
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
