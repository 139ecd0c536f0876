//! A span that is current until the end of a scope.

use opentelemetry::{ContextGuard, Key};

use super::span::ManualSpan;
use crate::span::__private::Entered;
use crate::span::__private::outcome::Observed;
use crate::span::ToAttribute;

/// A span that is current on this thread until the guard is dropped, which ends it.
///
/// Comes from [`span!`](crate::span) or [`SpanBuilder::enter`](crate::manual::SpanBuilder::enter). If the scope is left by a panic, the span has failed.
#[must_use = "the span ends as soon as the guard is dropped"]
#[derive(Debug)]
pub struct SpanGuard(Inner);

#[derive(Debug)]
enum Inner {
    /// Of a call site.
    Site(Entered),
    Built {
        span: ManualSpan,
        attached: Option<ContextGuard>,
        unwinding: bool,
    },
}

impl SpanGuard {
    #[inline(always)]
    pub(crate) fn of_site(entered: Entered) -> Self {
        Self(Inner::Site(entered))
    }

    pub(super) fn built(span: ManualSpan) -> Self {
        let attached = Some(span.context().clone().attach());
        Self(Inner::Built { span, attached, unwinding: std::thread::panicking() })
    }

    /// Sets an attribute; a `None` is left out.
    pub fn set<V: ToAttribute + ?Sized>(&self, key: impl Into<Key>, value: &V) {
        match &self.0 {
            Inner::Site(entered) => entered.record(|attributes| attributes.set(key, value)),
            Inner::Built { span, .. } => span.set(key, value),
        }
    }

    /// Ends the span with what the scope gives: an `Err` makes it failed, with the error's type as `error.type`.
    pub fn finish<T, E>(self, result: Result<T, E>) -> Result<T, E> {
        match &self.0 {
            Inner::Site(entered) => Observed(&result).record_on(entered),
            Inner::Built { span, .. } => {
                if result.is_err() {
                    span.failed::<E>();
                }
            }
        }
        result
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // a `Site` ends by itself
        if let Self::Built { span, attached, unwinding } = self {
            if std::thread::panicking() && !*unwinding {
                span.panicked();
            }
            *attached = None;
            span.end();
        }
    }
}
