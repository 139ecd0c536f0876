//! The look-ups of one registry and their results.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::lanes::{Lane, Lanes, PATIENCE};
use crate::export::silence::mark_export_thread;

/// Time for which addresses are used without a further look-up.
const FRESH_FOR: Duration = Duration::from_secs(30);

/// Time for which addresses are used while a further look-up runs or fails.
const USABLE_FOR: Duration = Duration::from_secs(600);

/// Shortest time between two look-ups of a host to which no connection could be opened.
const DOUBT_INTERVAL: Duration = Duration::from_secs(1);

/// Number of hosts above which those without addresses are forgotten.
const MAX_HOSTS: usize = 1024;

/// The addresses of a host, or the error of the look-up.
type Found = Result<Vec<IpAddr>, (io::ErrorKind, String)>;

/// Looks a host up, and blocks the thread meanwhile.
type LookUp = Box<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// The look-ups of one registry.
///
/// A look-up blocks a thread for as long as the system's resolver waits. The threads are apart from
/// the runtime, and their number is limited by lanes. A host that was found before never waits for
/// one that was not.
pub(crate) struct Lookups {
    look_up: LookUp,
    fresh_for: Duration,
    doubt_interval: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hosts: HashMap<Arc<str>, Host>,
    lanes: Lanes,
}

/// The look-ups of one host.
#[derive(Default)]
struct Host {
    addresses: Option<Addresses>,
    has_failed: bool,
    /// `true` if no connection to one of the addresses could be opened.
    is_doubtful: bool,
    looked_up_at: Option<Instant>,
    /// Receives the result of the look-up that runs or waits. All who need the host share it.
    pending: Option<watch::Sender<Option<Found>>>,
}

struct Addresses {
    list: Vec<IpAddr>,
    found_at: Instant,
}

/// The addresses of a host, now or later.
enum Answer {
    Known(Vec<IpAddr>),
    /// Addresses to use if the look-up takes long.
    Doubtful(Vec<IpAddr>, watch::Receiver<Option<Found>>),
    Pending(watch::Receiver<Option<Found>>),
}

impl Default for Lookups {
    /// Creates look-ups by the system's resolver.
    fn default() -> Self {
        let look_up = |host: &str| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect());
        Self::new(look_up, FRESH_FOR, DOUBT_INTERVAL)
    }
}

impl Lookups {
    fn new(
        look_up: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
        fresh_for: Duration,
        doubt_interval: Duration,
    ) -> Self {
        Self { look_up: Box::new(look_up), fresh_for, doubt_interval, state: Mutex::default() }
    }

    /// Returns the addresses of a host. Waits for a look-up only if no addresses are known, and for
    /// a moment if they are in doubt.
    pub(super) async fn addresses(self: &Arc<Self>, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut pending = match self.answer(host) {
            Answer::Known(addresses) => return Ok(addresses),
            Answer::Doubtful(addresses, mut pending) => {
                let found = tokio::time::timeout(PATIENCE, pending.wait_for(Option::is_some)).await;
                let found = found.ok().and_then(Result::ok).and_then(|found| found.clone());
                return Ok(found.and_then(Result::ok).unwrap_or(addresses));
            }
            Answer::Pending(pending) => pending,
        };
        let found = loop {
            let found = tokio::time::timeout(PATIENCE, pending.wait_for(Option::is_some)).await;
            match found.map(|found| found.map(|found| found.clone())) {
                Ok(found) => break found,
                // look-ups that hang make room for this one
                Err(_) => self.start_waiting(Lane::New),
            }
        };
        match found {
            Ok(Some(Ok(addresses))) => Ok(addresses),
            Ok(Some(Err((kind, message)))) => Err(io::Error::new(kind, message)),
            Ok(None) | Err(_) => Err(io::Error::other("the look-up of the host stopped")),
        }
    }

    /// Notes that no connection to a host could be opened. The host may have moved.
    pub(in super::super) fn doubt(&self, name: &str) {
        if let Some(host) = self.state().hosts.get_mut(name) {
            host.is_doubtful = true;
        }
    }

