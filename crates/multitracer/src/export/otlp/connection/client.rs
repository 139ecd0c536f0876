//! The HTTP clients of the exporters.

use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::dial::Dialer;
use super::host::Protocol;
use super::upload::Upload;

/// Time after which an unused connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Interval of the HTTP/2 pings on a connection that is in use.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// Time limit for the response to an HTTP/2 ping.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The way to open a connection, with or without TLS.
pub(super) type Connector = HttpsConnector<Dialer>;

/// A client that keeps its connections.
pub(super) type HttpClient = Client<Connector, Upload>;

/// Builds a connector.
pub(super) fn connector(tls: rustls::ClientConfig, protocol: Protocol, dialer: Dialer) -> Connector {
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    match protocol {
        #[cfg(feature = "otlp-http")]
        Protocol::Http => builder.enable_all_versions().wrap_connector(dialer),
        #[cfg(feature = "otlp-grpc")]
        Protocol::Grpc => builder.enable_http2().wrap_connector(dialer),
    }
}

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
