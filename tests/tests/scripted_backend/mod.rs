//! A backend over HTTP that answers each request as a script says.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use tokio::net::TcpListener;

/// The answer to one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Accept,
    /// Accepts the request after a delay.
    AcceptAfter(Duration),
    /// Refuses with 503.
    Refuse,
    /// Refuses with 429 and asks for a pause in seconds.
    Pause(u64),
    /// Never answers.
    Hang,
}

/// A backend whose answers depend on the number of the request, from 0.
pub(crate) struct ScriptedBackend {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<dyn Fn(usize) -> Answer + Send + Sync>,
    arrivals: Mutex<Vec<Instant>>,
}

impl ScriptedBackend {
    /// Starts a backend that runs until the runtime of the test ends.
    pub(crate) async fn start(script: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { script: Box::new(script), arrivals: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/v1/traces", post(answer)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, shared }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }

    /// Returns the time of each request so far.
    pub(crate) fn arrivals(&self) -> Vec<Instant> {
        self.shared.arrivals.lock().unwrap().clone()
    }

    /// Waits until this many requests have arrived.
    pub(crate) async fn wait_for(&self, requests: usize) {
        let started = Instant::now();
        while self.arrivals().len() < requests {
            assert!(started.elapsed() < Duration::from_secs(10), "{requests} requests did not arrive");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, _body: Bytes) -> Response {
    let request = {
        let mut arrivals = shared.arrivals.lock().unwrap();
        arrivals.push(Instant::now());
        arrivals.len() - 1
    };
    match (shared.script)(request) {
        Answer::Accept => StatusCode::OK.into_response(),
        Answer::AcceptAfter(delay) => {
            tokio::time::sleep(delay).await;
            StatusCode::OK.into_response()
        }
        Answer::Refuse => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Answer::Pause(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())]).into_response()
        }
        Answer::Hang => pending().await,
    }
}
