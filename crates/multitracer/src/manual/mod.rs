//! Spans made by hand, for code that no attribute can mark.

mod builder;
mod future;
mod guard;
mod macros;
mod span;

pub use self::builder::SpanBuilder;
pub use self::future::InSpan;
pub use self::guard::SpanGuard;
pub use self::span::ManualSpan;

/// What the macros' output names.
pub(crate) mod __private {
    use super::guard::SpanGuard;
    use crate::span::__private::{Entered, Kind};

    #[doc(hidden)]
    #[inline(always)]
    pub fn entered(entered: Entered) -> SpanGuard {
        SpanGuard::from_site(entered)
    }

    /// The one text, if there is one.
    #[doc(hidden)]
    #[must_use]
    pub const fn first<const N: usize>(texts: [&'static str; N]) -> Option<&'static str> {
        if N == 0 { None } else { Some(texts[0]) }
    }

    /// The kind of that name, found when the program is compiled.
    #[doc(hidden)]
    #[must_use]
    #[expect(clippy::panic, reason = "in a constant, where a panic is an error of the compiler")]
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
