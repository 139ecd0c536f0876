//! One exporter's way to its host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use tokio::time::{Instant, timeout, timeout_at};

use super::answer::{Answer, Cut};
use super::client::HttpClient;
use super::host::{Host, SharedClient};
use super::slots::{Slots, Standing};
use super::upload::{Unsent, Upload};
use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::otlp::transport::error_chain;
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
    /// The connection failed. Holds the cause, which may hold a credential.
    Broken(String),
}

impl SendError {
    /// Converts the error into an export error. `timeout` was the time for a response.
    pub(crate) fn into_export_error(self, timeout: Duration, redactor: &ErrorRedactor) -> ExportError {
        let error = match self {
            Self::TimedOut => ExportError::timed_out(timeout),
            Self::NoPlace(waited) => {
                let message = format!("no place among the requests to the host within {waited:?}");
                ExportError::new(DropReason::Timeout, message)
            }
            Self::Broken(cause) => ExportError::failed(redactor.clean(&cause)),
        };
        error.retry(Retryable::Backoff)
    }
}

impl Link {
    pub(crate) fn new(host: Arc<Host>, slots: Arc<Slots>) -> Self {
        Self { host, slots, standing: AtomicU8::new(Standing::New as u8) }
    }

    /// Sends a request, and returns the response that comes within `timeout`. The wait for a place
    /// among the requests to the host does not count. All of it ends with `time_left`.
    pub(crate) async fn send(
        &self,
        post: Post<'_>,
        timeout: Duration,
        time_left: Option<Duration>,
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
                return self.own_exchange(&post, deadline).await;
            }
            let SharedClient { client, generation } = self.host.shared_client();
            match self.shared_exchange(&client, &post, deadline).await {
                Some(answer) => {
                    if is_telling && has_timed_out(&answer) {
                        self.host.condemn(generation);
                    }
                    Exchange { answer, has_stalled: false }
                }
                // the backend has only a part of the request, so it cannot take the spans twice
                None => {
                    let exchange = self.own_exchange(&post, deadline).await;
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
        exchange.answer
    }

    /// Sends a request over a connection that other tracers use. Returns `None` if the backend
    /// stops reading it, perhaps because of another request. It then never gets the rest of it.
    async fn shared_exchange(
        &self,
        client: &HttpClient,
        post: &Post<'_>,
        deadline: Instant,
    ) -> Option<Result<Answer, SendError>> {
        let attempt = post.start();
        let (unsent, connection) = (attempt.unsent.clone(), attempt.connection.clone());
        let given_up = async {
            has_connected(connection).await;
            while !unsent.give_up(stall(&unsent).await) {}
        };
        tokio::select! {
            biased;
            answer = attempt.exchange(client, &self.host, deadline) => Some(answer),
            () = given_up => None,
        }
    }

    /// Sends a request over a connection of its own.
    async fn own_exchange(&self, post: &Post<'_>, deadline: Instant) -> Exchange {
        let client = self.host.new_client();
        let attempt = post.start();
        let (unsent, connection) = (attempt.unsent.clone(), attempt.connection.clone());
        let stalled = async {
            has_connected(connection).await;
            stall(&unsent).await
        };
        let mut answer = std::pin::pin!(attempt.exchange(&client, &self.host, deadline));
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
    ) -> Result<Answer, SendError> {
        match timeout_at(deadline, client.request(self.request)).await {
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
                Err(SendError::Broken(error_chain(&error)))
            }
            Ok(Ok(response)) => Ok(Answer::read(response, deadline).await),
        }
    }
}

/// Waits until a request has a connection. The time to open one is no stall.
async fn has_connected(mut connection: CaptureConnection) {
    connection.wait_for_connection_metadata().await;
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
        Err(SendError::Broken(_) | SendError::NoPlace(_)) => false,
        Ok(answer) => matches!(answer.cut, Some(Cut::TimedOut)),
    }
}

#[cfg(all(test, feature = "otlp-http"))]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::export::otlp::connection::{Lookups, Protocol};
    use crate::export::otlp::tls::{Pem, client_config};

    #[tokio::test(start_paused = true)]
    async fn the_wait_for_a_place_ends_with_the_export() {
        let slots = Arc::new(Slots::new());
        let mut taken = Vec::new();
        while let Ok(slot) = timeout(Duration::ZERO, slots.enter(Standing::New)).await {
            taken.push(slot);
        }
        let tls = Arc::new(client_config(&Pem::default()).unwrap());
        let host = Host::new(Protocol::Http, tls, "localhost", &Arc::<Lookups>::default());
        let link = Link::new(Arc::new(host), Arc::clone(&slots));
        let (url, headers) = (Uri::from_static("http://localhost:9/"), HeaderMap::new());
        let post = Post { url: &url, headers: &headers, body: "x".into() };
        let (started, time_left) = (Instant::now(), Duration::from_secs(2));
        let sent = link.send(post, Duration::from_secs(10), Some(time_left)).await;
        assert!(matches!(sent, Err(SendError::NoPlace(waited)) if waited == time_left));
        assert_eq!(started.elapsed().as_secs(), 2);
    }
}
