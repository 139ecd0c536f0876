//! From an ended span to a backend: a bounded queue, a batcher and an exporter for each tracer, all
//! run by one small runtime.
//!
//! The rest of the crate sees [`Pipeline`]: spans go in, reports come out, and nothing on the way in waits.

mod console;
mod counters;
mod exporter;
mod memory;
#[cfg(feature = "otlp-grpc")]
mod otlp_grpc;
#[cfg(feature = "otlp-http")]
mod otlp_http;
mod pipeline;
mod processor;
mod queue;
mod report;
mod runtime;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod tls;
mod worker;

pub(crate) use self::console::ConsoleExporter;
pub(crate) use self::counters::Counters;
pub(crate) use self::exporter::{Erased, Exporter, ExporterError};
pub(crate) use self::pipeline::{Pending, Pipeline};
pub(crate) use self::processor::Ending;
pub(crate) use self::runtime::ExportRuntime;

pub use self::memory::InMemoryExporter;
pub use self::report::{Report, ShutdownError, TracerReport};

#[cfg(feature = "otlp-grpc")]
pub(crate) use self::otlp_grpc::otlp_grpc;
#[cfg(feature = "otlp-http")]
pub(crate) use self::otlp_http::otlp_http;
