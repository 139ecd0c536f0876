//! The connection of a probe: DNS, TCP and TLS, one step after another.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::deadline::Deadline;
use super::outcome::{ProbeOutcome, ProbeStep};
use super::request::ProbeRequest;
use crate::export::client::{Lookups, Socket, error_chain};

/// A connection to a backend.
pub(super) enum Connection {
    Plain(Socket),
    Secure(Box<TlsStream<Socket>>),
}

impl Connection {
    /// Returns `true` if TLS has agreed on HTTP/2.
    pub(super) fn has_agreed_on_http2(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Secure(stream) => stream.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }
}

/// Opens a connection to the backend of `request`.
pub(super) async fn connect(
    request: &ProbeRequest,
    lookups: &Arc<Lookups>,
    deadline: Deadline,
) -> Result<Connection, ProbeOutcome> {
    let host = request.url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = request.url.port_u16().unwrap_or(if request.tls.is_some() { 443 } else { 80 });
    let tcp = Socket::new(connect_tcp(host, port, lookups, deadline).await?);
    let Some(tls) = &request.tls else { return Ok(Connection::Plain(tcp)) };
    let tls_error = |error: &dyn std::fmt::Display| ProbeOutcome::unreachable(ProbeStep::Tls, error);
    let name = ServerName::try_from(host.to_owned()).map_err(|error| tls_error(&error))?;
    let handshake = TlsConnector::from(Arc::clone(tls)).connect(name, tcp);
    let stream =
        deadline.within(ProbeStep::Tls, handshake).await?.map_err(|error| tls_error(&error_chain(&error)))?;
    Ok(Connection::Secure(Box::new(stream)))
}

/// Looks the host up, and connects to the first of its addresses that accepts.
async fn connect_tcp(
    host: &str,
    port: u16,
    lookups: &Arc<Lookups>,
    deadline: Deadline,
) -> Result<TcpStream, ProbeOutcome> {
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) => {
            let found = deadline.within(ProbeStep::Dns, lookups.resolve(host)).await?;
            found.map_err(|error| {
                ProbeOutcome::unreachable(
                    ProbeStep::Dns,
                    format_args!("the host `{host}` is not found: {error}"),
                )
            })?
        }
    };
    let mut first_error = None;
    for address in addresses.into_iter().map(|address| SocketAddr::new(address, port)) {
        match deadline.within(ProbeStep::Connect, TcpStream::connect(address)).await? {
            Ok(stream) => return Ok(stream),
            Err(error) => drop(first_error.get_or_insert_with(|| format!("{address}: {error}"))),
        }
    }
    Err(ProbeOutcome::unreachable(ProbeStep::Connect, first_error.unwrap_or_else(|| "no address".to_owned())))
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Secure(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Secure(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
