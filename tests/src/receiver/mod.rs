//! The receiver: HTTP on one port, gRPC on another.

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

/// How a receiver treats its clients. The default is well.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// Waits this long before each answer.
    pub delay: Duration,
    /// Answers the first requests, so many of them, with this HTTP status; over gRPC with what stands for it: `UNAUTHENTICATED` for 401,
    /// `RESOURCE_EXHAUSTED` for 413 and 429, else `UNAVAILABLE`.
    pub fail_first: Option<(usize, u16)>,
    /// Seconds, sent with those failures as `Retry-After`, over gRPC as `RetryInfo`.
    pub retry_after: Option<u64>,
    /// Says that so many spans of each request were refused.
    pub reject: i64,
    /// The message of each failure over HTTP, and of what was refused.
    pub message: Option<String>,
    /// Answers 401 (`UNAUTHENTICATED`) without this header.
    pub require_header: Option<(String, String)>,
    /// Never answers.
    pub hang: bool,
}

/// An OTLP trace receiver on loopback. Stops when dropped.
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
    asked: AtomicUsize,
    connections: AtomicUsize,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    requests: Vec<ReceivedRequest>,
    spans: Vec<ReceivedSpan>,
}

/// Headers by name; one that occurs more than once is joined with `, `, so that none hides another.
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
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

/// Why a request is not taken.
struct Refusal {
    status: u16,
    retry_after: Option<u64>,
}

impl Receiver {
    /// Starts a well-behaved one on free ports.
    ///
    /// # Errors
    ///
    /// When a port cannot be opened.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Behaviour::default()).await
    }

    /// Starts one on free ports.
    ///
    /// # Errors
    ///
    /// When a port cannot be opened.
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

    /// `http://127.0.0.1:PORT/v1/traces`.
    #[must_use]
    pub fn http_endpoint(&self) -> String {
        format!("http://{}/v1/traces", self.http)
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn grpc_endpoint(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// Every span so far, in the order of arrival.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.shared.record().spans.clone()
    }

    /// Every request so far, refused ones included.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.record().requests.clone()
    }

    /// Connections that were ever made to it.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Waits until so many spans are here, or `limit` has passed, and gives those that are.
    pub async fn wait_for(&self, spans: usize, limit: Duration) -> Vec<ReceivedSpan> {
        let started = Instant::now();
        loop {
            let received = self.spans();
            if received.len() >= spans || started.elapsed() >= limit {
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

    /// Behaves as it was told to, and says whether the request may be taken.
    async fn meet(&self, header: impl Fn(&str) -> Option<String>) -> Result<(), Refusal> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
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
            Some((first, status)) if asked < first => {
                Err(Refusal { status, retry_after: self.behaviour.retry_after })
            }
            _ => Ok(()),
        }
    }

    fn note(&self, mut request: ReceivedRequest, message: Option<ExportTraceServiceRequest>) {
        let mut record = self.record();
        let received = message.map_or_else(Vec::new, |message| spans(record.requests.len(), message));
        request.spans = received.len();
        record.requests.push(request);
        record.spans.extend(received);
    }

    fn answer(&self) -> ExportTraceServiceResponse {
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
