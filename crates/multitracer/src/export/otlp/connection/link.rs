//! One exporter's way to its host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Request, Uri};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use tokio::time::{Instant, timeout_at};

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
    /// The backend asked for a pause before the request was sent.
    Paused,
}

impl SendError {
    /// Converts the error into an export error. `timeout` was the time for a response.
    pub(crate) fn into_export_error(self, timeout: Duration, redactor: &ErrorRedactor) -> ExportError {
        match self {
            Self::TimedOut => ExportError::timed_out(timeout).retry(Retryable::Backoff),
            Self::Broken(cause) => ExportError::failed(redactor.clean(&cause)).retry(Retryable::Backoff),
            Self::Paused => ExportError::failed("the backend asked to wait").retry(Retryable::AfterPause),
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
    /// among the requests to the host does not count. Sends nothing during `pause`.
    pub(crate) async fn send(
        &self,
        post: Post<'_>,
        timeout: Duration,
        pause: &Pause,
    ) -> Result<Answer, SendError> {
        let standing = self.standing();
        let mut slot = self.slots.enter(standing).await;
        let deadline = Instant::now() + timeout;
        let exchange = async {
            if standing == Standing::Slow {
                return post.exchange(&self.host.new_client(), deadline, pause).await;
            }
            let SharedClient { client, generation } = self.host.shared_client();
            match post.shared_exchange(&client, deadline, pause).await {
                Some(answer) => {
                    if has_timed_out(&answer) {
                        self.host.condemn(generation);
                    }
                    answer
                }
                // the backend has only a part of the request, so it cannot take the spans twice
                None => {
                    self.host.condemn(generation);
                    post.exchange(&self.host.new_client(), deadline, pause).await
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
    /// Sends the request over the connections of a client.
    async fn exchange(
        &self,
        client: &HttpClient,
        deadline: Instant,
        pause: &Pause,
    ) -> Result<Answer, SendError> {
        self.start().exchange(client, deadline, pause).await
    }

    /// Sends the request over a connection that other tracers use. Returns `None` if the backend
    /// stops reading it, perhaps because of another request.
    async fn shared_exchange(
        &self,
        client: &HttpClient,
        deadline: Instant,
        pause: &Pause,
    ) -> Option<Result<Answer, SendError>> {
        let attempt = self.start();
        let unsent = attempt.unsent.clone();
        let connected = has_connected(attempt.connection.clone());
        let stalled = async {
            // the time to open a connection is no stall
            connected.await;
            stall(&unsent).await;
        };
        tokio::select! {
            biased;
            answer = attempt.exchange(client, deadline, pause) => Some(answer),
            () = stalled => None,
        }
    }

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
    async fn exchange(
        self,
        client: &HttpClient,
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
            Err(_) => Err(SendError::TimedOut),
            Ok(Err(error)) if Unreachable::is_cause_of(&error) => {
                Err(SendError::Unreachable(failure_text(&error, None)))
            }
            Ok(Err(error)) => {
                let failure = read_failure(&self.connection);
                let failure = failure.as_ref().and_then(ReadFailure::get);
                Err(SendError::Broken(failure_text(&error, failure)))
            }
            Ok(Ok(response)) => Ok(Answer::read(response, deadline).await),
        }
    }
}

/// Waits until a request has a connection.
async fn has_connected(mut connection: CaptureConnection) {
    connection.wait_for_connection_metadata().await;
}

/// Returns the failure of a request's connection, if the request got one.
fn read_failure(connection: &CaptureConnection) -> Option<ReadFailure> {
    let mut extras = Extensions::new();
    connection.connection_metadata().as_ref()?.get_extras(&mut extras);
    extras.remove()
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
        Err(SendError::Broken(_) | SendError::Unreachable(_) | SendError::Paused) => false,
        Ok(answer) => matches!(answer.cut, Some(Cut::TimedOut)),
    }
}

#[cfg(test)]
#[cfg(feature = "otlp-http")]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::export::otlp::connection::protocol::Protocol;
    use crate::export::otlp::tls::{Pem, client_config};

    /// Sends a request to `url`, and returns its result once `pause` has begun after `delay`.
    async fn send(link: &Link, url: &str, pause: &Pause, delay: Duration) -> Result<Answer, SendError> {
        let (url, headers) = (url.parse().unwrap(), HeaderMap::new());
        let post = Post { url: &url, headers: &headers, body: Bytes::from_static(b"body") };
        let begin = async {
            tokio::time::sleep(delay).await;
            pause.extend_to(Instant::now() + Duration::from_secs(60));
            std::future::pending::<()>().await;
        };
        let limit = Duration::from_secs(10);
        tokio::select! {
            answer = tokio::time::timeout(limit, link.send(post, limit * 2, pause)) => answer.unwrap(),
            () = begin => Err(SendError::TimedOut),
        }
    }

    #[tokio::test]
    async fn a_request_that_waits_when_a_pause_begins_is_not_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = Arc::new(client_config(&Pem::default()).unwrap());
        let host = Arc::new(Host::new(Protocol::Http, tls, &Arc::default()));
        let slots = Arc::new(Slots::new());
        let link = Link::new(host, Arc::clone(&slots));
        // the connection is never open, because nothing responds to the handshake of TLS
        let delay = Duration::from_millis(50);
        let answer = send(&link, &format!("https://localhost:{port}/"), &Pause::default(), delay).await;
        assert!(matches!(answer, Err(SendError::Paused)), "a request that waits for a connection");
        drop(listener.accept().await.unwrap());

        let mut taken = Vec::new();
        while slots.has_room(Standing::New) {
            taken.push(slots.enter(Standing::New).await);
        }
        let pause = Pause::default();
        let url = format!("http://localhost:{port}/");
        let (answer, ()) = tokio::join!(send(&link, &url, &pause, delay), async {
            pause.begun().await;
            taken.clear();
        });
        assert!(matches!(answer, Err(SendError::Paused)), "a request that waits for a place");
        let arrived = tokio::time::timeout(delay, listener.accept()).await;
        assert!(arrived.is_err(), "a connection was opened during the pause");
    }
}
