//! Bridges from OpenTelemetry's and `tracing`'s interfaces to the ambient tracer.

#[cfg(feature = "tracing")]
mod creation_tracer;
#[cfg(feature = "tracing")]
mod delivery;
mod dispatched_span;
#[cfg(feature = "tracing")]
mod entered;
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
#[cfg(feature = "tracing")]
mod options;
mod provider;

pub use self::dispatched_span::DispatchedSpan;
#[cfg(feature = "tracing")]
pub use self::layer::{tracing_layer, tracing_layer_with};
#[cfg(feature = "fmt")]
pub use self::log_format::LogFormat;
#[cfg(feature = "tracing")]
pub use self::options::TracingOptions;
pub use self::provider::{DispatchingTracer, DispatchingTracerProvider, tracer_provider};
