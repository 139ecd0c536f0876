//! Tests of code of the application that panics on the export thread.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use tokio::task::JoinHandle;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::super::operation::{FlushFailure, Operation};
use super::super::worker::Worker;
use super::super::worker_handle::{CommandKind, WorkerHandle};
use super::super::*;
use crate::config::model::BatchConfig;
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, Retry};
use crate::export::outcome::{ExportError, ExportSuccess};
use crate::export::queue::tests::span;

/// An exporter that takes all spans, or none.
struct Answering {
    succeeds: bool,
}

impl Exporter for Answering {
    fn export(self: Arc<Self>, _batch: Batch, _retry: Retry) -> ExportFuture {
        let outcome = if self.succeeds {
            Ok(ExportSuccess::default())
        } else {
            Err(ExportError::failed("as the test wants"))
        };
        Box::pin(async { outcome })
    }
}

/// A waker and a subscriber that panic.
struct Panicking;

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        resume_unwind(Box::new("a waker"));
    }
}

impl Subscriber for Panicking {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == "multitracer" {
            resume_unwind(Box::new("a subscriber"));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A worker on the current thread.
struct Started {
    handle: Arc<WorkerHandle>,
    task: JoinHandle<()>,
}

impl Started {
    fn new(succeeds: bool, runtime: &ExportRuntime) -> Self {
        let (worker, handle) = Worker::new(
            &"test".into(),
            &BatchConfig::default(),
            Arc::new(Answering { succeeds }),
            Arc::default(),
            runtime,
            #[cfg(feature = "metrics")]
            crate::export::stats::ExporterLabels {
                tracer: "test".into(),
                exporter: "test".into(),
                position: 0,
            },
        );
        Self { handle: Arc::new(handle), task: tokio::spawn(worker.run()) }
    }

    fn request(&self, kind: CommandKind) -> impl Future<Output = Vec<FlushFailure>> + use<> {
        let mut operation = Operation::new(kind, None);
        operation.request([(0, &self.handle)].into_iter());
        operation.wait()
    }

    /// Pushes a span and flushes it.
    async fn flush(&self) -> Vec<FlushFailure> {
        self.handle.queue().push(&mut span(0));
        self.request(CommandKind::Flush).await
    }
}

#[tokio::test]
async fn a_waker_that_panics_stops_no_export() {
    let runtime = ExportRuntime::start().unwrap();
    let worker = Started::new(true, &runtime);
    worker.handle.queue().push(&mut span(0));
    let waker = Waker::from(Arc::new(Panicking));
    let mut flush = pin!(worker.request(CommandKind::Flush));
    assert!(flush.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let failures = worker.flush().await;
    assert!(failures.is_empty(), "{failures:?}");
    assert!(flush.await.is_empty(), "the flush of the waker is complete too");
    let counters = worker.handle.queue().counters();
    assert_eq!((counters.exported, counters.dropped.total()), (2, 0), "{counters:?}");
    assert!(!worker.task.is_finished());
}

#[tokio::test]
async fn a_subscriber_that_panics_stops_no_export() {
    let runtime = ExportRuntime::start().unwrap();
    let worker = Started::new(false, &runtime);
    let _subscriber = tracing::subscriber::set_default(Panicking);
    for _ in 0..2 {
        let failures = worker.flush().await;
        assert!(failures[0].message.contains("as the test wants"), "{failures:?}");
    }
    let failures = worker.request(CommandKind::Shutdown).await;
    assert!(failures.is_empty(), "{failures:?}");
    let counters = worker.handle.queue().counters();
    assert_eq!((counters.dropped.export_failed, counters.dropped.total()), (2, 2), "{counters:?}");
}
