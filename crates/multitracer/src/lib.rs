#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bridge;
pub mod config;
pub mod experiment;
pub mod export;
#[cfg(any(feature = "tower", feature = "otlp-grpc"))]
mod grpc_status;
#[cfg(feature = "tower")]
pub mod http;
pub mod manual;
#[cfg(feature = "probe")]
pub mod probe;
pub mod propagation;
mod record;
mod registry;
pub mod routing;
#[cfg(feature = "signal")]
mod signal;
mod span;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod tracer;

#[doc(no_inline)]
pub use opentelemetry::KeyValue;

pub use multitracer_macros::traced;

pub use self::bridge::tracer_provider;
#[cfg(feature = "tracing")]
pub use self::bridge::tracing_layer;
pub use self::registry::{Registry, TracerBuilder, TracingGuard, init, install};
#[cfg(feature = "signal")]
pub use self::signal::shutdown_signal;
pub use self::span::{ToAttribute, enrich_span};
pub use self::tracer::{
    AsTracer, RecordedDecision, Tracer, TracerChoice, TracerName, WithTracer, WithTracerExt, carry,
    carry_async, carry_fn, current_tracer, spawn, spawn_blocking, spawn_thread,
};

/// Builders of registries, routes and experiments in code, instead of in YAML.
///
/// [`Registry::builder`] is the start, and [`TracerBuilder`] describes its tracers.
///
/// ```
/// use multitracer::builder::RouteBuilder;
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder};
///
/// let spans = InMemoryExporter::new();
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("production").in_memory(&spans))
///     .tracer(TracerBuilder::new("canary").in_memory(&spans))
///     .default_tracer("production")
///     .route(RouteBuilder::to_tracer("canary-users", "canary").header("x-canary-user", "true"))
///     .build()?;
/// assert_eq!(registry.route(&[("x-canary-user", "true")]).tracer().name(), "canary");
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
pub mod builder {
    pub use crate::registry::{ExperimentBuilder, RegistryBuilder, RouteBuilder};
}

/// Errors of building, looking up, switching and reloading tracers.
pub mod error {
    pub use crate::registry::{BuildError, ReloadError, SwitchError};
    pub use crate::tracer::UnknownTracerError;
}

/// OpenTelemetry's tracer provider, tracer and span over the ambient tracer. [`tracer_provider`]
/// returns the provider.
pub mod provider {
    pub use crate::bridge::{DispatchedSpan, DispatchingTracer, DispatchingTracerProvider};
}

/// The result of a reload, and the watch that reloads when the configuration changes.
pub mod reload {
    pub use crate::registry::ReloadChanges;
    #[cfg(feature = "watch")]
    pub use crate::registry::{WatchBuilder, WatchGuard};
}

/// Options of the [`tracing_layer`], and a log format that shows the trace, the span and the
/// tracer.
#[cfg(feature = "tracing")]
pub mod subscriber {
    #[cfg(feature = "fmt")]
    pub use crate::bridge::LogFormat;
    pub use crate::bridge::{TracingOptions, tracing_layer_with};
}

/// Names that the output of the macros uses. They are not part of the public interface and change
/// without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::manual::__private::{entered, first, kind};
    pub use crate::span::__private::*;
    pub use crate::tracer::Literal;
    pub use multitracer_macros::{__tracers, traced};
}
