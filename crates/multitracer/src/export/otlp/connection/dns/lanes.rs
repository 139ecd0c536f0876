//! The lanes in which look-ups run, each with a limit of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time after which a look-up makes room for that of another new host.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// The kind of a host, by its earlier look-ups. Hosts of one kind do not wait for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The host was found before.
    Known,
    /// The host was never looked up.
    New,
    /// No look-up of the host succeeded yet.
    Failed,
}

impl Lane {
    /// Returns the maximum number of look-ups at the same time. Each blocks a thread.
    fn max_running(self) -> usize {
        match self {
            Self::Known => 8,
            Self::New => 64,
            Self::Failed => 16,
        }
    }

    /// Returns the maximum number of look-ups beyond those, which have run for [`PATIENCE`].
    fn max_overdue(self) -> usize {
        match self {
            Self::New => 192,
            Self::Known | Self::Failed => 0,
        }
    }
}

/// The look-ups that run and wait in one lane.
#[derive(Debug, Default)]
struct Traffic {
    /// The hosts, with the moments at which their look-ups started.
    running: HashMap<Arc<str>, Instant>,
    overdue: HashSet<Arc<str>>,
    waiting: Vec<Arc<str>>,
}

/// The look-ups that run and wait.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    known: Traffic,
    new: Traffic,
    failed: Traffic,
}

impl Lanes {
    /// Adds the look-up of a host, which waits.
    pub(super) fn add(&mut self, lane: Lane, host: &Arc<str>) {
        self.traffic(lane).waiting.push(Arc::clone(host));
    }

    /// Returns a host whose look-up can start now, the newest one first: hosts that hang are then
    /// no longer in front of it.
    pub(super) fn start_next(&mut self, lane: Lane) -> Option<Arc<str>> {
        let Traffic { running, overdue, waiting } = self.traffic(lane);
        if waiting.is_empty() {
            return None;
        }
        if running.len() >= lane.max_running() {
            let room = lane.max_overdue().saturating_sub(overdue.len());
            let late = running.iter().filter(|(_, started)| started.elapsed() >= PATIENCE);
            let late: Vec<_> = late.map(|(host, _)| Arc::clone(host)).take(room).collect();
            for host in late {
                running.remove(&host);
                overdue.insert(host);
            }
        }
        if running.len() >= lane.max_running() {
            return None;
        }
        let host = waiting.pop()?;
        running.insert(Arc::clone(&host), Instant::now());
        Some(host)
    }

    /// Ends the look-up of a host.
    pub(super) fn end(&mut self, lane: Lane, host: &str) {
        let traffic = self.traffic(lane);
        if traffic.running.remove(host).is_none() {
            traffic.overdue.remove(host);
        }
    }

    fn traffic(&mut self, lane: Lane) -> &mut Traffic {
        match lane {
            Lane::Known => &mut self.known,
            Lane::New => &mut self.new,
            Lane::Failed => &mut self.failed,
        }
    }
}
