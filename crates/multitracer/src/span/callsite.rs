//! The static part of a traced function.

use std::fmt;

use once_cell::sync::OnceCell;
use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};

use super::attributes::Attributes;
use super::future;
use super::guard::Entered;
use super::options::Options;
use super::state::{Deferred, Opened, Prepared};
use crate::tracer::{NameId, any_tracer_on};

/// One `#[traced]` in the source.
#[derive(Debug)]
pub struct Callsite {
    site: Site,
    function: OnceCell<&'static str>,
    tracer: OnceCell<NameId>,
}

/// What the macro knows of it.
#[derive(Debug)]
pub struct Site {
    pub name: &'static str,
    /// `tracer = "literal"`.
    pub tracer: Option<&'static str>,
    pub kind: Kind,
    /// The function's path, found at run time.
    pub function: fn() -> &'static str,
    pub file: &'static str,
    pub line: u32,
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

impl Callsite {
    #[must_use]
    pub const fn new(site: Site) -> Self {
        Self { site, function: OnceCell::new(), tracer: OnceCell::new() }
    }

    /// Opens a span for the life of the guard.
    #[inline(always)]
    pub fn enter(&'static self) -> Entered {
        if any_tracer_on() { self.enter_now(|_| {}) } else { Entered::none() }
    }

    #[inline(always)]
    pub fn enter_with(&'static self, options: impl FnOnce(&mut Options)) -> Entered {
        if any_tracer_on() { self.enter_now(options) } else { Entered::none() }
    }

    /// Takes the context of the call; the span opens at the first poll.
    #[inline(always)]
    pub fn defer(&'static self) -> Deferred {
        if any_tracer_on() { self.defer_now(|_| {}) } else { Deferred::none() }
    }

    #[inline(always)]
    pub fn defer_with(&'static self, options: impl FnOnce(&mut Options)) -> Deferred {
        if any_tracer_on() { self.defer_now(options) } else { Deferred::none() }
    }

    /// Runs `record` if the future that wraps the caller has just opened a span of this call site.
    #[inline(always)]
    pub fn on_start(&'static self, record: impl FnOnce(&mut Attributes<'_>)) {
        if any_tracer_on() {
            future::on_start(self, record);
        }
    }

    #[inline(never)]
    fn enter_now(&'static self, set: impl FnOnce(&mut Options)) -> Entered {
        match self.options(set).prepare().and_then(Prepared::open) {
            Some(opened) => Entered::new(opened),
            None => Entered::none(),
        }
    }

    #[inline(never)]
    fn defer_now(&'static self, set: impl FnOnce(&mut Options)) -> Deferred {
        Deferred::new(self.options(set))
    }

    fn options(&'static self, set: impl FnOnce(&mut Options)) -> Options {
        let mut options = Options::new(self, Context::current());
        set(&mut options);
        options
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// The literal tracer's interned name.
    pub(super) fn tracer(&self) -> Option<(NameId, &'static str)> {
        let name = self.site.tracer?;
        Some((*self.tracer.get_or_init(|| NameId::of(name)), name))
    }

    /// `code.*`, by OpenTelemetry's conventions.
    pub(super) fn code(&self) -> [KeyValue; 3] {
        let function = *self.function.get_or_init(self.site.function);
        [
            KeyValue::new("code.function.name", function),
            KeyValue::new("code.file.path", self.site.file),
            KeyValue::new("code.line.number", i64::from(self.site.line)),
        ]
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Display for Callsite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.site.file, self.site.line)
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

impl Opened {
    pub(super) fn callsite(&self) -> &'static Callsite {
        self.callsite
    }
}
