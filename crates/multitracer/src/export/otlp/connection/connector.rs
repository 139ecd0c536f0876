//! The opening of a connection: TCP and TLS.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::dns::Resolver;
use super::monitored::Monitored;
use super::protocol::Protocol;
use super::socket::Socket;

/// Time limit for opening a TCP connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time after which the kernel closes a connection whose peer acknowledges nothing.
///
/// Without it, a condemned connection stays open for as long as TCP retransmits, which is minutes.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(60);

/// The way to open a connection, with or without TLS.
///
/// The connection has its [`ReadFailure`](super::monitored::ReadFailure) among its extras.
#[derive(Clone)]
pub(super) struct Connector(HttpsConnector<TcpConnector>);

/// The way to open a TCP connection.
#[derive(Clone)]
struct TcpConnector(HttpConnector<Resolver>);

/// A TCP connection with or without TLS, as hyper's traits want it.
type Stream = Monitored<TokioIo<MaybeHttpsStream<TokioIo<Socket>>>>;

type BoxError = Box<dyn Error + Send + Sync>;
type Opening<S> = Pin<Box<dyn Future<Output = Result<TokioIo<S>, BoxError>> + Send>>;

impl Connector {
    pub(super) fn new(tls: rustls::ClientConfig, protocol: Protocol, resolver: Resolver) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED_TIMEOUT));
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        Self(match protocol {
            #[cfg(feature = "otlp-http")]
            Protocol::Http => builder.enable_all_versions().wrap_connector(TcpConnector(tcp)),
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => builder.enable_http2().wrap_connector(TcpConnector(tcp)),
        })
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = BoxError;
    type Future = Opening<Stream>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let opening = self.0.call(url);
        Box::pin(async { Ok(TokioIo::new(Monitored::new(TokioIo::new(opening.await?)))) })
    }
}

impl Service<Uri> for TcpConnector {
    type Response = TokioIo<Socket>;
    type Error = BoxError;
    type Future = Opening<Socket>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let opening = self.0.call(url);
        Box::pin(async { Ok(TokioIo::new(Socket::new(opening.await?.into_inner()))) })
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.stream().inner().connected().extra(self.failure())
    }
}
