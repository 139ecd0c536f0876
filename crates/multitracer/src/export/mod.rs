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
mod exporter;
mod memory;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file"))]
mod otlp;
#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")),
    expect(dead_code, reason = "there is no exporter that has use for it")
)]
mod outcome;
mod pipeline;
mod processor;
mod queue;
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
pub(crate) use self::exporter::{CustomExporter, Exporter, ExporterError};
pub(crate) use self::pipeline::{Destination, ExporterFailure, Pending, Pipeline};
pub(crate) use self::processor::PipelineProcessor;
pub(crate) use self::runtime::ExportRuntime;
pub(crate) use self::stats::TracerTotals;

pub use self::memory::InMemoryExporter;
pub use self::stats::{DropCounts, ExportLatency, Report, ShutdownError, Stats, TracerReport, TracerStats};

#[cfg(feature = "otlp-file")]
pub(crate) use self::otlp::otlp_file;
#[cfg(feature = "otlp-grpc")]
pub(crate) use self::otlp::otlp_grpc;
#[cfg(feature = "otlp-http")]
pub(crate) use self::otlp::otlp_http;
#[cfg(feature = "metrics")]
pub(crate) use self::stats::publish;