    /// Returns the addresses that are known, or the look-up to wait for. Starts a look-up if the
    /// addresses are old.
    fn answer(self: &Arc<Self>, name: &str) -> Answer {
        let mut state = self.state();
        let State { hosts, lanes } = &mut *state;
        if hosts.len() >= MAX_HOSTS {
            hosts.retain(|_, host| host.addresses.is_some() || host.pending.is_some());
        }
        let name = hosts.get_key_value(name).map_or_else(|| name.into(), |(name, _)| Arc::clone(name));
        let host = hosts.entry(Arc::clone(&name)).or_default();
        let age = host.addresses.as_ref().map(|addresses| addresses.found_at.elapsed());
        let is_settled = |at: Instant| at.elapsed() < self.doubt_interval;
        let is_trusted = !host.is_doubtful || host.looked_up_at.is_some_and(is_settled);
        if let (Some(addresses), Some(age)) = (&host.addresses, age)
            && age < self.fresh_for
            && is_trusted
        {
            return Answer::Known(addresses.list.clone());
        }
        let lane = match (&host.addresses, host.has_failed) {
            (Some(_), _) => Lane::Known,
            (None, false) => Lane::New,
            (None, true) => Lane::Failed,
        };
        let is_pending = host.pending.is_some();
        let pending = host.pending.get_or_insert_with(|| watch::Sender::new(None)).subscribe();
        let answer = match &host.addresses {
            Some(addresses) if !is_trusted && age.is_some_and(|age| age < USABLE_FOR) => {
                Answer::Doubtful(addresses.list.clone(), pending)
            }
            // the host may have moved, which the look-up finds out for the next connection
            Some(addresses) if age.is_some_and(|age| age < USABLE_FOR) => {
                Answer::Known(addresses.list.clone())
            }
            _ => Answer::Pending(pending),
        };
        if !is_pending {
            lanes.add(lane, &name);
        }
        drop(state);
        if !is_pending {
            self.start_waiting(lane);
        }
        answer
    }

    /// Starts the look-ups of a lane for which there is room. Each has a thread.
    fn start_waiting(self: &Arc<Self>, lane: Lane) {
        loop {
            // a thread is not started under the lock
            let next = self.state().lanes.start_next(lane);
            let Some(name) = next else { return };
            let (lookups, host) = (Arc::clone(self), Arc::clone(&name));
            let thread = thread::Builder::new().name("multitracer-dns".to_owned());
            if let Err(error) = thread.spawn(move || lookups.run(lane, host)) {
                self.complete(lane, &name, Err(error));
            }
        }
    }

    /// Looks a host up, and then those that wait in the lane.
    fn run(&self, lane: Lane, name: Arc<str>) {
        mark_export_thread();
        let mut next = Some(name);
        while let Some(name) = next {
            let found = (self.look_up)(&name);
            self.complete(lane, &name, found);
            next = self.state().lanes.start_next(lane);
        }
    }

