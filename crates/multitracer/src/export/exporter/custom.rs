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
use tokio::sync::oneshot::error::TryRecvError;

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

    /// Exports on the current thread. Returns `None` once `cancelled` is ready, also before the
    /// export starts: its spans are counted as dropped then.
    fn export_here(
        &self,
        spans: Vec<SpanData>,
        mut cancelled: oneshot::Receiver<Infallible>,
    ) -> Option<OTelSdkResult> {
        let exporter = self.exporter.as_ref()?;
        if cancelled.try_recv() == Err(TryRecvError::Closed) {
            return None;
        }
        self.threads.block_on(async {
            let mut export = pin!(exporter.export(spans));
            // a client that blocks checks that it may
            let export = poll_fn(|cx| tokio::task::block_in_place(|| export.as_mut().poll(cx)));
            tokio::select! {
                biased;
                _ = &mut cancelled => None,
                result = export => Some(result),
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;
    use crate::export::exporter::retry::tests::retry_within;
    use crate::export::span_tree::tests::span;

    /// Counts the exports.
    #[derive(Debug, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl SpanExporter for Counting {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    #[tokio::test]
    async fn an_export_that_was_cancelled_before_it_had_a_thread_never_starts() {
        let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(1).build().unwrap();
        let (release, released) = mpsc::channel::<()>();
        let blocked = runtime.spawn_blocking(move || released.recv());
        let counting = Counting::default();
        let count = Arc::clone(&counting.0);
        let resource = Resource::builder_empty().build();
        let exporter = CustomExporter::exporter(counting, &resource, runtime.handle());
        let test = retry_within(Duration::from_secs(30)).await;
        let batch = Batch::from_iter([span(1, 0)]);
        let export = Arc::clone(&exporter).export(batch, test.retry);
        assert!(tokio::time::timeout(Duration::from_millis(50), export).await.is_err());
        drop(release);
        assert!(blocked.await.is_ok());
        // the only thread does one thing after another
        runtime.spawn_blocking(|| ()).await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 0);
        runtime.shutdown_background();
    }
}
