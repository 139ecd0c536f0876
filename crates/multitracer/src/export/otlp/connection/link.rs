//! One exporter's way to its host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Request, Uri};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use tokio::time::{Instant, timeout, timeout_at};

use super::answer::{Answer, Cut};
use super::client::HttpClient;
use super::dial::Unreachable;
use super::host::{Host, SharedClient};
use super::monitored::ReadFailure;
use super::slots::{Slots, Standing};
use super::upload::{Unsent, Upload};
use crate::export::exporter::Pause;
use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::otlp::transport::failure_text;
use crate::export::outcome::{DropReason, ExportError, Retryable};

/// Time without progress after which the body of a request is sent over another connection.
const STALL: Duration = Duration::from_secs(1);

/// Time for a response after which a connection seems dead, although the end of an export cut the
/// request off. A shorter time says nothing about the connection.
const TELLING: Duration = Duration::from_millis(500);

/// The way of one exporter to its host.
///
/// A connection that breaks without a word looks like a backend that is slow. Therefore a request
/// that times out condemns the connections of its host, for all tracers. The next request of its
/// own tracer gets a connection of its own, until the backend responds. A tracer whose requests
/// always time out condemns the shared connections once, and not with each request.
///
/// Requests of several tracers share an HTTP/2 connection and its flow control. If the backend does
/// not read the request of one tracer, it stops reading the others too. A request that is not read
/// therefore moves to a connection of its own. If it is read there, it condemns the connections. If
/// not, the backend is slow for this tracer only, which then keeps to connections of its own.
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
    /// All places for requests to the host were taken for this time.
    NoPlace(Duration),
    /// No connection opened. Holds the cause, which may hold a credential.
    Unreachable(String),
    /// The connection failed. Holds the cause, which may hold a credential.
    Broken(String),
    /// The backend asked for a pause before the request was sent.
    Paused,
}

impl SendError {
    /// Converts the error into an export error. `timeout` was the time for a response.
    pub(crate) fn into_export_error(self, timeout: Duration, redactor: &ErrorRedactor) -> ExportError {
        let (error, retry) = match self {
            Self::TimedOut => (ExportError::timed_out(timeout), Retryable::Backoff),
            Self::NoPlace(waited) => {
                let message = format!("no place among the requests to the host within {waited:?}");
                (ExportError::new(DropReason::Timeout, message), Retryable::Backoff)
            }
            Self::Unreachable(cause) => (ExportError::failed(redactor.clean(&cause)), Retryable::Unreachable),
            Self::Broken(cause) => (ExportError::failed(redactor.clean(&cause)), Retryable::Backoff),
            Self::Paused => (ExportError::failed("the backend asked to wait"), Retryable::AfterPause),
        };
        error.retry(retry)
    }
}

impl Link {
    pub(crate) fn new(host: Arc<Host>, slots: Arc<Slots>) -> Self {
        Self { host, slots, standing: AtomicU8::new(Standing::New as u8) }
    }

    /// Sends a request, and returns the response that comes within `timeout`. The wait for a place
    /// among the requests to the host does not count. All of it ends with `time_left`. Sends
    /// nothing during `pause`.
    pub(crate) async fn send(
        &self,
        post: Post<'_>,
        timeout: Duration,
        time_left: Option<Duration>,
        pause: &Pause,
    ) -> Result<Answer, SendError> {
        let standing = self.standing();
        let end = time_left.map(|left| Instant::now() + left);
        let Some(mut slot) = within(time_left, self.slots.enter(standing)).await else {
            return Err(SendError::NoPlace(time_left.unwrap_or_default()));
        };
        let started = Instant::now();
        let deadline = end.map_or(started + timeout, |end| end.min(started + timeout));
        let is_telling = deadline - started >= timeout.min(TELLING);
        let exchange = async {
            if standing == Standing::Slow {
                return self.own_exchange(&post, deadline, pause).await;
            }
            let SharedClient { client, generation } = self.host.shared_client();
            match self.shared_exchange(&client, &post, deadline, pause).await {
                Some(answer) => {
                    if is_telling && has_timed_out(&answer) {
                        self.host.condemn(generation);
                    }
                    Exchange { answer, has_stalled: false }
                }
                // the backend has only a part of the request, so it cannot take the spans twice
                None => {
                    let exchange = self.own_exchange(&post, deadline, pause).await;
                    if exchange.standing(is_telling) == Some(Standing::Proven) {
                        self.host.condemn(generation);
                    }
                    exchange
                }
            }
        };
        let exchange = {
            let mut exchange = std::pin::pin!(exchange);
            tokio::select! {
                biased;
                exchange = &mut exchange => exchange,
                () = slot.step_aside() => exchange.await,
            }
        };
        if let Some(standing) = exchange.standing(is_telling) {
            self.set_standing(standing);
        }
        if exchange.answer.is_ok() {
            self.host.knocker.found();
        }
        exchange.answer
    }

    /// Waits until the host of `url` can be reached.
    pub(crate) async fn reachable(&self, url: &Uri) {
        self.host.knocker.reachable(url).await;
    }

