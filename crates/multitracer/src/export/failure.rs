//! Why a batch did not arrive, and whether to try again.

use std::time::Duration;

use tokio::time::Instant;

/// Why a span was not exported, as the accounting names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DropReason {
    /// The queue was full, in spans or in bytes.
    QueueFull,
    /// The span alone is larger than the queue, or the backend said that the request is too large.
    TooLarge,
    /// The backend refused the request, or could not be reached within the time for retries.
    ExportFailed,
    /// The export took longer than `export_timeout`.
    Timeout,
    /// It was too late: the tracer was shut down.
    Shutdown,
    /// The exporter panicked.
    Panicked,
}

/// A batch that was not delivered. Holds no credential.
#[derive(Clone, Debug)]
pub(crate) struct ExportError {
    pub(crate) reason: DropReason,
    pub(crate) message: String,
    pub(crate) retry: Retryable,
    /// The backend wants nothing before this moment.
    pub(crate) retry_not_before: Option<Instant>,
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retryable {
    Never,
    /// After a delay of our choice.
    Backoff,
    /// After the delay that the backend asked for.
    #[cfg_attr(
        all(feature = "otlp-file", not(any(test, feature = "otlp-http", feature = "otlp-grpc"))),
        expect(dead_code, reason = "a file asks for none")
    )]
    After(Duration),
}

impl ExportError {
    pub(crate) fn new(reason: DropReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), retry: Retryable::Never, retry_not_before: None }
    }

    /// The export failed for good.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(DropReason::ExportFailed, message)
    }

    pub(crate) fn retry(mut self, retry: Retryable) -> Self {
        self.retry = retry;
        self
    }
}
