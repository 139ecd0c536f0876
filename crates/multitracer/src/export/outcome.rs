//! The outcome of an export: a success with its partial success, or an error with its reason.

use std::time::Duration;

use crate::text::Escaped;

/// The outcome of exporting one batch.
pub(crate) type ExportOutcome = Result<ExportSuccess, ExportError>;

/// A batch that the backend accepted.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExportSuccess {
    /// Spans of the batch that the backend rejected (OTLP's partial success).
    pub(crate) rejected: usize,
    /// The message of the backend about the batch. Holds no credential.
    pub(crate) message: Option<String>,
    /// Bytes of the request's body.
    pub(crate) bytes: usize,
}

impl ExportSuccess {
    /// Adds the success of a part of the batch. The last message stays.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn add(&mut self, part: &Self) {
        self.rejected += part.rejected;
        self.bytes += part.bytes;
        if part.message.is_some() {
            self.message.clone_from(&part.message);
        }
    }

    /// Returns the complaint of a backend that accepted the request with reservations.
    pub(crate) fn complaint(&self) -> Option<String> {
        match (self.rejected, self.message.as_deref()) {
            (0, message) => message.map(str::to_owned),
            (spans, None) => Some(format!("the backend rejected {spans} spans")),
            (spans, Some(message)) => Some(format!("the backend rejected {spans} spans: {message}")),
        }
    }
}

/// A batch that was not exported. Holds no credential.
#[derive(Clone, Debug)]
pub(crate) struct ExportError {
    pub(crate) reason: DropReason,
    pub(crate) message: String,
    pub(crate) retry: Retryable,
}

/// The reason for which a span was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DropReason {
    /// The queue was full, in spans or in bytes.
    QueueFull,
    /// The span alone is larger than the queue, or the backend called the request too large.
    TooLarge,
    /// The backend refused the request, or stayed unreachable during all retries.
    ExportFailed,
    /// The export took longer than `export_timeout`.
    Timeout,
    /// The tracer was shut down before the export.
    Shutdown,
    /// The exporter panicked.
    Panicked,
}

/// The advice on sending the same request again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retryable {
    /// The same request fails again.
    Never,
    /// The request may succeed after a delay of the exporter's choice.
    Backoff,
    /// No connection opened. The request may succeed once one does.
    Unreachable,
    /// The request may succeed after the delay that the backend asked for.
    #[cfg_attr(
        all(feature = "otlp-file", not(any(test, feature = "otlp-http", feature = "otlp-grpc"))),
        expect(dead_code, reason = "a file never asks for a delay")
    )]
    After(Duration),
    /// The request was not sent, because the backend asked for a pause meanwhile.
    AfterPause,
}

impl ExportError {
    /// Creates an error that no retry can help. The message is escaped, because an exporter of the
    /// application may quote its backend.
    pub(crate) fn new(reason: DropReason, message: impl Into<String>) -> Self {
        let message = Escaped(message.into()).to_string();
        Self { reason, message, retry: Retryable::Never }
    }

    /// Creates a permanent error with [`DropReason::ExportFailed`].
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(DropReason::ExportFailed, message)
    }

    /// Creates an error for a request that got no response within `timeout`.
    pub(crate) fn timed_out(timeout: Duration) -> Self {
        Self::new(DropReason::Timeout, format!("no response within {timeout:?}"))
    }

    /// Sets the advice on retries.
    pub(crate) fn retry(mut self, retry: Retryable) -> Self {
        self.retry = retry;
        self
    }
}
