//! The opening of a connection: TCP and TLS.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::dial::Dialer;
use super::monitored::Monitored;
use super::protocol::Protocol;
use super::socket::Socket;

/// The way to open a connection, with or without TLS.
///
/// The connection has its [`ReadFailure`](super::monitored::ReadFailure) among its extras.
#[derive(Clone)]
pub(super) struct Connector(HttpsConnector<TcpConnector>);

/// The way to open a TCP connection whose writes report no end.
#[derive(Clone)]
struct TcpConnector(Dialer);

/// A TCP connection with or without TLS, as hyper's traits want it.
type Stream = Monitored<TokioIo<MaybeHttpsStream<TokioIo<Socket>>>>;

type BoxError = Box<dyn Error + Send + Sync>;
type Opening<S> = Pin<Box<dyn Future<Output = Result<TokioIo<S>, BoxError>> + Send>>;

impl Connector {
    pub(super) fn new(tls: rustls::ClientConfig, protocol: Protocol, dialer: Dialer) -> Self {
        let tcp = TcpConnector(dialer);
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        Self(match protocol {
            #[cfg(feature = "otlp-http")]
            Protocol::Http => builder.enable_all_versions().wrap_connector(tcp),
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => builder.enable_http2().wrap_connector(tcp),
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
