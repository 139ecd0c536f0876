//! The runtime that all exporters of a registry are built and run on.

use std::future::Future;
use std::io;
use std::time::Duration;

use opentelemetry::Context;
use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::sync::watch;

use super::connection_pool::ConnectionPool;

/// How long a registry that was dropped without a shutdown may go on exporting in the background.
pub(super) const LINGER: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 5000 });

/// Exporters of the user's own that may block a thread each, all at once. There are no more threads than that takes.
const MOST_BLOCKED: usize = 256;

/// One worker thread, apart from the application's own runtime if it has one, so that exports work from
/// any place and never from under the application. Telemetry is suppressed on it: exporting makes no spans.
pub(crate) struct ExportRuntime {
    runtime: Option<Runtime>,
    clients: ConnectionPool,
    #[cfg(feature = "metrics")]
    durations: std::sync::Arc<super::stats::ExportDurations>,
    /// Set once the registry is gone.
    ending: watch::Sender<bool>,
}

impl ExportRuntime {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(MOST_BLOCKED)
            .thread_name("multitracer")
            .on_thread_start(|| std::mem::forget(Context::enter_telemetry_suppressed_scope()))
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
            clients: ConnectionPool::default(),
            #[cfg(feature = "metrics")]
            durations: std::sync::Arc::default(),
            ending: watch::Sender::new(false),
        })
    }

    pub(crate) fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(future);
        }
    }

    pub(crate) fn clients(&self) -> &ConnectionPool {
        &self.clients
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn durations(&self) -> &std::sync::Arc<super::stats::ExportDurations> {
        &self.durations
    }

    /// Says when the registry is gone, and there is no time left to wait for batches to fill.
    pub(super) fn ending(&self) -> watch::Receiver<bool> {
        self.ending.subscribe()
    }

    /// Makes this runtime the current one, as some clients need while they are built.
    pub(crate) fn enter(&self) -> Option<EnterGuard<'_>> {
        self.runtime.as_ref().map(Runtime::enter)
    }
}

impl Drop for ExportRuntime {
    /// Never blocks: a registry may be dropped inside the application's runtime. Workers are told, and empty their queues; a
    /// thread of its own gives them time for it. Spans that are open still get that time too, and are lost after it.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        self.ending.send_replace(true);
        let mut runtime = Some(runtime);
        if runtime.as_ref().is_some_and(|runtime| runtime.metrics().num_alive_tasks() > 0) {
            let (send, receive) = std::sync::mpsc::channel::<Runtime>();
            let thread = std::thread::Builder::new().name("multitracer-drain".to_owned()).spawn(move || {
                let Ok(runtime) = receive.recv() else { return };
                let started = std::time::Instant::now();
                while runtime.metrics().num_alive_tasks() > 0 && started.elapsed() < LINGER {
                    std::thread::sleep(Duration::from_millis(10));
                }
                runtime.shutdown_background();
            });
            if thread.is_ok()
                && let Some(taken) = runtime.take()
                && let Err(error) = send.send(taken)
            {
                runtime = Some(error.0);
            }
        }
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }
}
