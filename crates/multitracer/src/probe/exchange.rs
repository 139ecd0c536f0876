//! The exchange of the request and the response over an open connection.

use std::error::Error;
use std::time::Duration;

use http::header::HOST;
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use super::connection::Connection;
use super::deadline::Deadline;
use super::outcome::{ProbeOutcome, ProbeStep};
use super::request::{ProbeRequest, Protocol};
use super::response::ProbeResponse;
use super::silenced::Silenced;
use crate::export::client::{MAX_RESPONSE_BYTES, error_chain};

/// Sends the request and reads the response until its end.
pub(super) async fn exchange(
    connection: Connection,
    request: &ProbeRequest,
    deadline: Deadline,
) -> Result<ProbeResponse, ProbeOutcome> {
    let response = deadline.within(ProbeStep::Http, send(connection, request)).await?;
    response.map_err(|error| ProbeOutcome::unreachable(ProbeStep::Http, error_chain(&*error)))
}

async fn send(connection: Connection, request: &ProbeRequest) -> Result<ProbeResponse, BoxError> {
    let is_http2 = request.protocol == Protocol::Grpc || connection.has_agreed_on_http2();
    let io = TokioIo::new(connection);
    if is_http2 {
        let (mut sender, driver) = http2::handshake(SilentExecutor, io).await?;
        let driver = tokio::spawn(Silenced::new(driver));
        let http = to_http(request, request.url.clone());
        finish(async { read(sender.send_request(http).await?).await }, driver).await
    } else {
        let (mut sender, driver) = http1::handshake(io).await?;
        let driver = tokio::spawn(Silenced::new(driver));
        let path = request.url.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        let mut http = to_http(request, path);
        let host = request.url.authority().map_or("", |authority| authority.as_str());
        http.headers_mut().insert(HOST, host.parse()?);
        finish(async { read(sender.send_request(http).await?).await }, driver).await
    }
}

/// The time that a broken connection has to tell its reason.
const REASON_TIMEOUT: Duration = Duration::from_millis(200);

/// Returns the response, or the reason of the failure.
///
/// A backend that refuses the client's certificate says so after the handshake. The request then
/// fails because the connection is closed, and only the driver of the connection knows the reason.
async fn finish(
    response: impl Future<Output = Result<ProbeResponse, BoxError>>,
    mut driver: JoinHandle<Result<(), hyper::Error>>,
) -> Result<ProbeResponse, BoxError> {
    let result = response.await;
    let reason = match &result {
        Ok(_) => None,
        Err(_) => tokio::time::timeout(REASON_TIMEOUT, &mut driver).await.ok(),
    };
    driver.abort();
    match reason {
        Some(Ok(Err(reason))) => Err(reason.into()),
        _ => result,
    }
}

type BoxError = Box<dyn Error + Send + Sync>;

/// An executor for the tasks of a connection, which create no spans.
#[derive(Clone, Copy, Debug)]
struct SilentExecutor;

impl<F> Executor<F> for SilentExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(Silenced::new(future));
    }
}

fn to_http(request: &ProbeRequest, uri: Uri) -> Request<Full<bytes::Bytes>> {
    let mut http = Request::new(Full::new(request.body.clone()));
    *http.method_mut() = Method::POST;
    *http.uri_mut() = uri;
    http.headers_mut().clone_from(&request.headers);
    http
}

async fn read(response: Response<Incoming>) -> Result<ProbeResponse, BoxError> {
    let (parts, body) = response.into_parts();
    let collected = Limited::new(body, MAX_RESPONSE_BYTES).collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    Ok(ProbeResponse { parts, trailers, body: collected.to_bytes() })
}
