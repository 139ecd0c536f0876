//! Any `SpanExporter` of the OpenTelemetry SDK as an exporter.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::interface::{ExportFuture, Exporter, ShutdownFuture};
use super::retry::Retry;
use crate::export::batch::Batch;
use crate::export::outcome::{DropReason, ExportError, ExportOutcome, ExportSuccess};
use crate::text::Escaped;

/// A `SpanExporter` of the user's. It repeats failed attempts itself.
///
/// Its code may block the thread or panic, so it runs on threads that no other exporter needs.
pub(crate) struct CustomExporter<E: SpanExporter + 'static> {
    /// `None` once the drop has taken it.
    exporter: Option<E>,
    /// The runtime of the user's exporters.
    threads: Handle,
}

impl<E: SpanExporter + 'static> CustomExporter<E> {
    /// Sets the resource and wraps the exporter.
    pub(crate) fn exporter(mut exporter: E, resource: &Resource, threads: &Handle) -> Arc<dyn Exporter> {
        exporter.set_resource(resource);
        Arc::new(Self { exporter: Some(exporter), threads: threads.clone() })
    }

    /// Exports on the current thread. Returns `None` once `cancelled` is ready.
    fn export_here(
        &self,
        spans: Vec<SpanData>,
        mut cancelled: oneshot::Receiver<Infallible>,
    ) -> Option<OTelSdkResult> {
        let exporter = self.exporter.as_ref()?;
        self.threads.block_on(async {
            let mut export = pin!(exporter.export(spans));
            // a client that blocks checks that it may
            let export = poll_fn(|cx| tokio::task::block_in_place(|| export.as_mut().poll(cx)));
            tokio::select! {
                biased;
                result = export => Some(result),
                _ = &mut cancelled => None,
            }
        })
    }
}

impl<E: SpanExporter + 'static> Exporter for CustomExporter<E> {
    fn export(self: Arc<Self>, batch: Batch, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            // dropped with this future
            let (_cancel, cancelled) = oneshot::channel();
            let threads = self.threads.clone();
            let export = threads.spawn_blocking(move || {
                // the export runs until this is dropped
                let _running = retry;
                self.export_here(batch.into_span_data(), cancelled)
            });
            match export.await {
                Ok(Some(result)) => outcome(result),
                Ok(None) => Err(stopped()),
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    Err(_) => Err(stopped()),
                },
            }
        })
    }

    fn shutdown(self: Arc<Self>, timeout: Duration) -> ShutdownFuture {
        Box::pin(async move {
            let threads = self.threads.clone();
            let close =
                move || self.exporter.as_ref().map(|exporter| exporter.shutdown_with_timeout(timeout));
            match threads.spawn_blocking(close).await {
                Ok(result) => result.unwrap_or(Ok(())).map_err(|error| Escaped(error).to_string()),
                Err(_) => Err("the exporter panicked while it was shut down".to_owned()),
            }
        })
    }
}

impl<E: SpanExporter + 'static> Drop for CustomExporter<E> {
    fn drop(&mut self) {
        if let Some(exporter) = self.exporter.take() {
            drop(self.threads.spawn_blocking(move || drop(exporter)));
        }
    }
}

fn outcome(result: OTelSdkResult) -> ExportOutcome {
    match result {
        Ok(()) => Ok(ExportSuccess::default()),
        Err(OTelSdkError::Timeout(_)) => Err(ExportError::new(DropReason::Timeout, "the exporter timed out")),
        Err(error) => Err(ExportError::failed(error.to_string())),
    }
}

fn stopped() -> ExportError {
    ExportError::new(DropReason::Shutdown, "the export was stopped")
}
