//! Constants for the names of tracers.

use std::fmt;

use super::literal::Literal;

/// The name of a tracer, as a constant that [`tracers!`](crate::tracers) made.
///
/// Looked up as fast as a literal: by a number, not by text.
#[derive(Clone, Copy)]
pub struct TracerName(&'static Literal);

impl TracerName {
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(literal: &'static Literal) -> Self {
        Self(literal)
    }

    /// The name, as in the configuration.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0.name()
    }

    pub(crate) fn literal(self) -> &'static Literal {
        self.0
    }
}

impl AsRef<str> for TracerName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for TracerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TracerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TracerName").field(&self.as_str()).finish()
    }
}

/// Constants for the names of tracers, so that the compiler finds a misspelt one.
///
/// Each name gives a constant of type [`TracerName`], in capitals, with whatever attributes and
/// visibility stand before it. A name that is no identifier is written as text, and may be given a
/// constant of another name.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// use multitracer::traced;
///
/// multitracer::tracers! {
///     canary,
///     /// What production sees too.
///     pub shadow,
///     "canary-eu",
///     pub(crate) US = "canary-us",
/// }
///
/// #[traced(tracer = CANARY)]
/// fn rank() {}
///
/// # let canary = InMemoryExporter::new();
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&canary)).build()?;
/// # registry.scope(rank);
/// # assert_eq!(canary.spans().len(), 1);
/// assert_eq!([CANARY, SHADOW, CANARY_EU, US].map(|name| name.as_str()), ["canary", "shadow", "canary-eu", "canary-us"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The compiler does not know the configuration. If the configuration lacks a tracer of such a
/// name, the first use of the name logs one warning with the place of the use and the configured
/// names.
#[macro_export]
macro_rules! tracers {
    ($($names:tt)*) => {
        $crate::__private::__tracers! { $crate; $($names)* }
    };
}
