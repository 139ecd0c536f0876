//! Bridges from OpenTelemetry's and `tracing`'s interfaces to the ambient tracer.

#[cfg(feature = "tracing")]
mod adding;
#[cfg(feature = "tracing")]
mod creation_tracer;
mod dispatched_span;
#[cfg(feature = "tracing")]
mod downcast;
#[cfg(feature = "tracing")]
mod event;
#[cfg(feature = "tracing")]
mod layer;
#[cfg(feature = "fmt")]
mod log_format;
#[cfg(feature = "tracing")]
mod options;
mod provider;
#[cfg(feature = "tracing")]
mod span_ext;
#[cfg(feature = "tracing")]
mod span_fields;
#[cfg(feature = "tracing")]
mod span_layer;
#[cfg(feature = "tracing")]
mod span_start;
#[cfg(feature = "tracing")]
mod span_state;
#[cfg(feature = "tracing")]
mod started_span;
#[cfg(feature = "tracing")]
mod thread_attributes;
#[cfg(feature = "tracing")]
mod thread_spans;

pub use self::dispatched_span::DispatchedSpan;
#[cfg(feature = "tracing")]
pub use self::layer::{tracing_layer, tracing_layer_with};
#[cfg(feature = "fmt")]
pub use self::log_format::LogFormat;
#[cfg(feature = "tracing")]
pub use self::options::TracingOptions;
pub use self::provider::{DispatchingTracer, DispatchingTracerProvider, tracer_provider};
