//! From an ended span to a backend: a bounded queue, a batcher and an exporter for each tracer, all
//! run by one small runtime.
//!
//! The rest of the crate sees [`Pipeline`]: spans go in, reports come out, and nothing on the way in waits.

#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")),
    expect(dead_code, reason = "there is no exporter that has use for it")
)]
mod connection_pool;
mod console;
mod counters;
mod exporter;
#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")),
    expect(dead_code, reason = "there is no exporter that has use for it")
)]
mod failure;
mod latency;
mod memory;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file"))]
mod otlp;
mod pipeline;
mod processor;
mod prometheus;
mod queue;
mod report;
#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")),
    expect(dead_code, reason = "there is no exporter that has use for it")
)]
mod retry;
mod runtime;
mod size;
mod stats;
mod worker;

pub(crate) use self::connection_pool::ConnectionPool;
pub(crate) use self::console::ConsoleExporter;
pub(crate) use self::counters::Counters;
pub(crate) use self::exporter::{CustomExporter, Exporter, ExporterError};
pub(crate) use self::pipeline::{Destination, Failures, Pending, Pipeline};
pub(crate) use self::processor::PipelineProcessor;
pub(crate) use self::runtime::ExportRuntime;

pub use self::counters::DropCounts;
pub use self::memory::InMemoryExporter;
pub use self::report::{Report, ShutdownError, TracerReport};
pub use self::stats::{ExportLatency, Stats, TracerStats};

#[cfg(feature = "metrics")]
pub(crate) use self::metrics::publish;
#[cfg(feature = "otlp-file")]
pub(crate) use self::otlp::otlp_file;
#[cfg(feature = "otlp-grpc")]
pub(crate) use self::otlp::otlp_grpc;
#[cfg(feature = "otlp-http")]
pub(crate) use self::otlp::otlp_http;
