//! The outcome of a function, as its span records it.
//!
//! The type of the returned value decides. So an alias of `Result` works too, and an error needs no
//! trait.

use std::any::type_name;
use std::fmt::{Debug, Display};

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanRef;

use crate::config::model::CaptureConfig;
use crate::span::attributes::Captured;
use crate::tracer::mark_failed;

/// The outcome of a traced function, before the span records it.
#[derive(Debug)]
pub struct Outcome {
    capture: CaptureConfig,
    failed: bool,
    error_type: Option<&'static str>,
    description: Option<String>,
    result: Option<KeyValue>,
}

impl Outcome {
    pub(in crate::span) fn new(capture: CaptureConfig) -> Self {
        Self { capture, failed: false, error_type: None, description: None, result: None }
    }

    /// Records the value of `ret`, if the tracer captures results.
    pub fn result(&mut self, capture: impl FnOnce(&mut Captured)) {
        if self.capture.results
            && let Some(value) = Captured::take(self.capture.max_length, capture)
        {
            self.result = Some(KeyValue::new("return", value));
        }
    }

    /// Marks the span as failed. Without a new description, an earlier description stays.
    pub fn fail(&mut self, description: Option<String>) {
        self.failed = true;
        if description.is_some() {
            self.description = description;
        }
    }

    /// Marks the span as failed with an error of type `E`.
    fn error<E>(&mut self, description: Option<String>) {
        self.error_type = Some(type_name::<E>());
        self.fail(description);
    }

    /// Records the outcome on a span.
    pub(in crate::span) fn put_on(self, span: &SpanRef<'_>) {
        if let Some(result) = self.result {
            span.set_attribute(result);
        }
        if self.failed {
            // `_OTHER` is the conventions' value where no type is known
            let error_type = self.error_type.unwrap_or("_OTHER");
            mark_failed(span, error_type, self.description.unwrap_or_default());
        }
    }
}

/// Returns `f(out)`. The signature gives a closure the type of its argument.
pub fn test<T: ?Sized>(out: &T, f: impl FnOnce(&T) -> bool) -> bool {
    f(out)
}

/// An observer of a traced future's output. The usual observers are types, because a closure in
/// each function costs compile time.
pub trait Observe<T> {
    fn observe(&self, out: &T, outcome: &mut Outcome);
}

/// An observer that ignores the output.
#[derive(Clone, Copy, Debug)]
pub struct NoObserver;

/// An observer of a `Result`. An error fails the span.
#[derive(Clone, Copy, Debug)]
pub struct ResultObserver;

/// An observer that calls the closure of the user's options.
#[derive(Clone, Copy, Debug)]
pub struct ClosureObserver<H>(pub(in crate::span) H);

impl<T> Observe<T> for NoObserver {
    #[inline(always)]
    fn observe(&self, _: &T, _: &mut Outcome) {}
}

impl<T, E> Observe<Result<T, E>> for ResultObserver {
    fn observe(&self, out: &Result<T, E>, outcome: &mut Outcome) {
        if out.is_err() {
            outcome.error::<E>(None);
        }
    }
}

impl<T, H: Fn(&T, &mut Outcome)> Observe<T> for ClosureObserver<H> {
    fn observe(&self, out: &T, outcome: &mut Outcome) {
        (self.0)(out, outcome);
    }
}

/// A returned value. For a `Result`, rustc finds the functions of this type before those of
/// [`AnyValue`].
#[derive(Debug)]
pub struct Observed<'a, T: ?Sized>(pub &'a T);

/// An open span of a sync function, which can record the function's result.
pub trait RecordResult {
    fn observe<T: ?Sized>(&self, out: &T, f: impl FnOnce(&T, &mut Outcome));
}

impl<T, E> Observed<'_, Result<T, E>> {
    /// Records the result on the span of a sync function.
    #[inline(always)]
    pub fn record_on(self, span: &impl RecordResult) {
        span.observe(self.0, |out, outcome| ResultObserver.observe(out, outcome));
    }

    #[inline(always)]
    pub fn observe(self, outcome: &mut Outcome) {
        ResultObserver.observe(self.0, outcome);
    }
}

pub trait AnyValue: Sized {
    #[inline(always)]
    fn record_on(self, _: &impl RecordResult) {}

    #[inline(always)]
    fn observe(self, _: &mut Outcome) {}
}

impl<T: ?Sized> AnyValue for Observed<'_, T> {}

/// A returned value whose error text is recorded: its `Display` text, else its `Debug` text, else
/// none.
#[derive(Debug)]
pub struct ObservedError<'a, T>(pub &'a T);

pub trait ObserveDisplay {
    fn observe(&self, outcome: &mut Outcome);
}

impl<T, E: Display> ObserveDisplay for &&ObservedError<'_, Result<T, E>> {
    fn observe(&self, outcome: &mut Outcome) {
        err_display(self.0, outcome);
    }
}

pub trait ObserveDebug {
    fn observe(&self, outcome: &mut Outcome);
}

impl<T, E: Debug> ObserveDebug for &&&ObservedError<'_, Result<T, E>> {
    fn observe(&self, outcome: &mut Outcome) {
        err_debug(self.0, outcome);
    }
}

pub trait ObserveText {
    fn observe(&self, outcome: &mut Outcome);
}

impl<T, E> ObserveText for &ObservedError<'_, Result<T, E>> {
    fn observe(&self, outcome: &mut Outcome) {
        if self.0.is_err() {
            outcome.error::<E>(None);
        }
    }
}

pub trait ObserveNothing {
    fn observe(&self, _outcome: &mut Outcome) {}
}

impl<T> ObserveNothing for ObservedError<'_, T> {}

pub fn err_display<T, E: Display>(out: &Result<T, E>, outcome: &mut Outcome) {
    if let Err(error) = out {
        outcome.error::<E>(Some(error.to_string()));
    }
}

pub fn err_debug<T, E: Debug>(out: &Result<T, E>, outcome: &mut Outcome) {
    if let Err(error) = out {
        outcome.error::<E>(Some(format!("{error:?}")));
    }
}
