//! What `#[traced]` expands to: a call site, a guard, a future, a stream, an outcome.

#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod async_fn;
mod attributes;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod boxed_future;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod callsite;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod capture;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod deferred;
mod enrich;
mod function_name;
mod future;
mod guard;
mod opened;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod options;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod outcome;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod site;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod stream;
mod value;

pub use self::enrich::enrich_span;
pub use self::value::ToAttribute;

/// What the macro's output names. No part of the public interface: it changes without notice.
#[doc(hidden)]
pub(crate) mod __private {
    pub use super::attributes::{Attributes, Captured};
    pub use super::callsite::{defer, enter};
    pub use super::deferred::Deferred;
    pub use super::future::Traced;
    pub use super::guard::Entered;
    pub use super::options::{IntoLinks, IntoParent, Options};
    pub use super::outcome::{Outcome, test};
    pub use super::site::{Kind, Site, site};
    pub use super::stream::TracedStream;

    pub mod capture {
        pub use crate::span::capture::{
            CaptureAttribute, CaptureDebug, Return, ReturnAttribute, ReturnDebug, ReturnDebugOk,
            ReturnDebugValue, ReturnDisplay, ReturnDisplayOk, ReturnDisplayValue, ReturnOkAttribute,
            ReturnOkDebug, ReturnValueDebug, Value,
        };
    }

    pub mod observe {
        pub use crate::span::outcome::{
            AnyValue, ObserveDebug, ObserveDisplay, ObserveNothing, ObserveText, Probe, ProbeErr, err_debug,
            err_display,
        };
    }

    pub mod future {
        pub use crate::span::async_fn::{Any, AnyOutput, Output};
    }

    pub mod shape {
        pub use crate::span::boxed_future::{
            BeginAny, BeginFuture, BeginLocalFuture, BeginSyncFuture, FutureCall, Shape,
        };
    }

    /// A value of any type, for a place that is never reached.
    #[cold]
    #[must_use]
    pub fn never<T>() -> T {
        std::process::abort()
    }

    /// Calls `f`. The bound makes the closure an `FnOnce`, so that what it borrows may leave it.
    #[inline(always)]
    pub fn call_once<R>(f: impl FnOnce() -> R) -> R {
        f()
    }
}
