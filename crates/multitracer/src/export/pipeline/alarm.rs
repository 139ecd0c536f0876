//! A thread that wakes futures at their deadlines.
//!
//! The runtime of the application may have no clock, or a clock that stands still. The export
//! runtime may be blocked by an exporter. The thread exists only while a future waits.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::results::Results;

/// The alarms of the process.
static ALARMS: Alarms = Alarms {
    list: Mutex::new(List { alarms: Vec::new(), next_id: 0, has_thread: false }),
    changed: Condvar::new(),
};

struct Alarms {
    list: Mutex<List>,
    /// Notified when an alarm is set or removed.
    changed: Condvar,
}

struct List {
    alarms: Vec<Entry>,
    next_id: u64,
    has_thread: bool,
}

struct Entry {
    id: u64,
    deadline: Instant,
    results: Arc<Results>,
}

/// An alarm that is set. Its drop removes it.
#[derive(Debug)]
pub(super) struct Alarm {
    id: u64,
}

impl Alarm {
    /// Wakes the caller that waits for `results` at `deadline`.
    pub(super) fn set(deadline: Instant, results: &Arc<Results>) -> Self {
        let mut list = ALARMS.lock();
        let id = list.next_id;
        list.next_id += 1;
        list.alarms.push(Entry { id, deadline, results: Arc::clone(results) });
        if !list.has_thread {
            // without a thread, the deadlines of the workers remain
            let thread = thread::Builder::new().name("multitracer-alarm".to_owned()).spawn(|| ALARMS.run());
            list.has_thread = thread.is_ok();
        }
        drop(list);
        ALARMS.changed.notify_one();
        Self { id }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        ALARMS.lock().alarms.retain(|entry| entry.id != self.id);
        ALARMS.changed.notify_one();
    }
}

impl Alarms {
    /// Wakes callers until no alarm is left.
    fn run(&self) {
        let mut list = self.lock();
        loop {
            let now = Instant::now();
            let due: Vec<Entry> = list.alarms.extract_if(.., |entry| entry.deadline <= now).collect();
            if !due.is_empty() {
                drop(list);
                for entry in due {
                    entry.results.wake();
                }
                list = self.lock();
                continue;
            }
            let Some(next) = list.alarms.iter().map(|entry| entry.deadline).min() else {
                list.has_thread = false;
                return;
            };
            let waited = self.changed.wait_timeout(list, next.saturating_duration_since(now));
            list = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
