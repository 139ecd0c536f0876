//! The runtime of all exporters of a registry.

use std::future::Future;
use std::io;
use std::time::Duration;

use opentelemetry::Context;
use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::sync::watch;

use crate::export::otlp::ConnectionPool;
use crate::export::silence::{SilenceGuard, mark_export_thread};
#[cfg(feature = "metrics")]
use crate::export::stats::ExportDurations;

/// Time for background exports after a registry is dropped without a shutdown.
pub(super) const BACKGROUND_TIMEOUT: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 5000 });

/// Maximum number of threads that custom exporters can block at the same time.
const MAX_BLOCKING_THREADS: usize = 256;

/// The runtime of all exporters of a registry, with one worker thread.
///
/// It is separate from the application's runtime, so exports work from any thread and continue when
/// that runtime stops. All its threads are silent: exports create no spans and no events.
pub(crate) struct ExportRuntime {
    runtime: Option<Runtime>,
    connection_pool: ConnectionPool,
    #[cfg(feature = "metrics")]
    durations: std::sync::Arc<ExportDurations>,
    /// `true` once the registry is dropped.
    registry_dropped: watch::Sender<bool>,
}

impl ExportRuntime {
    /// Starts the worker thread.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(MAX_BLOCKING_THREADS)
            .thread_name("multitracer")
            .on_thread_start(|| {
                mark_export_thread();
                // work that leaves the thread with its context stays silent too
                std::mem::forget(Context::enter_telemetry_suppressed_scope());
            })
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
            connection_pool: ConnectionPool::default(),
            #[cfg(feature = "metrics")]
            durations: std::sync::Arc::default(),
            registry_dropped: watch::Sender::new(false),
        })
    }

    /// Runs a future on the worker thread.
    pub(crate) fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(future);
        }
    }

    pub(crate) fn connection_pool(&self) -> &ConnectionPool {
        &self.connection_pool
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn durations(&self) -> &std::sync::Arc<ExportDurations> {
        &self.durations
    }

    /// Returns a receiver that becomes `true` when the registry is dropped.
    pub(super) fn registry_dropped(&self) -> watch::Receiver<bool> {
        self.registry_dropped.subscribe()
    }

    /// Makes this runtime the current one, in silence. Some clients need that while they are built.
    pub(crate) fn enter(&self) -> Option<(EnterGuard<'_>, SilenceGuard)> {
        Some((self.runtime.as_ref()?.enter(), SilenceGuard::enter()))
    }
}

impl Drop for ExportRuntime {
    /// Lets the workers empty their queues in the background, and stops them after 5 s.
    ///
    /// Never blocks, because a registry may be dropped inside the application's runtime. A span
    /// that is still open is exported if it ends within that time.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // tasks of exporters may be dropped on this thread
        let _silence = SilenceGuard::enter();
        self.registry_dropped.send_replace(true);
        let mut runtime = Some(runtime);
        if runtime.as_ref().is_some_and(|runtime| runtime.metrics().num_alive_tasks() > 0) {
            let (send, receive) = std::sync::mpsc::channel::<Runtime>();
            let thread = std::thread::Builder::new().name("multitracer-drain".to_owned()).spawn(move || {
                mark_export_thread();
                let Ok(runtime) = receive.recv() else { return };
                let started = std::time::Instant::now();
                while runtime.metrics().num_alive_tasks() > 0 && started.elapsed() < BACKGROUND_TIMEOUT {
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
