//! What a pipeline hands batches to.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::failure::{DropReason, ExportError};
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

pub(crate) type ExportFuture = Pin<Box<dyn Future<Output = Result<ExportSuccess, ExportError>> + Send>>;

/// A batch that the backend answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExportSuccess {
    /// Spans of the batch that the backend refused, and why, if it said so.
    pub(crate) rejected: usize,
    pub(crate) message: Option<String>,
    /// Bytes of the request's body.
    pub(crate) bytes: usize,
}

impl ExportSuccess {
    /// What the backend found fault with, though it took the request.
    pub(crate) fn complaint(&self) -> Option<String> {
        match (self.rejected, self.message.as_deref()) {
            (0, message) => message.map(str::to_owned),
            (spans, None) => Some(format!("the backend rejected {spans} spans")),
            (spans, Some(message)) => Some(format!("the backend rejected {spans} spans: {message}")),
        }
    }
}

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
