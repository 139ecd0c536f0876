//! OpenTelemetry's and `tracing`'s interfaces in front of the registry: what goes in there follows the ambient tracer.

#[cfg(feature = "tracing")]
mod creation_tracer;
#[cfg(feature = "tracing")]
mod event;
#[cfg(feature = "tracing")]
mod layer;
#[cfg(feature = "tracing")]
mod layer_span;
#[cfg(feature = "tracing")]
mod layer_tracer;
#[cfg(feature = "fmt")]
mod log_format;
mod provider;
mod span;

#[cfg(feature = "tracing")]
pub use self::layer::{TracingOptions, tracing_layer, tracing_layer_with};
#[cfg(feature = "fmt")]
pub use self::log_format::LogFormat;
pub use self::provider::{DispatchingTracer, DispatchingTracerProvider, tracer_provider};
pub use self::span::DispatchedSpan;
