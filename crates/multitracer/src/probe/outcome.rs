//! The outcome of a probe.

use std::fmt;

use crate::export::ExportSuccess;
use crate::export::client::{ErrorRedactor, Refusal};

/// The outcome of a test span. Neither it nor its `Display` holds a credential.
///
/// ```
/// use multitracer::probe::{ProbeOutcome, ProbeStep};
///
/// let error = "no such host".to_owned();
/// let outcome = ProbeOutcome::Unreachable { step: ProbeStep::Dns, error };
/// assert_eq!((outcome.as_str(), outcome.is_failure()), ("unreachable", true));
/// assert_eq!(outcome.to_string(), "unreachable at DNS: no such host");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeOutcome {
    /// The backend accepted the span.
    Delivered,
    /// The backend accepted the request and rejected the span (OTLP's partial success).
    Partial {
        /// Number of rejected spans.
        rejected: i64,
        /// Message of the backend, shortened.
        message: String,
    },
    /// The backend responded with an error.
    Refused {
        /// Status: `401 Unauthorized` over HTTP, `UNAUTHENTICATED` over gRPC.
        status: String,
        /// Message of the backend, shortened.
        message: String,
    },
    /// The backend sent no response.
    Unreachable {
        /// The step that failed.
        step: ProbeStep,
        /// Reason of the failure.
        error: String,
    },
    /// The configuration cannot work, so nothing was sent. A certificate may be unreadable, for
    /// example.
    Misconfigured {
        /// Reason of the failure.
        error: String,
    },
    /// The tracer has no backend or is off, so nothing was sent.
    Skipped {
        /// Reason for sending nothing.
        why: String,
    },
}

/// A step on the way to a backend.
///
/// ```
/// assert_eq!(multitracer::probe::ProbeStep::Dns.as_str(), "DNS");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeStep {
    /// The lookup of the host's addresses.
    Dns,
    /// The opening of a TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The request and its response.
    Http,
}

impl ProbeOutcome {
    /// Returns the outcome as one word: `delivered`, `partial`, `refused`, `unreachable`,
    /// `misconfigured` or `skipped`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Partial { .. } => "partial",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Misconfigured { .. } => "misconfigured",
            Self::Skipped { .. } => "skipped",
        }
    }

    /// Returns `true` if the backend should have received the span and did not.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Delivered | Self::Skipped { .. })
    }

    pub(super) fn unreachable(step: ProbeStep, error: impl fmt::Display) -> Self {
        Self::Unreachable { step, error: error.to_string() }
    }

    pub(super) fn from_success(success: ExportSuccess) -> Self {
        match i64::try_from(success.rejected).unwrap_or(i64::MAX) {
            0 => Self::Delivered,
            rejected => Self::Partial { rejected, message: success.message.unwrap_or_default() },
        }
    }

    pub(super) fn from_refusal(refusal: Refusal) -> Self {
        Self::Refused { status: refusal.status, message: refusal.message }
    }

    /// Returns the outcome with its error escaped and without secrets.
    pub(super) fn redacted(self, redactor: &ErrorRedactor) -> Self {
        match self {
            Self::Unreachable { step, error } => Self::Unreachable { step, error: redactor.clean(&error) },
            other => other,
        }
    }
}

impl ProbeStep {
    /// Returns `DNS`, `connect`, `TLS` or `HTTP`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Http => "HTTP",
        }
    }
}

impl fmt::Display for ProbeStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ProbeOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered => f.write_str("delivered"),
            Self::Partial { rejected, message } => {
                write!(f, "partial: the backend accepted the request and rejected spans: {rejected}")?;
                write_message(f, message)
            }
            Self::Refused { status, message } => {
                write!(f, "refused: {status}")?;
                write_message(f, message)
            }
            Self::Unreachable { step, error } => write!(f, "unreachable at {step}: {error}"),
            Self::Misconfigured { error } => write!(f, "misconfigured: {error}"),
            Self::Skipped { why } => write!(f, "skipped: {why}"),
        }
    }
}

fn write_message(f: &mut fmt::Formatter<'_>, message: &str) -> fmt::Result {
    if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
}
