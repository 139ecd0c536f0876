//! Constants for the names of tracers.

use std::fmt;

use super::literal::Literal;

/// The name of a tracer, as a constant that [`tracers!`](crate::tracers) declares.
///
/// A look-up by this constant is as fast as a look-up by a string literal: it compares numbers, not
/// text.
///
/// ```
/// use multitracer::TracerName;
///
/// multitracer::tracers! { canary }
///
/// const DEFAULT: TracerName = CANARY;
/// assert_eq!(DEFAULT.as_str(), "canary");
/// ```
#[derive(Clone, Copy)]
pub struct TracerName(
    // a function, because Rust 1.88 forbids a constant to refer to a static with a cell
    fn() -> &'static Literal,
);

impl TracerName {
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(literal: fn() -> &'static Literal) -> Self {
        Self(literal)
    }

    /// Returns the name as the configuration has it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.literal().name()
    }

    pub(crate) fn literal(self) -> &'static Literal {
        (self.0)()
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

/// Declares constants for the names of tracers, so that the compiler finds a misspelt name.
///
/// Each name becomes a constant of type [`TracerName`] in capitals. The constant keeps the name's
/// attributes and visibility. Write a name that is not an identifier as a string.
/// `CONSTANT = "name"` declares a constant with another identifier.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// use multitracer::traced;
///
/// multitracer::tracers! {
///     canary,
///     /// The tracer of mirrored requests.
///     pub shadow,
///     "canary-eu",
///     pub(crate) US = "canary-us",
/// }
///
/// #[traced(tracer = CANARY)]
/// fn rank() {}
///
/// # let canary = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("canary").in_memory(&canary);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// # registry.scope(rank);
/// # assert_eq!(canary.spans().len(), 1);
/// let names = [CANARY, SHADOW, CANARY_EU, US].map(|name| name.as_str());
/// assert_eq!(names, ["canary", "shadow", "canary-eu", "canary-us"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The compiler does not know the configuration. If no configured tracer has a declared name, the
/// first use of that name logs one warning. The warning shows the place of the use and the
/// configured names.
#[macro_export]
macro_rules! tracers {
    ($($names:tt)*) => {
        $crate::__private::__tracers! { $crate; $($names)* }
    };
}
