//! One registry for the process.

use std::path::Path;
use std::time::Duration;

use super::error::BuildError;
use super::handle::Registry;
use crate::export::{Report, ShutdownError};

/// How long a guard that is dropped waits for the last spans.
const DROP_DEADLINE: Duration = Duration::from_secs(5);

/// Loads the YAML file at `path`, checks it, builds its registry and installs it as the process's own.
///
/// Logs one line for each tracer through `tracing`, target `multitracer`, without any secret. Keep the guard until
/// the program ends.
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
/// When the file is wrong, an exporter cannot be set up, or a registry is installed already.
pub fn init(path: impl AsRef<Path>) -> Result<TracingGuard, BuildError> {
    install(Registry::from_path(path)?)
}

/// Installs `registry` as the process's own: what traced functions use where no registry was entered.
///
/// # Errors
///
/// When one is installed already.
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
    Ok(TracingGuard { registry, ended: false })
}

/// The guard of the process's registry.
///
/// [`shutdown`](Self::shutdown) ends it and says what became of the spans; dropping it exports what is left,
/// for at most 5 s.
#[must_use = "dropping the guard shuts tracing down"]
#[derive(Debug)]
pub struct TracingGuard {
    registry: Registry,
    ended: bool,
}

impl TracingGuard {
    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Switches every tracer off and exports what has ended, all tracers at once, within 10 s.
    ///
    /// # Errors
    ///
    /// When a tracer could not export everything; the error has the report of all.
    pub async fn shutdown(mut self) -> Result<Report, ShutdownError> {
        self.ended = true;
        self.registry.shutdown().await
    }

    /// As [`shutdown`](Self::shutdown), for a program that is not async. Blocks the calling thread.
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    pub fn shutdown_blocking(mut self, timeout: Duration) -> Result<Report, ShutdownError> {
        self.ended = true;
        self.registry.shutdown_blocking(timeout)
    }
}

impl Drop for TracingGuard {
    fn drop(&mut self) {
        if !self.ended
            && let Err(error) = self.registry.shutdown_blocking(DROP_DEADLINE)
        {
            tracing::warn!(target: "multitracer", %error, "spans were lost at the end");
        }
    }
}