    /// Sends a request over a connection that other tracers use. Returns `None` if the backend
    /// stops reading it, perhaps because of another request. It then never gets the rest of it.
    async fn shared_exchange(
        &self,
        client: &HttpClient,
        post: &Post<'_>,
        deadline: Instant,
        pause: &Pause,
    ) -> Option<Result<Answer, SendError>> {
        let attempt = post.start();
        let (unsent, connection) = (attempt.unsent.clone(), attempt.connection.clone());
        let given_up = async {
            has_connected(connection).await;
            while !unsent.give_up(stall(&unsent).await) {}
        };
        tokio::select! {
            biased;
            answer = attempt.exchange(client, &self.host, deadline, pause) => Some(answer),
            () = given_up => None,
        }
    }

    /// Sends a request over a connection of its own.
    async fn own_exchange(&self, post: &Post<'_>, deadline: Instant, pause: &Pause) -> Exchange {
        let client = self.host.new_client();
        let attempt = post.start();
        let (unsent, connection) = (attempt.unsent.clone(), attempt.connection.clone());
        let stalled = async {
            has_connected(connection).await;
            stall(&unsent).await
        };
        let mut answer = std::pin::pin!(attempt.exchange(&client, &self.host, deadline, pause));
        tokio::select! {
            biased;
            answer = &mut answer => Exchange { answer, has_stalled: false },
            _ = stalled => Exchange { answer: answer.await, has_stalled: true },
        }
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

/// The outcome of a request.
struct Exchange {
    answer: Result<Answer, SendError>,
    /// `true` if the body made no progress for a while, over a connection of its own.
    has_stalled: bool,
}

impl Exchange {
    /// Returns the experience with the backend, unless the request says nothing about it. A timeout
    /// says something if `is_telling`.
    fn standing(&self, is_telling: bool) -> Option<Standing> {
        match &self.answer {
            _ if self.has_stalled => Some(Standing::Slow),
            answer if has_timed_out(answer) => is_telling.then_some(Standing::Slow),
            Ok(_) => Some(Standing::Proven),
            // a connection that fails says so, and is not used again
            Err(_) => None,
        }
    }
}

impl Post<'_> {
    fn start(&self) -> Attempt {
        let (upload, unsent) = Upload::new(self.body.clone());
        let mut request = Request::new(upload);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        request.headers_mut().clone_from(self.headers);
        Attempt { connection: capture_connection(&mut request), request, unsent }
    }
}

/// One attempt to send a request.
struct Attempt {
    request: Request<Upload>,
    unsent: Unsent,
    connection: CaptureConnection,
}

impl Attempt {
    /// Sends the request over the connections of a client to a host.
    async fn exchange(
        self,
        client: &HttpClient,
        host: &Host,
        deadline: Instant,
        pause: &Pause,
    ) -> Result<Answer, SendError> {
        let connected = has_connected(self.connection.clone());
        let paused = async {
            tokio::select! {
                biased;
                () = connected => std::future::pending().await,
                () = pause.begun() => {}
            }
        };
        if pause.end().is_some() {
            return Err(SendError::Paused);
        }
        let response = tokio::select! {
            biased;
            response = timeout_at(deadline, client.request(self.request)) => response,
            () = paused => return Err(SendError::Paused),
        };
        match response {
            Err(_) => {
                if self.connection.connection_metadata().is_none() {
                    host.doubt_addresses();
                }
                Err(SendError::TimedOut)
            }
            Ok(Err(error)) => {
                if error.is_connect() {
                    host.doubt_addresses();
                }
                if Unreachable::is_cause_of(&error) {
                    return Err(SendError::Unreachable(failure_text(&error, None)));
                }
                let failure = read_failure(&self.connection);
                let failure = failure.as_ref().and_then(ReadFailure::get);
                Err(SendError::Broken(failure_text(&error, failure)))
            }
            Ok(Ok(response)) => Ok(Answer::read(response, deadline).await),
        }
    }
}

/// Waits until a request has a connection. The time to open one is no stall.
async fn has_connected(mut connection: CaptureConnection) {
    connection.wait_for_connection_metadata().await;
}

/// Returns the failure of a request's connection, if the request got one.
fn read_failure(connection: &CaptureConnection) -> Option<ReadFailure> {
    let mut extras = Extensions::new();
    connection.connection_metadata().as_ref()?.get_extras(&mut extras);
    extras.remove()
}

/// Waits until a body makes no progress, and returns the number of its unsent bytes. Never returns
/// for a body that is sent.
async fn stall(unsent: &Unsent) -> usize {
    let mut before = unsent.get();
    loop {
        tokio::time::sleep(STALL).await;
        match unsent.get() {
            0 => std::future::pending().await,
            now if now == before => return now,
            now => before = now,
        }
    }
}

/// Returns the output of `future`, or `None` if it takes longer than `limit`.
async fn within<F: Future>(limit: Option<Duration>, future: F) -> Option<F::Output> {
    match limit {
        Some(limit) => timeout(limit, future).await.ok(),
        None => Some(future.await),
    }
}

/// Returns `true` if a request timed out before the end of its response.
fn has_timed_out(answer: &Result<Answer, SendError>) -> bool {
    match answer {
        Err(SendError::TimedOut) => true,
        Err(SendError::NoPlace(_) | SendError::Unreachable(_) | SendError::Broken(_) | SendError::Paused) => {
            false
        }
        Ok(answer) => matches!(answer.cut, Some(Cut::TimedOut)),
    }
}

#[cfg(all(test, feature = "otlp-http"))]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
