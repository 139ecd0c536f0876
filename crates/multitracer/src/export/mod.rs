//! The export of ended spans: counts, reports and an exporter for tests.
//!
//! Each tracer has a bounded queue and a worker per exporter. A span is queued without waiting for
//! an export. It is then exported, rejected by the backend, or dropped, and is counted as such.
//!
//! - [`Registry::stats`](crate::Registry::stats) returns [`Stats`], the counts of all tracers.
//! - [`Registry::flush`](crate::Registry::flush) and
//!   [`Registry::shutdown`](crate::Registry::shutdown) return a [`Report`], the counts with the
//!   errors of the operation.
//! - [`InMemoryExporter`] keeps spans in memory for tests.

// Each room uses only the rooms below it:
//
// pipeline/  a tracer's destinations, their workers and the runtime
// otlp/      exporters for OTLP over HTTP and gRPC, and to files
// exporter/  the interface of exporters, retries, and exporters without a protocol
// queue/     the bounded queue in front of a worker
// batch      the spans of one export
// stats/     counters, statistics, reports and metrics
// outcome    the outcome of an export
// guarded    code of the application on threads of this library
// silence    the mark of threads whose work becomes no span
// span_tree  the order of spans in a tree
//
// A batch is taken from the queue, is in flight, and completes with an outcome.

mod batch;
mod exporter;
mod guarded;
mod otlp;
#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")),
    expect(dead_code, reason = "only OTLP exporters read all fields")
)]
mod outcome;
mod pipeline;
mod queue;
mod silence;
mod span_tree;
mod stats;

pub(crate) use self::exporter::{ConsoleExporter, CustomExporter, Exporter, ExporterBuildError, Pause};
pub(crate) use self::guarded::guarded;
pub(crate) use self::pipeline::{
    Destination, ExportRuntime, FlushFailure, Operation, Pipeline, SpanSink, SpanSinks,
};
pub(crate) use self::silence::is_export_thread;
pub(crate) use self::stats::TracerTotals;

pub use self::exporter::InMemoryExporter;
pub use self::stats::{DropCounts, ExportLatency, Report, ShutdownError, Stats, TracerReport, TracerStats};

#[cfg(feature = "probe")]
pub(crate) use self::batch::Batch;
#[cfg(feature = "probe")]
pub(crate) use self::otlp::client;
#[cfg(feature = "otlp-file")]
pub(crate) use self::otlp::otlp_file;
#[cfg(feature = "otlp-grpc")]
pub(crate) use self::otlp::otlp_grpc;
#[cfg(feature = "otlp-http")]
pub(crate) use self::otlp::otlp_http;
#[cfg(feature = "probe")]
pub(crate) use self::outcome::ExportSuccess;
#[cfg(feature = "probe")]
pub(crate) use self::pipeline::silent_runtime;
#[cfg(feature = "probe")]
pub(crate) use self::silence::SilenceGuard;
#[cfg(feature = "testing")]
pub(crate) use self::span_tree::{Indent, PlacedSpan, depth_first};
#[cfg(feature = "metrics")]
pub(crate) use self::stats::publish;
