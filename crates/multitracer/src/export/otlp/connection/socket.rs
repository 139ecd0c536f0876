//! A TCP connection that is read to its end.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// Time for the peer's last bytes to arrive after a write has failed.
const LAST_BYTES_TIMEOUT: Duration = Duration::from_secs(1);

/// A TCP connection whose failure is reported by reads only.
///
/// A backend that refuses a request or a client certificate says so and closes the connection. The
/// next write then fails, although the reason waits to be read. Therefore a write never reports
/// that the peer has closed the connection: its bytes are discarded. The reads return what the peer
/// sent, and then the failure of the write.
pub(crate) struct Socket {
    stream: TcpStream,
    /// `None` until a write has failed.
    closed: Option<Closed>,
}

/// A connection that the peer has closed.
struct Closed {
    failure: ErrorKind,
    /// The end of the wait for the peer's last bytes.
    expiry: Pin<Box<Sleep>>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, closed: None }
    }

    /// Writes `bytes` bytes by `write`, unless the peer has closed the connection.
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: usize,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.closed.is_some() {
            return Poll::Ready(Ok(bytes));
        }
        match write(Pin::new(&mut self.stream), cx) {
            Poll::Ready(Err(error)) if is_close_by_peer(error.kind()) => {
                let expiry = Box::pin(sleep(LAST_BYTES_TIMEOUT));
                self.closed = Some(Closed { failure: error.kind(), expiry });
                // the task must read again, which starts the timer
                cx.waker().wake_by_ref();
                Poll::Ready(Ok(bytes))
            }
            other => other,
        }
    }
}

/// Returns `true` for the failures of a write that mean that the peer has closed the connection.
fn is_close_by_peer(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (before, has_room) = (buffer.filled().len(), buffer.remaining() > 0);
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let Some(Closed { failure, expiry }) = &mut this.closed else { return read };
        match read {
            Poll::Ready(Ok(())) if has_room && buffer.filled().len() == before => {
                Poll::Ready(Err((*failure).into()))
            }
            Poll::Pending => expiry.as_mut().poll(cx).map(|()| Err((*failure).into())),
            read => read,
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().write(cx, bytes.len(), |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = parts.iter().map(|part| part.len()).sum();
        self.get_mut().write(cx, bytes, |stream, cx| stream.poll_write_vectored(cx, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closed.is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Returns a connection whose peer has sent `last_bytes` and reset it, and on which a plain
    /// write fails.
    async fn reset_by_peer(last_bytes: &[u8]) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        client.write_all(b"unread").await.unwrap();
        peer.readable().await.unwrap();
        peer.write_all(last_bytes).await.unwrap();
        // a close with unread bytes resets the connection
        drop(peer);
        client
    }

    #[tokio::test]
    async fn the_last_bytes_of_the_peer_are_read_after_a_write_has_failed() {
        let mut plain = reset_by_peer(b"the reason").await;
        assert!(plain.write_all(&[0; 100]).await.is_err(), "the test needs a write that fails");

        let mut socket = Socket::new(reset_by_peer(b"the reason").await);
        for _ in 0..3 {
            socket.write_all(&[0; 100]).await.unwrap();
        }
        let mut read = [0; 10];
        socket.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"the reason");
        let end = socket.read(&mut read).await.unwrap_err();
        assert!(is_close_by_peer(end.kind()), "{end}");
        socket.write_all(b"later").await.unwrap();
        socket.shutdown().await.unwrap();
    }
}
