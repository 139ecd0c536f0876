//! The registry of the process, and its guard.

use std::path::Path;
use std::time::Duration;

use super::error::BuildError;
use super::handle::Registry;
use crate::export::{Report, ShutdownError};

/// The longest time that the drop of a guard waits for the last spans.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Loads the YAML file at `path`, builds its registry and [installs](install) it as the process's
/// own.
///
/// Logs one line per tracer through `tracing`, target `multitracer`, without secrets. Keep the
/// guard until the program ends.
///
/// ```no_run
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let tracing = multitracer::init("config.yaml")?;
///     // ..
///     tracing.shutdown().await?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// Returns an error if the file is wrong, if an exporter cannot be set up, or if a registry is
/// installed already.
pub fn init(path: impl AsRef<Path>) -> Result<TracingGuard, BuildError> {
    install(Registry::from_path(path)?)
}

/// Installs `registry` as the process's own. Traced functions use it outside any entered registry.
///
/// Logs one line per tracer through `tracing`, target `multitracer`, without secrets. Keep the
/// guard until the program ends.
///
/// ```
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder, traced};
///
/// #[traced]
/// fn work() {}
///
/// let spans = InMemoryExporter::new();
/// let registry =
///     Registry::builder().tracer(TracerBuilder::new("production").in_memory(&spans)).build()?;
/// let tracing = multitracer::install(registry)?;
/// work();
/// assert_eq!(spans.spans().len(), 1);
/// tracing.shutdown_blocking(std::time::Duration::from_secs(5))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns an error if a registry is installed already.
pub fn install(registry: Registry) -> Result<TracingGuard, BuildError> {
    registry.set_installed()?;
    for core in registry.set().roster().tracers() {
        let info = &core.info;
        tracing::info!(
            target: "multitracer",
            tracer = &*info.name,
            project = &*info.project,
            environment = info.environment.as_deref().unwrap_or("-"),
            exporter = info.exporter,
            sampler = info.sampler,
            enabled = core.is_on(),
            "tracer ready"
        );
    }
    Ok(TracingGuard { registry, is_shut_down: false })
}

/// The guard of the process's registry.
///
/// [`shutdown`](Self::shutdown) shuts the registry down and reports the outcome of its spans. The
/// drop of the guard shuts it down too: it blocks for at most 5 s and logs an error.
///
/// ```no_run
/// use std::time::Duration;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let tracing = multitracer::init("config.yaml")?;
///     let canary = tracing.registry().tracer("canary")?;
///     canary.in_span("start", || {});
///     let report = tracing.shutdown_blocking(Duration::from_secs(5))?;
///     println!("{report}");
///     Ok(())
/// }
/// ```
#[must_use = "dropping the guard shuts tracing down"]
#[derive(Debug)]
pub struct TracingGuard {
    registry: Registry,
    is_shut_down: bool,
}

impl TracingGuard {
    /// Returns the process's registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Disables every tracer and exports the ended spans, all tracers at once, within 10 s.
    ///
    /// ```no_run
    /// # async fn stop() -> Result<(), Box<dyn std::error::Error>> {
    /// let tracing = multitracer::init("config.yaml")?;
    /// // ..
    /// match tracing.shutdown().await {
    ///     Ok(report) => println!("{report}"),
    ///     Err(error) => eprintln!("{error}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub async fn shutdown(mut self) -> Result<Report, ShutdownError> {
        self.is_shut_down = true;
        self.registry.shutdown().await
    }

    /// Disables every tracer and exports the ended spans, all tracers at once, within `timeout`.
    /// Blocks the calling thread.
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub fn shutdown_blocking(mut self, timeout: Duration) -> Result<Report, ShutdownError> {
        self.is_shut_down = true;
        self.registry.shutdown_blocking(timeout)
    }
}

impl Drop for TracingGuard {
    fn drop(&mut self) {
        if self.is_shut_down {
            return;
        }
        let (before, was_shut_down) = (lost(&self.registry.report()), self.registry.is_shut_down());
        let Err(error) = self.registry.shutdown_blocking(DROP_TIMEOUT) else { return };
        match lost(error.report()).saturating_sub(before) {
            // the application has got this error from its own call
            0 if was_shut_down => {}
            0 => tracing::warn!(target: "multitracer", %error, "the shutdown failed, no span was lost"),
            spans => tracing::warn!(target: "multitracer", spans, %error, "spans were lost at the end"),
        }
    }
}

fn lost(report: &Report) -> u64 {
    report.tracers().iter().map(|tracer| tracer.dropped.total() + tracer.rejected).sum()
}
