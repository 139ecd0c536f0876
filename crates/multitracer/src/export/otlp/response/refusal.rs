//! A refused request.

use crate::export::outcome::{DropReason, ExportError, Retryable};

/// A request that the backend refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Status of the response: `401 Unauthorized` over HTTP, `UNAUTHENTICATED` over gRPC.
    pub(crate) status: String,
    /// Message of the backend on one line, or empty. Holds no credential.
    pub(crate) message: String,
    pub(crate) reason: DropReason,
    pub(crate) retry: Retryable,
}

impl Refusal {
    /// Converts the refusal into an export error. The error's message starts with `prefix`.
    pub(crate) fn into_export_error(self, prefix: &str) -> ExportError {
        let separator = if self.message.is_empty() { "" } else { ": " };
        let message = format!("{prefix}{}{separator}{}", self.status, self.message);
        ExportError::new(self.reason, message).retry(self.retry)
    }
}
