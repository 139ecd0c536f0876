//! What a pipeline hands batches to.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::outcome::{DropReason, ExportError, ExportOutcome, ExportSuccess};
use super::retry::Retry;

/// A `SpanExporter` that can be held as a trait object, and says how many spans the backend refused.
pub(crate) trait Exporter: Send + Sync + 'static {
    /// Exports one batch; what may succeed later goes through `retry`.
    fn export(self: Arc<Self>, batch: Vec<SpanData>, retry: Retry) -> ExportFuture;

    /// Called once, after the last export.
    fn shutdown(self: Arc<Self>, _timeout: Duration) -> ShutdownFuture {
        Box::pin(std::future::ready(Ok(())))
    }
}

pub(crate) type ShutdownFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

pub(crate) type ExportFuture = Pin<Box<dyn Future<Output = ExportOutcome> + Send>>;

/// Why an exporter could not be set up. Holds no credential.
#[derive(Clone, Debug)]
pub(crate) struct ExporterError(pub(crate) String);

impl fmt::Display for ExporterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any `SpanExporter` as an [`Exporter`]. Retries are its own affair.
pub(crate) struct CustomExporter<E>(E);

impl<E: SpanExporter + 'static> CustomExporter<E> {
    pub(crate) fn exporter(mut exporter: E, resource: &Resource) -> Arc<dyn Exporter> {
        exporter.set_resource(resource);
        Arc::new(Self(exporter))
    }
}

impl<E: SpanExporter + 'static> Exporter for CustomExporter<E> {
    fn export(self: Arc<Self>, batch: Vec<SpanData>, _retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let mut export = pin!(self.0.export(batch));
            // foreign code may block; then it has this thread to itself, and the other tracers go on in another
            let exported = poll_fn(|cx| tokio::task::block_in_place(|| export.as_mut().poll(cx))).await;
            match exported {
                Ok(()) => Ok(ExportSuccess::default()),
                Err(OTelSdkError::Timeout(_)) => {
                    Err(ExportError::new(DropReason::Timeout, "the exporter timed out"))
                }
                Err(error) => Err(ExportError::failed(error.to_string())),
            }
        })
    }

    fn shutdown(self: Arc<Self>, timeout: Duration) -> ShutdownFuture {
        Box::pin(async move {
            // it may block or panic, and only a thread of its own contains that
            let closed = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(timeout)).await;
            match closed {
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(_) => Err("the exporter panicked while it was shut down".to_owned()),
            }
        })
    }
}
