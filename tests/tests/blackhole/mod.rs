//! A proxy whose connections can die without a word, as behind a router that lost its state.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A proxy that forwards connections, until it is told to forward nothing more on them.
pub(crate) struct Blackhole {
    pub(crate) address: SocketAddr,
    /// The number of times at which the connections died.
    deaths: watch::Sender<usize>,
    accepted: Arc<AtomicUsize>,
}

impl Blackhole {
    /// Starts a proxy in front of `to`, an address or a URL of OTLP.
    pub(crate) async fn start(to: &str) -> Self {
        let to = to.trim_start_matches("http://").trim_end_matches("/v1/traces").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (deaths, accepted) = (watch::Sender::new(0), Arc::new(AtomicUsize::new(0)));
        let (subscribe, count) = (deaths.clone(), Arc::clone(&accepted));
        tokio::spawn(async move {
            while let Ok((mut outside, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let (mut death, to) = (subscribe.subscribe(), to.clone());
                tokio::spawn(async move {
                    let mut inside = TcpStream::connect(to).await?;
                    tokio::select! {
                        copied = tokio::io::copy_bidirectional(&mut outside, &mut inside) => return copied,
                        _ = death.changed() => {}
                    }
                    // both connections stay open, and nothing reads them
                    std::future::pending().await
                });
            }
        });
        Self { address, deaths, accepted }
    }

    /// Forwards nothing more on the connections that are open. Later connections work.
    pub(crate) fn kill_connections(&self) {
        self.deaths.send_modify(|deaths| *deaths += 1);
    }

    /// Returns the number of connections that were opened.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}
