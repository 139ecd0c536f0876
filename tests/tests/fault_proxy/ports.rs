//! The ports of the proxies, which stay reserved while a client may use them.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket};

/// The time for which a port stays reserved after its proxy. A dropped registry exports for 5 s.
const RESERVED: Duration = Duration::from_secs(10);

/// The ports of proxies that ended, with the times of their ends.
static ENDED: Mutex<Vec<(Instant, TcpSocket)>> = Mutex::new(Vec::new());

/// A port that no other socket gets, even while nothing listens on it.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    /// The socket that keeps the port; `None` during the drop.
    reserved: Option<TcpSocket>,
}

impl Port {
    /// Reserves a free port of the loopback address.
    pub(crate) fn reserve() -> io::Result<Self> {
        let reserved = socket(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self { address: reserved.local_addr()?, reserved: Some(reserved) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|(end, _)| end.elapsed() < RESERVED);
        ended.extend(self.reserved.take().map(|reserved| (Instant::now(), reserved)));
    }
}

/// Listens on a reserved port.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    socket(address)?.listen(1024)
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
