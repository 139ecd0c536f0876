//! The HTTP client of the exporters.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::export::exporter::ExporterBuildError;
use crate::export::otlp::tls::{Pem, client_config};
use crate::export::otlp::transport::{KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT};

/// Time after which an unused connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// A client that keeps its connections by host.
pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Builds a client. It follows no redirect, because a redirect would carry a tracer's credentials
/// to another host.
pub(super) fn http_client(pem: &Pem) -> Result<HttpClient, ExporterBuildError> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(client_config(pem)?)
        .https_or_http()
        .enable_all_versions()
        .build();
    Ok(Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        // without pings, a broken connection takes requests for as long as TCP retransmits
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .http2_keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .build(connector))
}