    /// Stores the result of a look-up.
    fn complete(&self, lane: Lane, name: &str, found: io::Result<Vec<IpAddr>>) {
        let found = match found {
            Ok(list) if list.is_empty() => Err((io::ErrorKind::NotFound, "the host has no address".into())),
            Ok(list) => Ok(list),
            Err(error) => Err((error.kind(), format!("cannot look up the host: {error}"))),
        };
        let mut state = self.state();
        if let Some(host) = state.hosts.get_mut(name) {
            (host.has_failed, host.looked_up_at) = (found.is_err(), Some(Instant::now()));
            if let Ok(list) = &found {
                host.is_doubtful = false;
                host.addresses = Some(Addresses { list: list.clone(), found_at: Instant::now() });
            }
            if let Some(pending) = host.pending.take() {
                pending.send_replace(Some(found));
            }
        }
        state.lanes.end(lane, name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[cfg_attr(feature = "otlp-http", expect(clippy::unwrap_used, reason = "a test may panic"))]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Look-ups by a resolver that never answers for `hung*`, and fails for `bad*`.
    struct Network {
        lookups: Arc<Lookups>,
        /// The number of look-ups that run now, and the number of all so far.
        counts: Arc<[AtomicUsize; 2]>,
        /// Ends the hung look-ups on drop.
        _alive: mpsc::Sender<()>,
    }

    fn network(fresh_for: Duration) -> Network {
        let (alive, until_dropped) = mpsc::channel::<()>();
        let until_dropped = Mutex::new(until_dropped);
        let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let counted = Arc::clone(&counts);
        let is_over = move || {
            let lock = until_dropped.lock().unwrap_or_else(PoisonError::into_inner);
            lock.try_recv() == Err(mpsc::TryRecvError::Disconnected)
        };
        let look_up = move |host: &str| {
            counted.iter().for_each(|count| {
                count.fetch_add(1, Ordering::SeqCst);
            });
            while host.starts_with("hung") && !is_over() {
                thread::sleep(Duration::from_millis(5));
            }
            counted[0].fetch_sub(1, Ordering::SeqCst);
            if host.starts_with("bad") { Err(io::ErrorKind::NotFound.into()) } else { Ok(vec![ADDRESS]) }
        };
        let lookups = Lookups::new(look_up, fresh_for, Duration::ZERO);
        Network { lookups: Arc::new(lookups), counts, _alive: alive }
    }

    /// Returns the addresses of a host if they come soon.
    async fn soon(lookups: &Arc<Lookups>, host: &str) -> Option<Vec<IpAddr>> {
        tokio::time::timeout(Duration::from_secs(5), lookups.addresses(host)).await.ok()?.ok()
    }

    #[tokio::test]
    async fn hung_look_ups_are_bounded_and_delay_no_known_host() {
        let Network { lookups, counts, _alive } = network(Duration::ZERO);
        assert_eq!(soon(&lookups, "known").await, Some(vec![ADDRESS]));
        let hung: Vec<_> = (0..300).map(|n| lookups.answer(&format!("hung-{n}"))).collect();
        assert!(hung.iter().all(|answer| matches!(answer, Answer::Pending(_))));
        // old addresses are used, and looked up again beside the hung look-ups
        for round in 0..3 {
            assert!(matches!(lookups.answer("known"), Answer::Known(list) if list == [ADDRESS]));
            let refreshed = async {
                while lookups.state().hosts["known"].pending.is_some() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            assert!(tokio::time::timeout(Duration::from_secs(5), refreshed).await.is_ok(), "round {round}");
        }
        // a new host waits until the first of the hung look-ups make room
        assert_eq!(soon(&lookups, "new").await, Some(vec![ADDRESS]));
        assert!(counts[0].load(Ordering::SeqCst) <= 256);
    }

    #[tokio::test]
    async fn a_host_is_looked_up_once_while_its_addresses_are_fresh() {
        let Network { lookups, counts, _alive } = network(FRESH_FOR);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let lookups = Arc::clone(&lookups);
            tasks.spawn(async move { soon(&lookups, "host").await });
        }
        assert!(tasks.join_all().await.iter().all(Option::is_some));
        assert_eq!(counts[1].load(Ordering::SeqCst), 1);
        assert_eq!(soon(&lookups, "host").await, Some(vec![ADDRESS]));
        assert_eq!(counts[1].load(Ordering::SeqCst), 1);
    }

    #[cfg(feature = "otlp-http")]
    #[tokio::test]
    async fn a_host_to_which_no_connection_opens_is_looked_up_again() {
        use crate::export::exporter::Pause;
        use crate::export::otlp::connection::{Host, Link, Post, Protocol, Slots};
        use crate::export::otlp::tls::{Pem, client_config};

        let Network { lookups, counts, _alive } = network(FRESH_FOR);
        let looked_up = || counts[1].load(Ordering::SeqCst);
        let tls = Arc::new(client_config(&Pem::default()).unwrap());
        let host = Host::new(Protocol::Http, tls, "here.test", &lookups);
        let link = Link::new(Arc::new(host), Arc::new(Slots::new()));
        // no process listens at this port
        let (url, headers) = (http::Uri::from_static("http://here.test:9/"), http::HeaderMap::new());
        let timeout = Duration::from_secs(5);
        for expected in [1, 2] {
            let post = Post { url: &url, headers: &headers, body: "x".into() };
            assert!(link.send(post, timeout, None, &Pause::default()).await.is_err());
            assert_eq!(looked_up(), expected);
        }
        for _ in 0..2 {
            assert!(soon(&lookups, "here.test").await.is_some());
            assert_eq!(looked_up(), 3, "a look-up settles the doubt");
        }
    }

    #[tokio::test]
    async fn a_host_that_failed_does_not_wait_in_the_lane_of_new_ones() {
        let Network { lookups, counts, _alive } = network(FRESH_FOR);
        assert_eq!(soon(&lookups, "bad").await, None);
        let hung: Vec<_> = (0..100).map(|n| lookups.answer(&format!("hung-{n}"))).collect();
        assert_eq!(hung.len(), 100);
        let error = tokio::time::timeout(Duration::from_secs(5), lookups.addresses("bad")).await;
        assert!(error.is_ok_and(|error| error.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)));
        assert!(counts[1].load(Ordering::SeqCst) >= 2, "each failure is looked up again");
    }
}
