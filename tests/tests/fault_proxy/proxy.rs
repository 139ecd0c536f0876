//! The proxies: ports, connections and their faults.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use multitracer_tests::Receiver;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::faults::ConnectionFault;
use crate::ledger::Ledger;
use crate::plan::HostPlan;
use crate::ports::{self, Port};
use crate::script::Script;
use crate::tls::TlsServers;
use crate::{http1, http2, pipe};

/// The longest time of a response that no client gives up.
pub(crate) const PROMPT: Duration = Duration::from_millis(100);

/// The time for which a port refuses connections.
const REFUSED: Duration = Duration::from_millis(150);

/// The time for the last bytes of a client after a close.
const LAST_BYTES: Duration = Duration::from_millis(200);

/// The bytes of a connection, with or without TLS.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// The state that all connections of a proxy share.
pub(crate) struct Shared {
    pub(crate) plan: HostPlan,
    pub(crate) script: Script,
    pub(crate) ledger: Ledger,
    pub(crate) tls: Arc<TlsServers>,
    /// The receiver behind connections without a fault.
    pub(crate) clean: Receiver,
    /// The receiver behind connections with a fault.
    pub(crate) dirty: Receiver,
    /// The endpoint of another tracer's backend.
    pub(crate) elsewhere: String,
    draining: watch::Sender<bool>,
    open: AtomicUsize,
    accepted: AtomicUsize,
}

/// A proxy in front of two receivers. It stops when it is dropped.
pub(crate) struct Proxy {
    pub(crate) port: Port,
    pub(crate) shared: Arc<Shared>,
    acceptor: JoinHandle<()>,
}

/// A connection of a client.
pub(crate) struct Connection {
    pub(crate) id: usize,
    pub(crate) accepted: Instant,
    pub(crate) stream: Box<dyn Wire>,
    pub(crate) socket: Socket,
    pub(crate) shared: Arc<Shared>,
}

/// A second handle of a connection's socket. The connection counts as open until its drop.
pub(crate) struct Socket {
    tcp: TcpStream,
    shared: Arc<Shared>,
}

