//! Tracers of earlier configurations that drain until all their spans are exported.
//!
//! Such a tracer still takes the spans of the traces that began in it. Once no span is open and
//! nothing else holds the tracer, no span can start in it. Then its queue is exported, and its
//! counts are kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::export::{FlushFailure, Pending, TracerReport};
use crate::registry::handle::Inner;
use crate::registry::rows::stats_of;
use crate::tracer::{DrainingTracers, TracerCore, TracerId};

/// The time between two checks for tracers that are done.
const PERIOD: Duration = Duration::from_millis(50);
/// The timeout of a tracer's last export.
const LAST_EXPORT: Duration = Duration::from_secs(3600);

/// Tracers whose queue is exported for the last time, and the counts of those that are gone.
///
/// The tracers that still take spans are in the registry's [`TracerSet`](crate::tracer::TracerSet).
/// Code that needs both locks takes this one first.
#[derive(Default)]
pub(in crate::registry) struct Draining {
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    closing: Vec<Closing>,
    /// The counts of tracers that are gone, one line per name and project.
    past: Vec<TracerReport>,
    /// `true` while a task checks the list.
    is_watched: bool,
}

impl List {
    /// Keeps the counts of `core`, if it started any span.
    fn keep(&mut self, core: &TracerCore) {
        for stats in stats_of(core) {
            if stats.started > 0 {
                TracerReport::new(stats, None).merge_into(&mut self.past);
            }
        }
    }
}

/// A tracer whose queue is exported for the last time.
#[derive(Clone)]
pub(in crate::registry) struct Closing {
    pub(in crate::registry) core: Arc<TracerCore>,
    pub(in crate::registry) done: watch::Receiver<bool>,
}

/// The tracers of earlier configurations.
pub(in crate::registry) struct Earlier {
    /// Tracers that still take spans.
    pub(in crate::registry) draining: Vec<Arc<TracerCore>>,
    pub(in crate::registry) closing: Vec<Closing>,
}

impl Draining {
    /// Returns the tracers of earlier configurations that still exist.
    pub(in crate::registry) fn all(&self, draining: &DrainingTracers) -> Earlier {
        let list = self.lock();
        Earlier { draining: draining.all(), closing: list.closing.clone() }
    }

    /// Returns the lines of the tracers that drain or close, and of those that are gone.
    pub(in crate::registry) fn lines(
        &self,
        draining: &DrainingTracers,
        mut lines_of: impl FnMut(&Arc<TracerCore>) -> Vec<TracerReport>,
    ) -> Vec<TracerReport> {
        let list = self.lock();
        let draining = draining.all();
        let closing = list.closing.iter().map(|closing| &closing.core);
        let present: Vec<_> = draining.iter().chain(closing).flat_map(&mut lines_of).collect();
        present.into_iter().chain(list.past.iter().cloned()).collect()
    }

    /// Keeps the counts of a tracer after its last export.
    fn closed(&self, id: TracerId) -> Option<Closing> {
        let mut list = self.lock();
        let at = list.closing.iter().position(|closing| closing.core.id() == id)?;
        let closing = list.closing.swap_remove(at);
        list.keep(&closing.core);
        Some(closing)
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Closes the draining tracers that are done, and watches the others until they are.
    pub(in crate::registry) fn watch_draining(self: &Arc<Self>) {
        if self.close_done() {
            return;
        }
        let Some(runtime) = self.runtime.get() else { return };
        if std::mem::replace(&mut self.draining.lock().is_watched, true) {
            return;
        }
        let registry = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let Some(inner) = registry.upgrade() else { return };
                if inner.close_done() {
                    return;
                }
            }
        });
    }

    /// Closes the tracers that are done. Returns `true` if no tracer drains now.
    fn close_done(self: &Arc<Self>) -> bool {
        let mut gone = Vec::new();
        let is_empty = {
            let mut list = self.draining.lock();
            let is_done = |core: &mut Arc<TracerCore>| Arc::get_mut(core).is_some() && open_spans(core) == 0;
            for core in self.set.draining().take(is_done) {
                let pending = core.pipeline.shutdown(None);
                if pending.is_done() {
                    list.keep(&core);
                    gone.push(core);
                } else {
                    list.closing.push(self.close(core, pending));
                }
            }
            let is_empty = !self.set.has_draining();
            list.is_watched &= !is_empty;
            is_empty
        };
        // a user's exporter runs its own code when it is dropped, which must not happen under the
        // lock
        drop(gone);
        is_empty
    }

    /// Waits for the last export of `core` in a task. Then only its counts are kept.
    fn close(self: &Arc<Self>, core: Arc<TracerCore>, pending: Pending) -> Closing {
        let (sender, done) = watch::channel(false);
        let (id, registry) = (core.id(), Arc::downgrade(self));
        let name = Arc::clone(&core.info.name);
        if let Some(runtime) = self.runtime.get() {
            runtime.spawn(async move {
                let deadline = Instant::now() + LAST_EXPORT;
                let result = pending.until(deadline, LAST_EXPORT).await;
                for FlushFailure { message: error, .. } in result.err().unwrap_or_default() {
                    tracing::warn!(target: "multitracer", tracer = &*name, %error, "a tracer that was reloaded lost spans");
                }
                let gone = Weak::upgrade(&registry).and_then(|inner| inner.draining.closed(id));
                drop(gone);
                sender.send_replace(true);
            });
        }
        Closing { core, done }
    }
}

/// Returns the number of spans that are open or about to be queued. The result may overestimate
/// briefly, but never underestimates.
fn open_spans(core: &TracerCore) -> u64 {
    // a span moves from open to ended, so `ended` is read first
    let ended = core.pipeline.ended();
    core.sinks.started().saturating_sub(ended)
}
