#![doc = include_str!("../../../README.md")]

mod bridge;
mod config;
mod experiment;
mod export;
#[cfg(feature = "tower")]
mod http;
mod manual;
#[cfg(feature = "probe")]
mod probe;
mod propagation;
mod registry;
mod routing;
#[cfg(feature = "signal")]
mod signal;
mod span;
#[cfg(feature = "testing")]
pub mod testing;
mod tracer;

#[doc(no_inline)]
pub use opentelemetry::KeyValue;

pub use multitracer_macros::traced;

#[cfg(feature = "fmt")]
pub use self::bridge::LogFormat;
pub use self::bridge::{DispatchedSpan, DispatchingTracer, DispatchingTracerProvider, tracer_provider};
#[cfg(feature = "tracing")]
pub use self::bridge::{TracingOptions, tracing_layer, tracing_layer_with};
pub use self::config::{
    Config, ConfigError, ConfigLoader, Effective, JsonSchema, OnSwitch, Override, Problem, ProcessEnv,
    RemoteParent, UndefinedVariables, UnknownTracer as UnknownTracerPolicy, Variables,
};
pub use self::experiment::{Assignment, Experiment, Reason};
pub use self::export::{
    Dropped, ExportLatency, InMemoryExporter, Report, ShutdownError, Stats, TracerReport, TracerStats,
};
#[cfg(feature = "tower")]
pub use self::http::{
    ChooseRoute, HttpClientLayer, HttpClientService, HttpLayer, HttpService, ResponseFuture, TracedBody,
};
pub use self::manual::{InSpan, ManualSpan, SpanBuilder, SpanGuard};
#[cfg(feature = "probe")]
pub use self::probe::{Probe, ProbeOutcome, ProbeStep};
pub use self::propagation::{Propagator, Received, inject, outgoing_headers, propagator};
pub use self::registry::{
    BuildError, Changes, ExperimentBuilder, Registry, RegistryBuilder, ReloadError, RouteBuilder,
    SwitchError, TracerBuilder, Tracing, UnknownExperiment, UnknownTracer, init, install,
};
#[cfg(feature = "watch")]
pub use self::registry::{Watch, Watching};
pub use self::routing::{Explanation, Headers, Route, RuleOutcome};
#[cfg(feature = "signal")]
pub use self::signal::shutdown_signal;
pub use self::span::{ToAttribute, enrich_span};
pub use self::tracer::{
    AsTracer, Tracer, TracerChoice, TracerName, WithTracer, WithTracerExt, carry, carry_fn, current_tracer,
    spawn, spawn_blocking, spawn_thread,
};

#[doc(hidden)]
pub use self::span::__private;
