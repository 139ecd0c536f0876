//! The runtime of all probes that run at the same time.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::export::client::Lookups;
use crate::export::{SilenceGuard, silent_runtime};

/// Maximum number of threads for blocking work.
const MAX_BLOCKING_THREADS: usize = 8;

/// The runtime of the probes that run now.
static CURRENT: Mutex<Weak<ProbeRuntime>> = Mutex::new(Weak::new());

/// The runtime of all probes that run at the same time, with one thread.
///
/// It is separate from the application's runtime, whose clock may be paused and whose threads may
/// be blocked. A probe keeps its time limits there, and creates no spans and no events.
pub(super) struct ProbeRuntime {
    /// `None` once the drop has taken it.
    runtime: Option<Runtime>,
    lookups: Arc<Lookups>,
}

impl ProbeRuntime {
    /// Runs a probe, and stops it if the returned future is dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if no thread can be started.
    pub(super) async fn run<F>(probe: impl FnOnce(Arc<Lookups>) -> F) -> io::Result<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let current = Self::current()?;
        let mut probes = JoinSet::new();
        if let Some(runtime) = &current.runtime {
            probes.spawn_on(probe(Arc::clone(&current.lookups)), runtime.handle());
        }
        match probes.join_next().await {
            Some(Ok(output)) => Ok(output),
            Some(Err(_)) | None => Err(io::Error::other("the probe was stopped")),
        }
    }

    /// Returns the runtime of the probes that run now, or starts one.
    fn current() -> io::Result<Arc<Self>> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = current.upgrade() {
            return Ok(runtime);
        }
        let runtime = silent_runtime("multitracer-probe", MAX_BLOCKING_THREADS)?;
        let started = Arc::new(Self { runtime: Some(runtime), lookups: Arc::default() });
        *current = Arc::downgrade(&started);
        Ok(started)
    }
}

impl Drop for ProbeRuntime {
    /// Stops without waiting for a thread.
    fn drop(&mut self) {
        // tasks may be dropped on this thread
        let _silence = SilenceGuard::enter();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