impl Socket {
    /// Lets the next close reset the connection.
    pub(crate) fn reset_on_close(&self) {
        let _ = self.tcp.set_zero_linger();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.shared.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Proxy {
    pub(crate) async fn start(
        plan: &HostPlan,
        seed: u64,
        tls: &Arc<TlsServers>,
        elsewhere: String,
    ) -> io::Result<Self> {
        let port = Port::reserve()?;
        let address = port.address();
        let shared = Arc::new(Shared {
            plan: plan.clone(),
            script: Script::new(plan),
            ledger: Ledger::new(seed),
            tls: Arc::clone(tls),
            clean: Receiver::start().await?,
            dirty: Receiver::start().await?,
            elsewhere,
            draining: watch::Sender::new(false),
            open: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
        });
        let listener = ports::listen(address)?;
        let accepting = accept(Arc::clone(&shared), address, listener);
        let acceptor = tokio::spawn(async move {
            if let Err(error) = accepting.await {
                tracing::warn!("the port of a proxy: {error}");
            }
        });
        Ok(Self { port, shared, acceptor })
    }

    /// Waits until the clients have closed all connections. Returns the number of those that they
    /// keep for longer than `limit`.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        self.acceptor.abort();
        self.shared.draining.send_replace(true);
        let started = Instant::now();
        loop {
            let open = self.shared.open.load(Ordering::Relaxed);
            if open == 0 || started.elapsed() > limit {
                return open;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(shared: Arc<Shared>, address: SocketAddr, mut listener: TcpListener) -> io::Result<()> {
    loop {
        let (tcp, _) = listener.accept().await?;
        let fault = shared.script.next_connection();
        if let Some(fault) = fault {
            shared.ledger.count(format!("{fault:?}"));
        }
        if fault == Some(ConnectionFault::Refuse) {
            tcp.set_zero_linger()?;
            drop((tcp, listener));
            tokio::time::sleep(REFUSED).await;
            listener = ports::listen(address)?;
            continue;
        }
        let shared = Arc::clone(&shared);
        // an error is the end of the connection
        tokio::spawn(async move { Connection::new(tcp, shared)?.serve(fault).await });
    }
}

impl Connection {
    fn new(tcp: TcpStream, shared: Arc<Shared>) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let tcp = tcp.into_std()?;
        let second = TcpStream::from_std(tcp.try_clone()?)?;
        shared.open.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            id: shared.accepted.fetch_add(1, Ordering::Relaxed),
            accepted: Instant::now(),
            stream: Box::new(TcpStream::from_std(tcp)?),
            socket: Socket { tcp: second, shared: Arc::clone(&shared) },
            shared,
        })
    }

    async fn serve(mut self, fault: Option<ConnectionFault>) -> io::Result<()> {
        use ConnectionFault as F;
        let tls = Arc::clone(&self.shared.tls);
        match fault {
            Some(F::CloseAtOnce) => return Ok(()),
            Some(F::ResetAtOnce) => {
                self.reset();
                return Ok(());
            }
            Some(F::NeverRead) => {
                self.hold().await;
                return Ok(());
            }
            Some(F::GarbageFirst) => {
                self.stream.write_all(b"\x00\xff\x17 220 smtp.example.com ready\r\n").await?;
                self.close().await;
                return Ok(());
            }
            Some(F::WrongName) => return self.refused_handshake(&tls.wrong_name, F::WrongName).await,
            Some(F::Expired) => return self.refused_handshake(&tls.expired, F::Expired).await,
            Some(F::UnknownAuthority) => {
                return self.refused_handshake(&tls.unknown_authority, F::UnknownAuthority).await;
            }
            Some(F::WrongProtocol) => {
                return self.refused_handshake(&tls.wrong_protocol, F::WrongProtocol).await;
            }
            Some(F::TlsOnPlainPort) => {
                let _ = tls.good(false).accept(&mut self.stream).await;
                self.close().await;
                return Ok(());
            }
            Some(F::CloseInHandshake) => {
                self.stream.read_exact(&mut [0; 64]).await?;
                self.close().await;
                return Ok(());
            }
            Some(F::StallInHandshake) => {
                self.stream.read_exact(&mut [0; 64]).await?;
                self.hold().await;
                return Ok(());
            }
            Some(F::PlainText) => {
                self.stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await?;
                self.close().await;
                return Ok(());
            }
            _ => {}
        }
        let protocol = self.shared.plan.protocol;
        if protocol.is_tls() {
            let Self { id, accepted, stream, socket, shared } = self;
            let stream = Box::new(tls.good(protocol.is_http2()).accept(stream).await?);
            self = Self { id, accepted, stream, socket, shared };
        }
        match fault {
            Some(F::GarbageRecord) => {
                self.socket.tcp.try_write(b"\x17\x03\x03\x00\x05hello")?;
                self.hold().await;
                Ok(())
            }
            Some(F::AnswerFirst) => http1::answer_first(self).await,
            Some(
                F::GoAwayAtOnce | F::NoStreams | F::OneStream | F::NoWindow | F::SmallWindow | F::NoSettings,
            ) => http2::serve(self, fault).await,
            Some(_) => {
                let to = address(&self.shared.dirty, protocol.is_grpc());
                pipe::forward(self, to, fault).await
            }
            None if self.shared.script.has_no_requests_left() && !self.shared.plan.responds_itself => {
                let to = address(&self.shared.clean, protocol.is_grpc());
                pipe::forward(self, to, None).await
            }
            None if protocol.is_http2() => http2::serve(self, None).await,
            None => http1::serve(self).await,
        }
    }

    /// Does a handshake that no client may complete.
    async fn refused_handshake(mut self, server: &TlsAcceptor, fault: ConnectionFault) -> io::Result<()> {
        let Ok(mut stream) = server.accept(&mut self.stream).await else { return Ok(()) };
        if stream.read(&mut [0; 1]).await.is_ok_and(|read| read > 0) {
            let wrong = format!("the client sent data over a connection with {fault:?}");
            self.shared.ledger.state().wrong.push(wrong);
        }
        Ok(())
    }

    /// Closes the connection. The client can read all responses before.
    pub(crate) async fn close(mut self) {
        let _ = self.stream.shutdown().await;
        let _ = tokio::time::timeout(LAST_BYTES, read_to_end(&mut self.stream)).await;
    }

    /// Resets the connection.
    pub(crate) fn reset(self) {
        self.shared.ledger.broke(self.id);
        self.socket.reset_on_close();
    }

    /// Keeps the connection without a word, until the client should have closed it.
    pub(crate) async fn hold(mut self) {
        self.shared.drained().await;
        read_to_end(&mut self.stream).await;
    }
}

impl Shared {
    /// Waits until all clients should have closed their connections.
    pub(crate) async fn drained(&self) {
        let _ = self.draining.subscribe().wait_for(|draining| *draining).await;
    }
}

/// Reads until the client closes the connection.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = vec![0; 16 << 10];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

fn address(receiver: &Receiver, is_grpc: bool) -> SocketAddr {
    let endpoint = if is_grpc { receiver.grpc_endpoint() } else { receiver.http_endpoint() };
    endpoint.trim_start_matches("http://").trim_end_matches("/v1/traces").parse().unwrap()
}
