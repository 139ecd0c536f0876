//! The lanes in which look-ups run, each with a limit of its own.

use std::collections::VecDeque;
use std::sync::Arc;

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
}

/// The look-ups that run and wait in one lane.
#[derive(Debug, Default)]
struct Traffic {
    running: usize,
    waiting: VecDeque<Arc<str>>,
}

/// The look-ups that run and wait.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    known: Traffic,
    new: Traffic,
    failed: Traffic,
}

impl Lanes {
    /// Starts the look-up of a host, or lets it wait. Returns `true` if it starts.
    pub(super) fn enter(&mut self, lane: Lane, host: &Arc<str>) -> bool {
        let traffic = self.traffic(lane);
        let is_free = traffic.running < lane.max_running();
        if is_free {
            traffic.running += 1;
        } else {
            traffic.waiting.push_back(Arc::clone(host));
        }
        is_free
    }

    /// Ends a look-up, and returns the host of the next one, which starts.
    pub(super) fn next(&mut self, lane: Lane) -> Option<Arc<str>> {
        let traffic = self.traffic(lane);
        let next = traffic.waiting.pop_front();
        if next.is_none() {
            traffic.running -= 1;
        }
        next
    }

    fn traffic(&mut self, lane: Lane) -> &mut Traffic {
        match lane {
            Lane::Known => &mut self.known,
            Lane::New => &mut self.new,
            Lane::Failed => &mut self.failed,
        }
    }
}
