//! Name, connection, TLS, HTTP: one step after another, each under the same deadline.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::uri::Scheme;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::answer::Answer;
use super::request::Message;
use super::{ProbeOutcome, ProbeStep, Target, tls};

/// Answers of a backend are short; more than this is not read.
const MOST: usize = 256 << 10;
/// The gRPC method.
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// When it has to be over.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // a limit that no clock can hold is none
        Self { at: now.checked_add(limit).unwrap_or(now + Duration::from_secs(86_400)), limit }
    }

    async fn within<T>(self, step: ProbeStep, future: impl Future<Output = T>) -> Result<T, ProbeOutcome> {
        tokio::time::timeout_at(self.at.into(), future).await.map_err(|_| {
            let what = match step {
                ProbeStep::Dns => "the name was not resolved",
                ProbeStep::Connect => "no connection",
                ProbeStep::Tls => "no secure connection",
                ProbeStep::Http => "no answer",
            };
            ProbeOutcome::unreachable(step, format_args!("{what} within {:?}", self.limit))
        })
    }
}

/// A connection to a backend.
pub(super) struct Stream {
    inner: Transport,
    /// Whether both sides agreed on HTTP/2.
    http2: bool,
}

enum Transport {
    Plain(TcpStream),
    Secure(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

pub(super) async fn connect(
    uri: &Uri,
    target: &Target<'_>,
    deadline: Deadline,
) -> Result<Stream, ProbeOutcome> {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let secure = uri.scheme() == Some(&Scheme::HTTPS);
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    // read before the first packet: what is wrong here is wrong without a network
    let tls = secure.then(|| tls::client_config(target.tls, target.grpc)).transpose();
    let tls = tls.map_err(|error| ProbeOutcome::Misconfigured { error })?;
    let dns = |error: io::Error| {
        ProbeOutcome::unreachable(ProbeStep::Dns, format_args!("the host `{host}` is not found: {error}"))
    };
    let found = deadline.within(ProbeStep::Dns, tokio::net::lookup_host((host, port))).await?;
    let mut last = io::Error::other("no address");
    let mut connected = None;
    for address in found.map_err(dns)? {
        match deadline.within(ProbeStep::Connect, TcpStream::connect(address)).await? {
            Ok(stream) => {
                connected = Some(stream);
                break;
            }
            Err(error) => last = io::Error::new(error.kind(), format!("{address}: {error}")),
        }
    }
    let Some(tcp) = connected else { return Err(ProbeOutcome::unreachable(ProbeStep::Connect, last)) };
    let Some(config) = tls else { return Ok(Stream { inner: Transport::Plain(tcp), http2: target.grpc }) };
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| ProbeOutcome::unreachable(ProbeStep::Tls, error))?;
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, tcp);
    let stream = deadline
        .within(ProbeStep::Tls, handshake)
        .await?
        .map_err(|error| ProbeOutcome::unreachable(ProbeStep::Tls, error))?;
    let http2 = target.grpc || stream.get_ref().1.alpn_protocol() == Some(b"h2");
    Ok(Stream { inner: Transport::Secure(Box::new(stream)), http2 })
}

pub(super) async fn exchange(
    stream: Stream,
    uri: &Uri,
    grpc: bool,
    message: &Message,
    deadline: Deadline,
) -> Result<Answer, ProbeOutcome> {
    let answered = deadline.within(ProbeStep::Http, ask(stream, uri, grpc, message)).await?;
    answered.map_err(|error| ProbeOutcome::unreachable(ProbeStep::Http, chain(&*error)))
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn ask(stream: Stream, uri: &Uri, grpc: bool, message: &Message) -> Result<Answer, Failure> {
    let http2 = stream.http2;
    let io = TokioIo::new(stream);
    let request = |target: Uri| {
        let mut request = Request::new(Full::new(message.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target;
        request.headers_mut().clone_from(&message.headers);
        request
    };
    if http2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
        let driver = tokio::spawn(connection);
        let target = if grpc { with_path(uri, EXPORT)? } else { uri.clone() };
        let answer = read(sender.send_request(request(target)).await?, grpc).await;
        driver.abort();
        answer
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        let driver = tokio::spawn(connection);
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        let mut request = request(path);
        let host = uri.authority().map_or("", |authority| authority.as_str());
        request.headers_mut().insert(http::header::HOST, host.parse()?);
        let answer = read(sender.send_request(request).await?, grpc).await;
        driver.abort();
        answer
    }
}

fn with_path(uri: &Uri, path: &'static str) -> Result<Uri, http::uri::InvalidUriParts> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static(path));
    Uri::from_parts(parts)
}

async fn read(response: http::Response<Incoming>, grpc: bool) -> Result<Answer, Failure> {
    let (parts, body) = response.into_parts();
    let collected = Limited::new(body, MOST).collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let body: Bytes = collected.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, trailers, body, grpc })
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Secure(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Secure(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
