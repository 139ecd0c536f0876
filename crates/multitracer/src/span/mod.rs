//! Spans of functions, the runtime of `#[traced]`.

mod attributes;
#[expect(missing_docs, reason = "the items that the macro's output uses are not public")]
mod callsite;
mod enrich;
mod future;
mod guard;
mod opened;
#[expect(missing_docs, reason = "the items that the macro's output uses are not public")]
mod options;
mod result;
#[expect(missing_docs, reason = "the items that the macro's output uses are not public")]
mod site;
mod value;

pub use self::enrich::enrich_span;
pub use self::value::ToAttribute;

/// The items that the macro's output names. They are not part of the public interface and change
/// without notice.
#[doc(hidden)]
pub(crate) mod __private {
    pub use super::attributes::{Attributes, Captured};
    pub use super::callsite::{defer, enter};
    pub use super::future::deferred::Deferred;
    pub use super::future::stream::TracedStream;
    pub use super::future::traced::Traced;
    pub use super::guard::Entered;
    pub use super::options::{IntoLinks, IntoParent, Options};
    pub use super::result::outcome::{Outcome, test};
    pub use super::site::{Kind, Site, site};

    pub mod capture {
        pub use crate::span::result::capture::{
            CaptureAttribute, CaptureDebug, Return, ReturnAttribute, ReturnDebug, ReturnDebugOk,
            ReturnDebugValue, ReturnDisplay, ReturnDisplayOk, ReturnDisplayValue, ReturnOkAttribute,
            ReturnOkDebug, ReturnValueDebug, Value,
        };
    }

    pub mod outcome {
        pub use crate::span::result::outcome::{
            AnyValue, ObserveDebug, ObserveDisplay, ObserveNothing, ObserveText, Observed, ObservedError,
            err_debug, err_display,
        };
    }

    pub mod async_fn {
        pub use crate::span::future::async_fn::{Any, AnyOutput, Output};
    }

    pub mod boxed_future {
        pub use crate::span::future::boxed_future::{
            BeginAny, BeginFuture, BeginLocalFuture, BeginSyncFuture, FutureCall, ReturnType,
        };
    }

    /// Returns a value of any type, for code that never runs. Aborts the process.
    #[cold]
    #[must_use]
    pub fn never<T>() -> T {
        std::process::abort()
    }

    /// Calls `f`. The bound makes the closure an `FnOnce`, so that the closure can return its
    /// borrows.
    #[inline(always)]
    pub fn call_once<R>(f: impl FnOnce() -> R) -> R {
        f()
    }
}
