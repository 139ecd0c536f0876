//! The receiver, with HTTP on one port and gRPC on another.

mod grpc;
mod http;
mod json;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ::http::HeaderMap;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::model::{ReceivedRequest, ReceivedSpan, spans};

/// The way a receiver treats its clients. By default it takes every request at once.
///
/// ```
/// use std::time::Duration;
///
/// use multitracer_tests::{Behaviour, Receiver};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let behaviour = Behaviour {
///     delay: Duration::from_millis(50),
///     fail_first: Some((2, 503)),
///     ..Behaviour::default()
/// };
/// let receiver = Receiver::start_with(behaviour).await?;
/// assert!(receiver.http_endpoint().ends_with("/v1/traces"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// The wait before each response.
    pub delay: Duration,
    /// The number of first requests to refuse, and the HTTP status to refuse them with.
    ///
    /// Over gRPC, 401 becomes `UNAUTHENTICATED`, 413 and 429 become `RESOURCE_EXHAUSTED`, and any
    /// other status becomes `UNAVAILABLE`.
    pub fail_first: Option<(usize, u16)>,
    /// Seconds that those refusals ask for, as `Retry-After`, or as `RetryInfo` over gRPC.
    pub retry_after: Option<u64>,
    /// The number of spans of each request that partial success reports as rejected.
    pub reject: i64,
    /// The message of refusals over HTTP, and of partial success.
    pub message: Option<String>,
    /// A header, by name and value, without which a request gets 401 (`UNAUTHENTICATED`).
    pub require_header: Option<(String, String)>,
    /// `true` if no request gets a response.
    pub hang: bool,
    /// The largest body to take, in bytes. Over HTTP a larger one gets 413, as it arrives. Over
    /// gRPC it gets `OUT_OF_RANGE`, once decompressed.
    pub max_body: Option<usize>,
}

/// An OTLP trace receiver on free ports of the loopback address.
///
/// Both servers stop when the receiver is dropped. The [crate] has an example.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    http: SocketAddr,
    grpc: SocketAddr,
    servers: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    behaviour: Behaviour,
    started: AtomicUsize,
    connections: AtomicUsize,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    requests: Vec<ReceivedRequest>,
    spans: Vec<ReceivedSpan>,
}

/// Returns headers by name. Values of a repeated header are joined with `, `.
fn join_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        texts
            .entry(name.as_str().to_owned())
            .and_modify(|text| {
                text.push_str(", ");
                text.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    texts
}

/// Returns the spans in the body of a request over HTTP, by its headers `content-type` and
/// `content-encoding`.
///
/// ```
/// let spans = multitracer_tests::read_spans("application/json", None, br#"{"resourceSpans":[]}"#);
/// assert!(spans.is_ok_and(|spans| spans.is_empty()));
/// ```
///
/// # Errors
///
/// Fails if the body is not OTLP. The error says why.
pub fn read_spans(
    content_type: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> Result<Vec<ReceivedSpan>, String> {
    let message = http::decode_body(content_type, encoding, body).map_err(|(_, message)| message)?;
    Ok(spans(0, message))
}

/// A refusal of a request.
struct Refusal {
    /// The HTTP status.
    status: u16,
    /// Seconds after which the client may retry.
    retry_after: Option<u64>,
}

impl Receiver {
    /// Starts a receiver that takes every request.
    ///
    /// # Errors
    ///
    /// Fails if a port cannot be opened.
    ///
    /// # Panics
    ///
    /// Panics outside a Tokio runtime.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Behaviour::default()).await
    }

    /// Starts a receiver that treats its clients as `behaviour` says.
    ///
    /// # Errors
    ///
    /// Fails if a port cannot be opened.
    ///
    /// # Panics
    ///
    /// Panics outside a Tokio runtime.
    pub async fn start_with(behaviour: Behaviour) -> io::Result<Self> {
        let shared = Arc::new(Shared { behaviour, ..Shared::default() });
        let http = TcpListener::bind("127.0.0.1:0").await?;
        let grpc = TcpListener::bind("127.0.0.1:0").await?;
        let (http_address, grpc_address) = (http.local_addr()?, grpc.local_addr()?);
        let servers = vec![
            tokio::spawn(http::serve(http, Arc::clone(&shared))),
            tokio::spawn(grpc::serve(grpc, Arc::clone(&shared))),
        ];
        Ok(Self { shared, http: http_address, grpc: grpc_address, servers })
    }

    /// Returns the endpoint for OTLP over HTTP, `http://127.0.0.1:PORT/v1/traces`.
    #[must_use]
    pub fn http_endpoint(&self) -> String {
        format!("http://{}/v1/traces", self.http)
    }

    /// Returns the endpoint for OTLP over gRPC, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn grpc_endpoint(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// Returns all spans that have arrived, in the order of arrival.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.shared.record().spans.clone()
    }

    /// Returns all requests that got a response, refused requests included.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.record().requests.clone()
    }

    /// Returns the number of connections that clients have opened, over both protocols.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Waits until at least `spans` spans have arrived or `timeout` has passed, and returns all
    /// spans.
    pub async fn wait_for(&self, spans: usize, timeout: Duration) -> Vec<ReceivedSpan> {
        let started = Instant::now();
        loop {
            let received = self.spans();
            if received.len() >= spans || started.elapsed() >= timeout {
                return received;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

impl Shared {
    fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Applies the behaviour to one request, and fails if the request is to be refused.
    async fn admit(&self, header: impl Fn(&str) -> Option<String>) -> Result<(), Refusal> {
        let index = self.started.fetch_add(1, Ordering::Relaxed);
        if self.behaviour.hang {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(self.behaviour.delay).await;
        if let Some((name, value)) = &self.behaviour.require_header
            && header(name).as_ref() != Some(value)
        {
            return Err(Refusal { status: 401, retry_after: None });
        }
        match self.behaviour.fail_first {
            Some((first, status)) if index < first => {
                Err(Refusal { status, retry_after: self.behaviour.retry_after })
            }
            _ => Ok(()),
        }
    }

    fn record_request(&self, mut request: ReceivedRequest, message: Option<ExportTraceServiceRequest>) {
        let mut record = self.record();
        let received = message.map_or_else(Vec::new, |message| spans(record.requests.len(), message));
        request.spans = received.len();
        record.requests.push(request);
        record.spans.extend(received);
    }

    fn response(&self) -> ExportTraceServiceResponse {
        let partial_success = (self.behaviour.reject > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: self.behaviour.reject,
            error_message: self.behaviour.message.clone().unwrap_or_else(|| "told to reject".to_owned()),
        });
        ExportTraceServiceResponse { partial_success }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
