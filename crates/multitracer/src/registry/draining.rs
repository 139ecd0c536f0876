//! Tracers that a reload took out, until nothing of theirs is left.
//!
//! They go on taking the spans of the traces that began in them. Once no span is open and nothing else holds such a tracer,
//! none can start in it any more: its queue is exported, and its counts are kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Inner;
use super::lifecycle::tracer_stats;
use crate::export::{ExporterFailure, Pending, TracerReport};
use crate::tracer::{TracerCore, TracerId};

/// How often it is looked whether one is done.
const PERIOD: Duration = Duration::from_millis(50);
/// The longest time that the last export of one is waited for.
const LAST_EXPORT: Duration = Duration::from_secs(3600);

#[derive(Default)]
pub(super) struct Draining {
    /// Tracers in the list, so that nobody takes the lock while there are none.
    count: AtomicUsize,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    draining: Vec<Arc<TracerCore>>,
    closing: Vec<Closing>,
    /// What became of the spans of those that are gone: one line for each name and project.
    past: Vec<TracerReport>,
    /// Whether a task looks after the list.
    tended: bool,
}

impl List {
    /// Keeps what became of the spans of `core`, if there were any.
    fn keep(&mut self, core: &TracerCore) {
        for stats in tracer_stats(core) {
            if stats.started > 0 {
                TracerReport::new(stats, None).merge_into(&mut self.past);
            }
        }
    }
}

/// A tracer whose queue is being exported for the last time.
#[derive(Clone)]
pub(super) struct Closing {
    pub(super) core: Arc<TracerCore>,
    pub(super) done: watch::Receiver<bool>,
}

impl Draining {
    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) != 0
    }

    pub(super) fn find(&self, id: TracerId) -> Option<Arc<TracerCore>> {
        if !self.any() {
            return None;
        }
        self.lock().draining.iter().find(|core| core.id() == id).cloned()
    }

    pub(super) fn add(&self, cores: impl IntoIterator<Item = Arc<TracerCore>>) {
        let mut list = self.lock();
        list.draining.extend(cores);
        self.counted(&list);
    }

    /// Those that still take spans, and those whose last export is under way.
    pub(super) fn all(&self) -> (Vec<Arc<TracerCore>>, Vec<Closing>) {
        let list = self.lock();
        (list.draining.clone(), list.closing.clone())
    }

    /// One line for each that is here, and those of the ones that are gone.
    pub(super) fn lines(
        &self,
        mut each: impl FnMut(&Arc<TracerCore>) -> Vec<TracerReport>,
    ) -> Vec<TracerReport> {
        let list = self.lock();
        let closing = list.closing.iter().map(|closing| &closing.core);
        let here: Vec<_> = list.draining.iter().chain(closing).flat_map(&mut each).collect();
        here.into_iter().chain(list.past.iter().cloned()).collect()
    }

    fn counted(&self, list: &List) {
        self.count.store(list.draining.len() + list.closing.len(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Closes the retired tracers that are done, and sees to it that the others are when they are.
    pub(super) fn tend(self: &Arc<Self>) {
        if self.prune() {
            return;
        }
        let Some(runtime) = self.runtime.get() else { return };
        if std::mem::replace(&mut self.draining.lock().tended, true) {
            return;
        }
        let registry = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let Some(inner) = registry.upgrade() else { return };
                if inner.prune() {
                    return;
                }
            }
        });
    }

    /// Closes those that are done; whether that was all.
    fn prune(self: &Arc<Self>) -> bool {
        let mut done = Vec::new();
        let all = {
            let mut list = self.draining.lock();
            let is_done = |core: &mut Arc<TracerCore>| Arc::get_mut(core).is_some() && open(core) == 0;
            for core in list.draining.extract_if(.., is_done).collect::<Vec<_>>() {
                let pending = core.pipeline.shutdown(None);
                if pending.is_done() {
                    list.keep(&core);
                    done.push(core);
                } else {
                    list.closing.push(self.close(core, pending));
                }
            }
            self.draining.counted(&list);
            let all = list.draining.is_empty();
            list.tended &= !all;
            all
        };
        // what a user's exporter does when it is dropped is not to happen under the lock
        drop(done);
        all
    }

    /// Waits for the last export of `core` elsewhere, then keeps its counts alone.
    fn close(self: &Arc<Self>, core: Arc<TracerCore>, pending: Pending) -> Closing {
        let (tell, done) = watch::channel(false);
        let (id, registry) = (core.id(), Arc::downgrade(self));
        let name = Arc::clone(&core.info.name);
        if let Some(runtime) = self.runtime.get() {
            runtime.spawn(async move {
                let result = pending.until(Instant::now() + LAST_EXPORT, LAST_EXPORT).await;
                for ExporterFailure { message: error, .. } in result.err().unwrap_or_default() {
                    tracing::warn!(target: "multitracer", tracer = &*name, %error, "a tracer that was reloaded lost spans");
                }
                let gone = Weak::upgrade(&registry).and_then(|inner| inner.draining.closed(id));
                drop(gone);
                tell.send_replace(true);
            });
        }
        Closing { core, done }
    }
}

impl Draining {
    fn closed(&self, id: TracerId) -> Option<Closing> {
        let mut list = self.lock();
        let at = list.closing.iter().position(|closing| closing.core.id() == id)?;
        let closing = list.closing.swap_remove(at);
        list.keep(&closing.core);
        self.counted(&list);
        Some(closing)
    }
}

/// Spans that are open or on their way into the queue; never less than there are.
fn open(core: &TracerCore) -> u64 {
    // a span moves from open to ended, so what is read last counts the most
    let ended = core.pipeline.ended();
    core.counts.sampled.load(Ordering::Acquire).saturating_sub(ended)
}
