//! One exporter's way to its host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};

use super::answer::{Answer, Cut};
use super::host::{Host, SharedClient};
use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::otlp::transport::error_chain;
use crate::export::outcome::{ExportError, Retryable};

/// The way of one exporter to its host.
///
/// A connection that breaks without a word looks like a backend that is slow. Therefore a request
/// that times out condemns the connections of its host, for all tracers. The next request of its
/// own tracer gets a connection of its own, until the backend responds. A tracer whose requests
/// always time out condemns the shared connections once, and not with each request.
pub(crate) struct Link {
    host: Arc<Host>,
    /// `true` if the last response did not come in time.
    is_alone: AtomicBool,
}

/// A request without a response.
pub(crate) enum SendError {
    TimedOut,
    /// The connection failed. Holds the cause, which may hold a credential.
    Broken(String),
}

impl SendError {
    /// Converts the error into an export error. The request had `timeout` to be responded to.
    pub(crate) fn into_export_error(self, timeout: Duration, redactor: &ErrorRedactor) -> ExportError {
        let error = match self {
            Self::TimedOut => ExportError::timed_out(timeout),
            Self::Broken(cause) => ExportError::failed(redactor.clean(&cause)),
        };
        error.retry(Retryable::Backoff)
    }
}

impl Link {
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self { host, is_alone: AtomicBool::new(false) }
    }

    /// Sends a request, and returns the response that comes within `timeout`.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        timeout: Duration,
    ) -> Result<Answer, SendError> {
        let deadline = Instant::now() + timeout;
        let (client, generation) = if self.is_alone.load(Ordering::Relaxed) {
            (self.host.new_client(), None)
        } else {
            let SharedClient { client, generation } = self.host.shared_client();
            (client, Some(generation))
        };
        let answer = match timeout_at(deadline, client.request(request)).await {
            Err(_) => Err(SendError::TimedOut),
            Ok(Err(error)) => Err(SendError::Broken(error_chain(&error))),
            Ok(Ok(response)) => Ok(Answer::read(response, deadline).await),
        };
        let timed_out = match &answer {
            Err(SendError::TimedOut) => true,
            // a connection that fails says so, and is not used again
            Err(SendError::Broken(_)) => return answer,
            Ok(answer) => matches!(answer.cut, Some(Cut::TimedOut)),
        };
        self.is_alone.store(timed_out, Ordering::Relaxed);
        if timed_out && let Some(generation) = generation {
            self.host.condemn(generation);
        }
        answer
    }
}
