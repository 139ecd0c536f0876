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
    Pending(watch::Receiver<Option<Found>>),
}

impl Default for Lookups {
    /// Creates look-ups by the system's resolver.
    fn default() -> Self {
        let look_up = |host: &str| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect());
        Self { look_up: Box::new(look_up), fresh_for: FRESH_FOR, state: Mutex::default() }
    }
}

impl Lookups {
    /// Returns the addresses of a host. Waits for a look-up only if no addresses are known.
    pub(super) async fn addresses(self: &Arc<Self>, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut pending = match self.answer(host) {
            Answer::Known(addresses) => return Ok(addresses),
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
        if let (Some(addresses), Some(age)) = (&host.addresses, age)
            && age < self.fresh_for
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
            host.has_failed = found.is_err();
            if let Ok(list) = &found {
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
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

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
        let lookups = Lookups { look_up: Box::new(look_up), fresh_for, state: Mutex::default() };
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
