//! Spans of functions: the runtime of `#[traced]`.

mod attributes;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod callsite;
mod enrich;
mod function_name;
mod future;
mod guard;
mod opened;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod options;
mod result;
#[expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]
mod site;
mod value;

pub use self::enrich::enrich_span;
pub use self::value::ToAttribute;

/// What the macro's output names. No part of the public interface: it changes without notice.
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

    pub mod observe {
        pub use crate::span::result::outcome::{
            AnyValue, ObserveDebug, ObserveDisplay, ObserveNothing, ObserveText, Probe, ProbeErr, err_debug,
            err_display,
        };
    }

    pub mod future {
        pub use crate::span::future::async_fn::{Any, AnyOutput, Output};
    }

    pub mod shape {
        pub use crate::span::future::boxed_future::{
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
