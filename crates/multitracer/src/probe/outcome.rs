//! What became of a test span.

use std::fmt;
use std::time::Duration;

use super::answer::Secrets;
use crate::config::model::TracerConfig;

/// What became of the test span of one tracer; from [`Config::probe`](crate::config::Config::probe).
#[derive(Clone, Debug)]
pub struct ProbeReport {
    tracer: String,
    project: String,
    endpoint: Option<String>,
    outcome: ProbeOutcome,
    took: Duration,
}

/// How far a test span came. Neither this nor its `Display` has a credential in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeOutcome {
    /// The backend took it.
    ExportSuccess,
    /// The backend answered that all is well, and did not take the span.
    Partial {
        /// How many spans it refused.
        rejected: i64,
        /// Its words.
        message: String,
    },
    /// The backend answered with an error.
    Refused {
        /// `401 Unauthorized` over HTTP, `UNAUTHENTICATED` over gRPC.
        status: String,
        /// Its words, shortened.
        message: String,
    },
    /// There was no answer.
    Unreachable {
        /// What did not work.
        step: ProbeStep,
        /// Why.
        error: String,
    },
    /// Nothing was sent, because what the configuration says cannot work: a certificate that cannot be read, say.
    Misconfigured {
        /// Why.
        error: String,
    },
    /// Nothing was to be sent.
    Skipped {
        /// Why.
        why: String,
    },
}

/// A step on the way to a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeStep {
    /// Finding the addresses of the host.
    Dns,
    /// Opening a connection.
    Connect,
    /// Agreeing on a secure one.
    Tls,
    /// Sending the request and reading the answer.
    Http,
}

impl ProbeReport {
    pub(super) fn new(
        config: &TracerConfig,
        endpoint: Option<String>,
        outcome: ProbeOutcome,
        took: Duration,
    ) -> Self {
        Self { tracer: config.name.clone(), project: config.project.clone(), endpoint, outcome, took }
    }

    /// The tracer's name.
    #[must_use]
    pub fn tracer(&self) -> &str {
        &self.tracer
    }

    /// The tracer's project.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Where it sends to, without user name, password and query; `None`: nowhere.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// What became of the span.
    #[must_use]
    pub fn outcome(&self) -> &ProbeOutcome {
        &self.outcome
    }

    /// How long it took, from the look-up of the name to the end of the answer.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.took
    }
}

impl ProbeOutcome {
    /// One word: `delivered`, `partial`, `refused`, `unreachable`, `misconfigured` or `skipped`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::ExportSuccess => "delivered",
            Self::Partial { .. } => "partial",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Misconfigured { .. } => "misconfigured",
            Self::Skipped { .. } => "skipped",
        }
    }

    /// Whether the span should have arrived and did not.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::ExportSuccess | Self::Skipped { .. })
    }

    pub(super) fn unreachable(step: ProbeStep, error: impl fmt::Display) -> Self {
        Self::Unreachable { step, error: error.to_string() }
    }

    pub(super) fn redacted(self, secrets: &Secrets) -> Self {
        match self {
            Self::Unreachable { step, error } => Self::Unreachable { step, error: secrets.redact(&error) },
            Self::Misconfigured { error } => Self::Misconfigured { error: secrets.redact(&error) },
            other => other,
        }
    }
}

impl ProbeStep {
    /// `DNS`, `connect`, `TLS` or `HTTP`.
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
            Self::ExportSuccess => f.write_str("delivered"),
            Self::Partial { rejected, message } => {
                write!(f, "partial: the backend answered, and refused spans: {rejected}")?;
                said(f, message)
            }
            Self::Refused { status, message } => {
                write!(f, "refused: {status}")?;
                said(f, message)
            }
            Self::Unreachable { step, error } => write!(f, "unreachable at {step}: {error}"),
            Self::Misconfigured { error } => write!(f, "misconfigured: {error}"),
            Self::Skipped { why } => write!(f, "skipped: {why}"),
        }
    }
}

fn said(f: &mut fmt::Formatter<'_>, message: &str) -> fmt::Result {
    if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
}
