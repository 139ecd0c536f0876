//! The instrumentation scope of a span.

use std::sync::{Arc, LazyLock};

use opentelemetry::InstrumentationScope;

/// The instrumentation scope of the spans that this library makes.
static OWN: LazyLock<InstrumentationScope> = LazyLock::new(|| {
    InstrumentationScope::builder("multitracer").with_version(env!("CARGO_PKG_VERSION")).build()
});

/// The instrumentation scope of the spans of `tracing`.
#[cfg(feature = "tracing")]
static TRACING: LazyLock<Arc<InstrumentationScope>> =
    LazyLock::new(|| Arc::new(InstrumentationScope::builder("tracing").build()));

/// The library that made a span.
///
/// The scopes of most spans are in static memory. A count of references would be written by the
/// threads of the application and of the exporter.
#[derive(Clone, Debug)]
pub(crate) enum RecordScope {
    Own,
    #[cfg(feature = "tracing")]
    Tracing,
    Library(Arc<InstrumentationScope>),
}

impl RecordScope {
    /// Returns the scope.
    pub(super) fn get(&self) -> &InstrumentationScope {
        match self {
            Self::Own => &OWN,
            #[cfg(feature = "tracing")]
            Self::Tracing => &TRACING,
            Self::Library(scope) => scope,
        }
    }

    /// Returns a scope that is not in static memory.
    #[inline]
    pub(super) fn owned(&self) -> Option<&InstrumentationScope> {
        match self {
            Self::Library(scope) => Some(scope),
            _ => None,
        }
    }
}

/// Returns the scope of the spans of `tracing`.
#[cfg(feature = "tracing")]
pub(crate) fn tracing_scope() -> &'static Arc<InstrumentationScope> {
    &TRACING
}
