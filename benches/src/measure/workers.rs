//! Work on several threads at once.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::Done;

/// Threads that stay, so that a turn does not start them.
pub(crate) struct Workers {
    work: Arc<dyn Fn(u64) -> Done + Send + Sync>,
    ask: Sender<u64>,
    done: Receiver<Done>,
}

impl Workers {
    /// Creates two workers: the calling thread and another one.
    pub(crate) fn two(work: impl Fn(u64) -> Done + Send + Sync + 'static) -> Self {
        let work: Arc<dyn Fn(u64) -> Done + Send + Sync> = Arc::new(work);
        let (ask, asked) = channel();
        let (answer, done) = channel();
        let same = Arc::clone(&work);
        thread::spawn(move || asked.iter().map(|units| same(units)).try_for_each(|done| answer.send(done)));
        Self { work, ask, done }
    }

    /// Does this many units of work, half on each thread.
    pub(crate) fn run(&self, units: u64) -> Done {
        let theirs = units / 2;
        let is_running = self.ask.send(theirs).is_ok();
        let mine = (self.work)(units - theirs);
        let theirs = if is_running { self.done.recv().unwrap_or_default() } else { Done::default() };
        Done { units: mine.units + theirs.units, spans: mine.spans + theirs.spans }
    }
}
