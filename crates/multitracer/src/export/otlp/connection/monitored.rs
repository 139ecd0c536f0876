//! A connection that keeps the failure of its reads.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::export::otlp::transport::causes;

/// The failure of the reads of one connection.
///
/// A request over HTTP/2 fails with "connection closed" if its connection has failed already. Only
/// the connection then knows the cause, such as a TLS alert.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadFailure(Arc<OnceLock<String>>);

impl ReadFailure {
    /// Returns the failure and its causes, which may hold a credential.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// A connection that keeps the failure of its reads.
pub(crate) struct Monitored<S> {
    stream: S,
    failure: ReadFailure,
}

impl<S> Monitored<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, failure: ReadFailure::default() }
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    /// Returns the failure of the reads, which comes later.
    pub(crate) fn failure(&self) -> ReadFailure {
        self.failure.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Monitored<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if let Poll::Ready(Err(error)) = &read {
            this.failure.0.get_or_init(|| causes(error));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Monitored<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
