//! Any `SpanExporter` of the OpenTelemetry SDK as an exporter.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::SpanExporter;

use super::interface::{ExportFuture, Exporter, ShutdownFuture};
use super::retry::Retry;
use crate::export::batch::Batch;
use crate::export::outcome::{DropReason, ExportError, ExportSuccess};

/// A `SpanExporter` of the user's. It repeats failed attempts itself.
pub(crate) struct CustomExporter<E>(E);

impl<E: SpanExporter + 'static> CustomExporter<E> {
    /// Sets the resource and wraps the exporter.
    pub(crate) fn exporter(mut exporter: E, resource: &Resource) -> Arc<dyn Exporter> {
        exporter.set_resource(resource);
        Arc::new(Self(exporter))
    }
}

impl<E: SpanExporter + 'static> Exporter for CustomExporter<E> {
    fn export(self: Arc<Self>, batch: Batch, _retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let mut export = pin!(self.0.export(batch.into_span_data()));
            // the code may block its thread; the other tracers then continue on another thread
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
            // the code may block or panic, so it runs on a thread of its own
            let closed = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(timeout)).await;
            match closed {
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(_) => Err("the exporter panicked while it was shut down".to_owned()),
            }
        })
    }
}
