//! The HTTP clients of the exporters.

use std::time::Duration;

use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::Connector;
use super::protocol::Protocol;
use super::upload::Upload;

/// Time after which an unused connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Interval of the HTTP/2 pings on a connection that is in use.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// Time limit for the response to an HTTP/2 ping.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that keeps its connections.
pub(super) type HttpClient = Client<Connector, Upload>;

/// Builds a client without connections. It follows no redirect, because a redirect would carry a
/// tracer's credentials to another host.
pub(super) fn http_client(connector: Connector, protocol: Protocol) -> HttpClient {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http2_only(protocol.is_http2_only())
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .http2_keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .build(connector)
}
