//! Spans without `#[traced]`, for code that an attribute cannot mark.
//!
//! | the span ends | name known at compile time | name made at run time |
//! |---|---|---|
//! | with the scope | [`span!`](crate::span) | [`SpanBuilder::enter`] |
//! | with a function's return | | [`SpanBuilder::in_scope`] |
//! | with a future | [`async_span!`](crate::async_span) | [`SpanBuilder::in_future`] |
//! | in other code | | [`SpanBuilder::start`] |

mod builder;
mod future;
mod guard;
mod macros;
mod span;

pub use self::builder::SpanBuilder;
pub use self::future::InSpan;
pub use self::guard::SpanGuard;
pub use self::span::ManualSpan;

/// Items that the expansion of the macros uses.
pub(crate) mod __private {
    use super::guard::SpanGuard;
    use crate::span::__private::{Entered, Kind};

    #[doc(hidden)]
    #[inline(always)]
    pub fn entered(entered: Entered) -> SpanGuard {
        SpanGuard::from_site(entered)
    }

    /// Returns the first text, if there is one.
    #[doc(hidden)]
    #[must_use]
    pub const fn first<const N: usize>(texts: [&'static str; N]) -> Option<&'static str> {
        if N == 0 { None } else { Some(texts[0]) }
    }

    /// Returns the kind with this name. An unknown name is a compile-time error.
    #[doc(hidden)]
    #[must_use]
    #[expect(clippy::panic, reason = "a panic in a constant is a compile-time error")]
    pub const fn kind(name: Option<&str>) -> Kind {
        let Some(name) = name else { return Kind::Internal };
        match name.as_bytes() {
            b"internal" => Kind::Internal,
            b"server" => Kind::Server,
            b"client" => Kind::Client,
            b"producer" => Kind::Producer,
            b"consumer" => Kind::Consumer,
            _ => panic!("a kind is one of `internal`, `server`, `client`, `producer`, `consumer`"),
        }
    }
}
