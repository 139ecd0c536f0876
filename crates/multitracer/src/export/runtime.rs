//! The runtime that all exporters of a registry are built and run on.

use std::future::Future;
use std::io;
use std::time::Duration;

use opentelemetry::Context;
use tokio::runtime::{Builder, EnterGuard, Runtime};

/// How long a registry that was dropped without a shutdown may go on exporting in the background.
const LINGER: Duration = Duration::from_secs(5);

/// One worker thread, apart from the application's own runtime if it has one, so that exports work from
/// any place and never from under the application. Telemetry is suppressed on it: exporting makes no spans.
#[derive(Debug)]
pub(crate) struct ExportRuntime {
    runtime: Option<Runtime>,
}

impl ExportRuntime {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .thread_name("multitracer")
            .on_thread_start(|| std::mem::forget(Context::enter_telemetry_suppressed_scope()))
            .enable_all()
            .build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    pub(crate) fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(future);
        }
    }

    /// Makes this runtime the current one, as some clients need while they are built.
    pub(crate) fn enter(&self) -> Option<EnterGuard<'_>> {
        self.runtime.as_ref().map(Runtime::enter)
    }
}

impl Drop for ExportRuntime {
    /// Never blocks: a registry may be dropped inside the application's runtime. Workers notice that
    /// their pipelines are gone and empty their queues; a thread of their own gives them time for it.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
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
