//! The exchange of the request and the response over an open connection.

use std::error::Error;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinSet;

use super::connection::Connection;
use super::deadline::Deadline;
use super::outcome::{ProbeOutcome, ProbeStep};
use super::request::{ProbeRequest, Protocol};
use crate::export::client::{Answer, Monitored, ReadFailure, failure_text};

/// The time that a broken connection has to tell its reason.
const REASON_TIMEOUT: Duration = Duration::from_millis(200);

/// Sends the request and reads the response until its end, a limit or the deadline.
pub(super) async fn exchange(
    connection: Connection,
    request: &ProbeRequest,
    deadline: Deadline,
) -> Result<Answer, ProbeOutcome> {
    let is_http2 = request.protocol == Protocol::Grpc || connection.has_agreed_on_http2();
    let connection = Monitored::new(connection);
    let failure = connection.failure();
    let io = TokioIo::new(connection);
    let mut driver = JoinSet::new();
    let response = if is_http2 {
        let handshake = http2::handshake(TokioExecutor::new(), io);
        let handshake = deadline.within(ProbeStep::Http, handshake).await?;
        let (mut sender, connection) = handshake.map_err(|error| broken(&error, &failure))?;
        driver.spawn(connection);
        let http = to_http(request, request.url.clone());
        deadline.within(ProbeStep::Http, sender.send_request(http)).await?
    } else {
        let handshake = deadline.within(ProbeStep::Http, http1::handshake(io)).await?;
        let (mut sender, connection) = handshake.map_err(|error| broken(&error, &failure))?;
        driver.spawn(connection);
        let path = request.url.path_and_query().cloned().map_or_else(Uri::default, Uri::from);
        let mut http = to_http(request, path);
        let host = request.url.authority().map_or("", |authority| authority.as_str());
        let host = HeaderValue::from_str(host).map_err(|error| broken(&error, &failure))?;
        http.headers_mut().insert(HOST, host);
        deadline.within(ProbeStep::Http, sender.send_request(http)).await?
    };
    finish(response, driver, &failure, deadline).await
}

/// Reads the rest of the response, or returns the reason of the failure.
///
/// A backend that refuses the client's certificate says so after the handshake. The request then
/// fails because the connection is closed, and only the connection knows the reason.
async fn finish(
    response: Result<Response<Incoming>, hyper::Error>,
    mut driver: JoinSet<Result<(), hyper::Error>>,
    failure: &ReadFailure,
    deadline: Deadline,
) -> Result<Answer, ProbeOutcome> {
    let error = match response {
        Ok(response) => return Ok(Answer::read(response, deadline.moment()).await),
        Err(error) => error,
    };
    let reason = tokio::time::timeout(REASON_TIMEOUT, driver.join_next()).await;
    Err(match reason {
        Ok(Some(Ok(Err(reason)))) => broken(&reason, failure),
        _ => broken(&error, failure),
    })
}

fn broken(error: &(dyn Error + 'static), failure: &ReadFailure) -> ProbeOutcome {
    ProbeOutcome::unreachable(ProbeStep::Http, failure_text(error, failure.get()))
}

fn to_http(request: &ProbeRequest, uri: Uri) -> Request<Full<bytes::Bytes>> {
    let mut http = Request::new(Full::new(request.body.clone()));
    *http.method_mut() = Method::POST;
    *http.uri_mut() = uri;
    http.headers_mut().clone_from(&request.headers);
    http
}
