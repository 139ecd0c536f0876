//! What a pipeline hands batches to.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// A `SpanExporter` that can be held as a trait object, and says how many spans the backend refused.
pub(crate) trait Exporter: Send + Sync + 'static {
    fn export(self: Arc<Self>, batch: Vec<SpanData>) -> ExportFuture;

    /// Called once, after the last export.
    fn shutdown(&self, timeout: Duration) -> Result<(), String>;
}

pub(crate) type ExportFuture = Pin<Box<dyn Future<Output = Result<Delivered, ExporterError>> + Send>>;

/// A batch that the backend answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivered {
    /// Spans of the batch that the backend refused.
    pub(crate) rejected: usize,
}

/// Why a batch did not arrive. Holds no credential.
#[derive(Clone, Debug)]
pub(crate) struct ExporterError(pub(crate) String);

impl fmt::Display for ExporterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any `SpanExporter` as an [`Exporter`].
pub(crate) struct Erased<E>(E);

impl<E: SpanExporter + 'static> Erased<E> {
    pub(crate) fn exporter(mut exporter: E, resource: &Resource) -> Arc<dyn Exporter> {
        exporter.set_resource(resource);
        Arc::new(Self(exporter))
    }
}

impl<E: SpanExporter + 'static> Exporter for Erased<E> {
    fn export(self: Arc<Self>, batch: Vec<SpanData>) -> ExportFuture {
        Box::pin(async move {
            match self.0.export(batch).await {
                Ok(()) => Ok(Delivered::default()),
                Err(error) => Err(ExporterError(error.to_string())),
            }
        })
    }

    fn shutdown(&self, timeout: Duration) -> Result<(), String> {
        self.0.shutdown_with_timeout(timeout).map_err(|error| error.to_string())
    }
}
