//! The knocks at a host that cannot be reached.

use std::time::Duration;

use http::Uri;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower_service::Service as _;

use super::dial::Dialer;
use crate::export::exporter::jitter;

/// Longest time between two knocks, which is also the time limit of a knock.
const INTERVAL: Duration = Duration::from_millis(600);

/// Time over which the tracers of a host that is back send their requests.
const SPREAD: Duration = Duration::from_millis(200);

/// The knocks at one host that cannot be reached, for all tracers.
///
/// A knock opens a TCP connection and closes it. The tracers learn that their host is back, and
/// their backoff ends. One tracer at a time knocks, so a thousand tracers cost a host that is gone
/// no more than one does.
pub(super) struct Knocker {
    dialer: Dialer,
    /// The time of the next knock, for the tracer that knocks.
    next: Mutex<Instant>,
    /// The number of times at which the host was found.
    found: watch::Sender<u64>,
}

impl Knocker {
    pub(super) fn new(dialer: Dialer) -> Self {
        Self { dialer, next: Mutex::new(Instant::now()), found: watch::Sender::new(0) }
    }

    /// Waits until the host of `url` can be reached.
    pub(super) async fn reachable(&self, url: &Uri) {
        let mut found = self.found.subscribe();
        tokio::select! {
            biased;
            _ = found.changed() => {}
            () = self.knock(url) => self.found(),
        }
        // other tracers wait for the same host
        sleep(jitter(SPREAD)).await;
    }

    /// Tells the waiting tracers that the host can be reached.
    pub(super) fn found(&self) {
        if self.found.receiver_count() > 0 {
            self.found.send_modify(|times| *times += 1);
        }
    }

    /// Knocks until a connection opens.
    async fn knock(&self, url: &Uri) {
        let mut next = self.next.lock().await;
        loop {
            if *next <= Instant::now() {
                *next = Instant::now() + jitter(INTERVAL);
            }
            sleep_until(*next).await;
            if let Ok(Ok(_)) = timeout(INTERVAL, self.dialer.clone().call(url.clone())).await {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::super::dns::{Lookups, Resolver};
    use super::*;

    /// Tracers that wait for one host.
    const TRACERS: usize = 200;

    #[tokio::test]
    async fn tracers_that_wait_for_a_host_share_their_knocks() -> io::Result<()> {
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let url: Uri = format!("http://{address}/v1/traces").parse().map_err(io::Error::other)?;
        let knocker = Arc::new(Knocker::new(Dialer::new(Resolver::new(Arc::<Lookups>::default()))));
        let mut waiting = JoinSet::new();
        for _ in 0..TRACERS {
            let (knocker, url) = (Arc::clone(&knocker), url.clone());
            waiting.spawn(async move { knocker.reachable(&url).await });
        }
        sleep(INTERVAL * 2).await;
        assert!(waiting.try_join_next().is_none(), "the port is closed");

        let listener = TcpListener::bind(address).await?;
        let (returned, knocks) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&knocks);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        waiting.join_all().await;
        let elapsed = returned.elapsed();
        assert!(elapsed < (INTERVAL + SPREAD) * 5, "{elapsed:?}");
        assert_eq!(knocks.load(Ordering::SeqCst), 1);
        Ok(())
    }

    #[tokio::test]
    async fn a_response_to_one_tracer_tells_the_others() {
        let knocker = Knocker::new(Dialer::new(Resolver::new(Arc::<Lookups>::default())));
        // a port that no server uses
        let url = Uri::from_static("http://127.0.0.1:1");
        let waiting = knocker.reachable(&url);
        let response = async {
            sleep(Duration::from_millis(50)).await;
            knocker.found();
        };
        let both = async { tokio::join!(waiting, response) };
        assert!(timeout(Duration::from_secs(10), both).await.is_ok());
    }
}
