//! Tracers of earlier configurations that drain until all their spans are exported.
//!
//! Such a tracer still takes the spans of the traces that began in it. Once no span is open and
//! nothing else holds the tracer, no span can start in it. Then its queue is exported, and its
//! counts are kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::export::{FlushFailure, Operation, TracerReport, guarded};
use crate::registry::error::IsShutDown;
use crate::registry::handle::Inner;
use crate::registry::rows::{lines_of, tell_apart};
use crate::tracer::{TracerCore, TracerId, TracerSet};

/// The time between two checks for tracers that are done.
const PERIOD: Duration = Duration::from_millis(50);
/// The timeout of a tracer's last export.
const LAST_EXPORT: Duration = Duration::from_secs(3600);

/// The life of the registry's tracers: those of earlier configurations, and the shutdown.
///
/// Every tracer is in one place at a time: in the roster, among the draining tracers of the
/// [`TracerSet`], in `closing`, or as counts in `past`. Every move holds this lock, and so does
/// every look at all places. Therefore each look counts a tracer once, and no count decreases.
/// Code that needs the lock of the draining tracers too takes this one first. No code of the
/// application runs under this lock.
#[derive(Default)]
pub(in crate::registry) struct Draining {
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    /// Tracers whose queue is exported for the last time.
    closing: Vec<Arc<TracerCore>>,
    /// The counts of tracers that are gone, one line per name and project.
    past: Vec<TracerReport>,
    /// `true` while a task checks the list.
    is_watched: bool,
    /// `true` after a shutdown. No tracer is added or enabled later.
    is_shut_down: bool,
}

impl List {
    /// Keeps the counts of `core`, if it started any span.
    fn keep(&mut self, core: &TracerCore) {
        for line in lines_of(core).filter(|line| line.started > 0) {
            line.merge_into(&mut self.past);
        }
    }
}

impl Draining {
    /// Returns all tracers that may hold spans: those of `set`, and those that close.
    pub(in crate::registry) fn all(&self, set: &TracerSet) -> Vec<Arc<TracerCore>> {
        let list = self.lock();
        let roster = set.roster();
        let earlier = set.draining().all();
        roster.tracers().iter().chain(&earlier).chain(&list.closing).cloned().collect()
    }

    /// Returns a line per tracer and exporter: the current tracers in their order, then the others.
    pub(in crate::registry) fn lines(&self, set: &TracerSet) -> Vec<TracerReport> {
        let list = self.lock();
        let roster = set.roster();
        let mut lines: Vec<_> = roster.tracers().iter().flat_map(|core| lines_of(core)).collect();
        let current = lines.len();
        let earlier = set.draining().all();
        for line in earlier.iter().chain(&list.closing).flat_map(|core| lines_of(core)) {
            line.merge_into(&mut lines);
        }
        for line in &list.past {
            line.clone().merge_into(&mut lines);
        }
        tell_apart(&mut lines, current);
        lines
    }

    /// Returns `true` after a shutdown.
    pub(in crate::registry) fn is_shut_down(&self) -> bool {
        self.lock().is_shut_down
    }

    /// Makes every later change of the tracers fail. Never waits for a change that is prepared.
    pub(in crate::registry) fn shut_down(&self) {
        self.lock().is_shut_down = true;
    }

    /// Makes a short change, unless the registry was shut down.
    pub(in crate::registry) fn change(&self, change: impl FnOnce()) -> Result<(), IsShutDown> {
        let list = self.lock();
        if list.is_shut_down {
            return Err(IsShutDown);
        }
        change();
        Ok(())
    }

    /// Keeps the counts of a tracer after its last export.
    fn closed(&self, id: TracerId) -> Option<Arc<TracerCore>> {
        let mut list = self.lock();
        let at = list.closing.iter().position(|core| core.id() == id)?;
        let core = list.closing.swap_remove(at);
        list.keep(&core);
        Some(core)
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
                let mut last_export = Operation::last_export();
                core.pipeline.request(&mut last_export);
                if last_export.is_complete() {
                    list.keep(&core);
                    gone.push(core);
                } else {
                    self.close(&core, last_export);
                    list.closing.push(core);
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
    fn close(self: &Arc<Self>, core: &Arc<TracerCore>, last_export: Operation) {
        let (id, registry) = (core.id(), Arc::downgrade(self));
        let (name, pipeline) = (Arc::clone(&core.info.name), Arc::downgrade(&core.pipeline));
        if let Some(runtime) = self.runtime.get() {
            runtime.spawn(async move {
                match tokio::time::timeout(LAST_EXPORT, last_export.wait()).await {
                    Ok(failures) => {
                        for FlushFailure { message: error, .. } in failures {
                            guarded(|| {
                                tracing::warn!(target: "multitracer", tracer = &*name, %error, "a tracer that was reloaded lost spans");
                            });
                        }
                    }
                    Err(_) => {
                        if let Some(pipeline) = pipeline.upgrade() {
                            pipeline.abandon();
                        }
                    }
                }
                let gone = Weak::upgrade(&registry).and_then(|inner| inner.draining.closed(id));
                drop(gone);
            });
        }
    }
}

/// Returns the number of spans that are open or about to be queued. The result may overestimate
/// briefly, but never underestimates.
fn open_spans(core: &TracerCore) -> u64 {
    // a span moves from open to ended, so `ended` is read first
    let ended = core.pipeline.ended();
    core.sinks.started().saturating_sub(ended)
}
