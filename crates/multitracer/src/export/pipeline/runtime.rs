//! The runtime of all exporters of a registry.

use std::future::Future;
use std::io;
use std::time::Duration;

use once_cell::sync::OnceCell;
use opentelemetry::Context;
use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use tokio::sync::watch;

use crate::export::exporter::WriteThreads;
use crate::export::otlp::ConnectionPool;
use crate::export::silence::{SilenceGuard, mark_export_thread};
#[cfg(feature = "metrics")]
use crate::export::stats::ExportDurations;

/// Time for background exports after a registry is dropped without a shutdown.
pub(super) const BACKGROUND_TIMEOUT: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 5000 });

/// Maximum number of threads for blocking work on the runtime of the exports. No exporter blocks
/// them: a blocked thread would be missing for the exports.
const MAX_BLOCKING_THREADS: usize = 256;

/// Maximum number of files, the console included, whose writes can block at the same time.
const MAX_WRITE_THREADS: usize = 1024;

/// Maximum number of threads that the user's exporters can block at the same time.
const MAX_USER_THREADS: usize = 1024;

/// The runtime of all exporters of a registry, with one worker thread.
///
/// It is separate from the application's runtime, so exports work from any thread and continue when
/// that runtime stops. All its threads are silent: exports create no spans and no events.
pub(crate) struct ExportRuntime {
    runtimes: Option<Runtimes>,
    connection_pool: ConnectionPool,
    #[cfg(feature = "metrics")]
    durations: std::sync::Arc<ExportDurations>,
    /// `true` once the registry is dropped.
    registry_dropped: watch::Sender<bool>,
}

struct Runtimes {
    own: Runtime,
    /// The runtime of the user's exporters, if there are any. Their code can block all its threads.
    of_users: OnceCell<Runtime>,
    /// The threads for writes, if there are any. It has no worker thread.
    of_writes: OnceCell<Runtime>,
}

impl Runtimes {
    fn has_tasks(&self) -> bool {
        self.own.metrics().num_alive_tasks() > 0
    }

    /// Stops without waiting for a thread.
    fn stop(self) {
        self.own.shutdown_background();
        for runtime in [self.of_users, self.of_writes].into_iter().filter_map(OnceCell::into_inner) {
            runtime.shutdown_background();
        }
    }
}

impl ExportRuntime {
    /// Starts the worker thread.
    pub(crate) fn start() -> io::Result<Self> {
        let own = silent_runtime("multitracer", MAX_BLOCKING_THREADS)?;
        Ok(Self {
            runtimes: Some(Runtimes { own, of_users: OnceCell::new(), of_writes: OnceCell::new() }),
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
        if let Some(runtimes) = &self.runtimes {
            runtimes.own.spawn(future);
        }
    }

    /// Returns the runtime of the user's exporters, which starts with the first of them.
    pub(crate) fn user_threads(&self) -> io::Result<&Handle> {
        let runtimes = self.runtimes.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let start = || silent_runtime("multitracer-user", MAX_USER_THREADS);
        runtimes.of_users.get_or_try_init(start).map(Runtime::handle)
    }

    /// Returns the threads for writes, each of which starts with a write.
    pub(crate) fn write_threads(&self) -> io::Result<WriteThreads> {
        let runtimes = self.runtimes.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let start =
            || silent_runtime_of(&mut Builder::new_current_thread(), "multitracer-write", MAX_WRITE_THREADS);
        runtimes.of_writes.get_or_try_init(start).map(|runtime| WriteThreads::new(runtime.handle()))
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
        Some((self.runtimes.as_ref()?.own.enter(), SilenceGuard::enter()))
    }
}

/// Starts a runtime with one worker thread. All its threads are silent.
pub(crate) fn silent_runtime(thread_name: &str, max_blocking_threads: usize) -> io::Result<Runtime> {
    silent_runtime_of(Builder::new_multi_thread().worker_threads(1), thread_name, max_blocking_threads)
}

fn silent_runtime_of(
    builder: &mut Builder,
    thread_name: &str,
    max_blocking_threads: usize,
) -> io::Result<Runtime> {
    builder
        .max_blocking_threads(max_blocking_threads)
        .thread_name(thread_name)
        .on_thread_start(|| {
            mark_export_thread();
            // work that leaves the thread with its context stays silent too
            std::mem::forget(Context::enter_telemetry_suppressed_scope());
        })
        .enable_all()
        .build()
}

impl Drop for ExportRuntime {
    /// Lets the workers empty their queues in the background, and stops them after 5 s.
    ///
    /// Never blocks, because a registry may be dropped inside the application's runtime. A span
    /// that is still open is exported if it ends within that time.
    fn drop(&mut self) {
        let Some(runtimes) = self.runtimes.take() else { return };
        // tasks of exporters may be dropped on this thread
        let _silence = SilenceGuard::enter();
        self.registry_dropped.send_replace(true);
        if !runtimes.has_tasks() {
            return runtimes.stop();
        }
        let (send, receive) = std::sync::mpsc::channel::<Runtimes>();
        let thread = std::thread::Builder::new().name("multitracer-drain".to_owned()).spawn(move || {
            mark_export_thread();
            let Ok(runtimes) = receive.recv() else { return };
            let started = std::time::Instant::now();
            while runtimes.has_tasks() && started.elapsed() < BACKGROUND_TIMEOUT {
                std::thread::sleep(Duration::from_millis(10));
            }
            runtimes.stop();
        });
        // without a thread, the receiver is gone
        if let Err(error) = send.send(runtimes) {
            error.0.stop();
        }
        drop(thread);
    }
}
