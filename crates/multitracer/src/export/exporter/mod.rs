//! The exporters that need no protocol, the interface of all exporters, and their retries.

mod console;
mod custom;
mod interface;
mod memory;
mod pause;
#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")),
    expect(dead_code, reason = "only OTLP exporters retry")
)]
mod retry;
mod settled;
mod write_threads;

pub(crate) use self::console::ConsoleExporter;
pub(crate) use self::custom::CustomExporter;
#[cfg(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file"))]
pub(crate) use self::interface::ExportFuture;
pub(crate) use self::interface::{Exporter, ExporterBuildError};
pub use self::memory::InMemoryExporter;
pub(crate) use self::pause::{HeldExports, Pause};
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::retry::jitter;
pub(crate) use self::retry::{NO_TIME, Retry, ShutdownState};
pub(crate) use self::write_threads::WriteThreads;
