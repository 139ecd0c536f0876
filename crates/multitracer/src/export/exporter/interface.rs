//! The interface between a worker and its exporter.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::retry::Retry;
use crate::export::batch::Batch;
use crate::export::outcome::ExportOutcome;
use crate::text::Escaped;

/// An exporter as a trait object. Unlike `SpanExporter`, it reports how many spans the backend
/// rejected.
pub(crate) trait Exporter: Send + Sync + 'static {
    /// Exports one batch. Repeats failed attempts with `retry`.
    fn export(self: Arc<Self>, batch: Batch, retry: Retry) -> ExportFuture;

    /// Releases the exporter's resources. Called once, after the last export.
    fn shutdown(self: Arc<Self>, _timeout: Duration) -> ShutdownFuture {
        Box::pin(std::future::ready(Ok(())))
    }
}

pub(crate) type ExportFuture = Pin<Box<dyn Future<Output = ExportOutcome> + Send>>;

pub(crate) type ShutdownFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// The reason for which an exporter could not be built. Holds no credential.
#[derive(Clone, Debug)]
pub(crate) struct ExporterBuildError(pub(crate) String);

impl fmt::Display for ExporterBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // it may name a file of the configuration
        Escaped(&self.0).fmt(f)
    }
}
