//! One exporter's way to its host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri};
use hyper_util::client::legacy::connect::capture_connection;
use tokio::time::{Instant, timeout_at};

use super::answer::{Answer, Cut};
use super::client::HttpClient;
use super::dial::Unreachable;
use super::host::{Host, SharedClient};
use super::slots::{Slots, Standing};
use super::upload::{Unsent, Upload};
use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::otlp::transport::error_chain;
use crate::export::outcome::{ExportError, Retryable};

/// Time without progress after which the body of a request is sent over another connection.
const STALL: Duration = Duration::from_secs(1);

/// The way of one exporter to its host.
///
/// A connection that breaks without a word looks like a backend that is slow. Therefore a request
/// that times out condemns the connections of its host, for all tracers. The next request of its
/// own tracer gets a connection of its own, until the backend responds. A tracer whose requests
/// always time out condemns the shared connections once, and not with each request.
///
/// Requests of several tracers share an HTTP/2 connection and its flow control. If the backend does
/// not read the request of one tracer, it stops reading the others too. A request that is not read
/// therefore moves to a connection of its own.
pub(crate) struct Link {
    host: Arc<Host>,
    slots: Arc<Slots>,
    /// A [`Standing`].
    standing: AtomicU8,
}

/// A request that can be sent more than once.
pub(crate) struct Post<'r> {
    pub(crate) url: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: Bytes,
}

/// A request without a response.
pub(crate) enum SendError {
    TimedOut,
    /// No connection opened. Holds the cause, which may hold a credential.
    Unreachable(String),
    /// The connection failed. Holds the cause, which may hold a credential.
    Broken(String),
}

impl SendError {
    /// Converts the error into an export error. `timeout` was the time for a response.
    pub(crate) fn into_export_error(self, timeout: Duration, redactor: &ErrorRedactor) -> ExportError {
        match self {
            Self::TimedOut => ExportError::timed_out(timeout).retry(Retryable::Backoff),
            Self::Broken(cause) => ExportError::failed(redactor.clean(&cause)).retry(Retryable::Backoff),
            Self::Unreachable(cause) => {
                ExportError::failed(redactor.clean(&cause)).retry(Retryable::Unreachable)
            }
        }
    }
}

impl Link {
    pub(crate) fn new(host: Arc<Host>, slots: Arc<Slots>) -> Self {
        Self { host, slots, standing: AtomicU8::new(Standing::New as u8) }
    }

    /// Sends a request, and returns the response that comes within `timeout`. The wait for a place
    /// among the requests to the host does not count.
    pub(crate) async fn send(&self, post: Post<'_>, timeout: Duration) -> Result<Answer, SendError> {
        let standing = self.standing();
        let mut slot = self.slots.enter(standing).await;
        let deadline = Instant::now() + timeout;
        let exchange = async {
            if standing == Standing::Slow {
                return exchange(&self.host.new_client(), post.request().0, deadline).await;
            }
            let SharedClient { client, generation } = self.host.shared_client();
            match shared_exchange(&client, &post, deadline).await {
                Some(answer) => {
                    if has_timed_out(&answer) {
                        self.host.condemn(generation);
                    }
                    answer
                }
                // the backend has only a part of the request, so it cannot take the spans twice
                None => {
                    self.host.condemn(generation);
                    exchange(&self.host.new_client(), post.request().0, deadline).await
                }
            }
        };
        let answer = {
            let mut exchange = std::pin::pin!(exchange);
            tokio::select! {
                biased;
                answer = &mut exchange => answer,
                () = slot.step_aside() => exchange.await,
            }
        };
        match &answer {
            _ if has_timed_out(&answer) => self.set_standing(Standing::Slow),
            Ok(_) => {
                self.set_standing(Standing::Proven);
                self.host.knocker.found();
            }
            // a connection that fails says so, and is not used again
            Err(_) => {}
        }
        answer
    }

    /// Waits until the host of `url` can be reached.
    pub(crate) async fn reachable(&self, url: &Uri) {
        self.host.knocker.reachable(url).await;
    }

    fn standing(&self) -> Standing {
        let value = self.standing.load(Ordering::Relaxed);
        [Standing::New, Standing::Proven, Standing::Slow]
            .into_iter()
            .find(|standing| *standing as u8 == value)
            .unwrap_or(Standing::New)
    }

    fn set_standing(&self, standing: Standing) {
        self.standing.store(standing as u8, Ordering::Relaxed);
    }
}

impl Post<'_> {
    fn request(&self) -> (Request<Upload>, Unsent) {
        let (upload, unsent) = Upload::new(self.body.clone());
        let mut request = Request::new(upload);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        request.headers_mut().clone_from(self.headers);
        (request, unsent)
    }
}

/// Sends a request over the connections of a client.
async fn exchange(
    client: &HttpClient,
    request: Request<Upload>,
    deadline: Instant,
) -> Result<Answer, SendError> {
    match timeout_at(deadline, client.request(request)).await {
        Err(_) => Err(SendError::TimedOut),
        Ok(Err(error)) if Unreachable::is_cause_of(&error) => {
            Err(SendError::Unreachable(error_chain(&error)))
        }
        Ok(Err(error)) => Err(SendError::Broken(error_chain(&error))),
        Ok(Ok(response)) => Ok(Answer::read(response, deadline).await),
    }
}

/// Sends a request over a connection that other tracers use. Returns `None` if the backend stops
/// reading it, perhaps because of another request.
async fn shared_exchange(
    client: &HttpClient,
    post: &Post<'_>,
    deadline: Instant,
) -> Option<Result<Answer, SendError>> {
    let (mut request, unsent) = post.request();
    let mut connection = capture_connection(&mut request);
    let stalled = async {
        // the time to open a connection is no stall
        connection.wait_for_connection_metadata().await;
        stall(&unsent).await;
    };
    tokio::select! {
        biased;
        answer = exchange(client, request, deadline) => Some(answer),
        () = stalled => None,
    }
}

/// Waits until a body makes no progress. Never returns for a body that is sent.
async fn stall(unsent: &Unsent) {
    let mut before = unsent.get();
    loop {
        tokio::time::sleep(STALL).await;
        match unsent.get() {
            0 => std::future::pending().await,
            now if now == before => return,
            now => before = now,
        }
    }
}

/// Returns `true` if a request timed out before the end of its response.
fn has_timed_out(answer: &Result<Answer, SendError>) -> bool {
    match answer {
        Err(SendError::TimedOut) => true,
        Err(SendError::Broken(_) | SendError::Unreachable(_)) => false,
        Ok(answer) => matches!(answer.cut, Some(Cut::TimedOut)),
    }
}
