//! The way to a server, which can be closed.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::OutageKind;

const BUFFER_BYTES: usize = 64 * 1024;

/// A proxy of a server. While it is closed, it refuses or ignores its clients.
pub(super) struct Gate {
    address: SocketAddr,
    server: SocketAddr,
    kind: OutageKind,
    is_open: watch::Sender<bool>,
    /// The task that accepts connections, unless the port is closed.
    accepting: Option<JoinHandle<()>>,
}

impl Gate {
    /// Opens a port in front of `server`.
    pub(super) async fn open(server: SocketAddr, kind: OutageKind) -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut gate = Self { address, server, kind, is_open: watch::Sender::new(true), accepting: None };
        gate.listen().await?;
        Ok(gate)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the gate.
    pub(super) async fn close(&mut self) {
        if self.kind == OutageKind::Status {
            return;
        }
        self.is_open.send_replace(false);
        if self.kind == OutageKind::Refused
            && let Some(accepting) = self.accepting.take()
        {
            accepting.abort();
            // the port is closed once the task is gone
            let _ = accepting.await;
        }
    }

    /// Opens the gate again, at the same port.
    pub(super) async fn reopen(&mut self) -> io::Result<()> {
        self.is_open.send_replace(true);
        if self.accepting.is_none() {
            self.listen().await?;
        }
        Ok(())
    }

    async fn listen(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.address = listener.local_addr()?;
        let (server, kind, mut is_open) = (self.server, self.kind, self.is_open.subscribe());
        self.accepting = Some(tokio::spawn(async move {
            loop {
                // the kernel accepts clients for a process that hangs
                if !wait_for(&mut is_open, true).await {
                    return;
                }
                let Ok((client, _)) = listener.accept().await else { return };
                tokio::spawn(serve(client, server, kind, is_open.clone()));
            }
        }));
        Ok(())
    }
}

/// Forwards a connection until one of both ends closes it, or the outage does.
async fn serve(client: TcpStream, server: SocketAddr, kind: OutageKind, is_open: watch::Receiver<bool>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    // a delay of the proxy would look like one of the exporter
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut closed = is_open.clone();
    let ended = async move {
        match kind {
            OutageKind::Refused => wait_for(&mut closed, false).await,
            OutageKind::Silent | OutageKind::Status => std::future::pending().await,
        }
    };
    let there = forward(from_client, to_server, is_open.clone());
    let back = forward(from_server, to_client, is_open);
    tokio::select! {
        _ = ended => {}
        _ = there => {}
        _ = back => {}
    }
}

/// Forwards one direction of a connection, except while the gate is closed.
async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut is_open: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        wait_for(&mut is_open, true).await;
        let read = tokio::select! {
            biased;
            // wait until it is open again
            _ = wait_for(&mut is_open, false) => continue,
            read = from.read(&mut buffer) => read?,
        };
        if read == 0 {
            return Ok(());
        }
        wait_for(&mut is_open, true).await;
        to.write_all(&buffer[..read]).await?;
    }
}

/// Waits until the gate is open or closed. Returns `false` if the gate is gone.
async fn wait_for(is_open: &mut watch::Receiver<bool>, wanted: bool) -> bool {
    is_open.wait_for(|is_open| *is_open == wanted).await.is_ok()
}
