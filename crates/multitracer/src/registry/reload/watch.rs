//! The watch that reloads a registry when its files change, and on SIGHUP.

mod fingerprint;
mod hangups;
mod watcher;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use self::hangups::Hangups;
use self::watcher::{Callbacks, Watcher};
use super::changes::ReloadChanges;
use crate::config::Config;
use crate::export::ExportRuntime;
use crate::registry::building::builder::RegistryBuilder;
use crate::registry::error::{BuildError, ReloadError};
use crate::registry::handle::Registry;

/// The default time between two looks at the file.
const PERIOD: Duration = Duration::from_secs(2);

/// A builder of a watch. [`Registry::watch`] makes it.
///
/// ```no_run
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tracing = multitracer::init("config.yaml")?;
/// let _watch = tracing
///     .registry()
///     .watch()
///     .period(Duration::from_secs(10))
///     .on_reload(|result| match result {
///         Ok(changes) => println!("reloaded; {changes}"),
///         Err(error) => eprintln!("not reloaded: {error}"),
///     })
///     .start()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is watched before `start` is called"]
pub struct WatchBuilder {
    registry: Registry,
    period: Duration,
    callbacks: Callbacks,
}

impl Registry {
    /// Reloads this registry when its files change and, on Unix, when the process receives SIGHUP.
    /// A SIGHUP then no longer ends the process.
    ///
    /// A thread of the registry looks at the file every 2 s, and at the files that it names by
    /// `${file:PATH}`. It compares the time, the length and the identity of a file, and reads the
    /// content only if one of them changed. So the watch works on every file system. It also
    /// follows a symbolic link that moves to another file, as Kubernetes does for a `ConfigMap` and
    /// a `Secret`.
    ///
    /// The outcome is logged through `tracing`, target `multitracer`. A wrong file changes nothing
    /// and is reported once.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tracing = multitracer::init("config.yaml")?;
    /// let _watch = tracing.registry().watch().start()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self) -> WatchBuilder {
        WatchBuilder { registry: self.clone(), period: PERIOD, callbacks: Callbacks::default() }
    }
}

impl WatchBuilder {
    /// Sets the time between two looks at the files. Default: 2 s.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// Calls `callback` with the result of each reload. A change of a file that does not change
    /// the configuration causes no call.
    pub fn on_reload<F>(mut self, callback: F) -> Self
    where
        F: Fn(&Result<ReloadChanges, ReloadError>) + Send + Sync + 'static,
    {
        self.callbacks.on_reload = Some(Arc::new(callback));
        self
    }

    /// Makes the registry's builder from the configuration of the file. Use it for a registry that
    /// code changed.
    ///
    /// ```no_run
    /// use multitracer::builder::RegistryBuilder;
    /// use multitracer::config::Config;
    /// use multitracer::{Registry, TracerBuilder};
    ///
    /// fn build(config: Config) -> RegistryBuilder {
    ///     RegistryBuilder::from_config(config).tracer(TracerBuilder::new("audit").console())
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = build(Config::from_path("config.yaml")?).build()?;
    /// let _watch = registry.watch().build_with(build).start()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_with<F>(mut self, build: F) -> Self
    where
        F: Fn(Config) -> RegistryBuilder + Send + Sync + 'static,
    {
        self.callbacks.build = Some(Arc::new(build));
        self
    }

    /// Starts the watch. It ends with the drop of the guard or the shutdown of the registry.
    ///
    /// # Errors
    ///
    /// Returns an error if the registry was not built from a file, or if no thread can be started.
    /// The method also fails if code changed the file's configuration, unless
    /// [`build_with`](Self::build_with) was called.
    pub fn start(self) -> Result<WatchGuard, ReloadError> {
        let Self { registry, period, callbacks } = self;
        let file = match callbacks.build {
            Some(_) => registry.file_origin()?.file,
            None => registry.unaltered_file()?,
        };
        let inner = &registry.inner;
        let runtime = inner.runtime.get_or_try_init(ExportRuntime::start).map_err(BuildError::Runtime)?;
        let hangups = {
            let _entered = runtime.enter();
            Hangups::new().map_err(BuildError::Runtime)?
        };
        let (stop, stopped) = oneshot::channel();
        let watcher = Watcher { registry: Arc::downgrade(inner), file, period, callbacks };
        runtime.spawn(async move {
            tokio::select! {
                () = watcher.run(hangups) => {}
                _ = stopped => {}
            }
        });
        Ok(WatchGuard { _stop: stop })
    }
}

/// The guard of a watch. The watch ends when the guard is dropped.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tracing = multitracer::init("config.yaml")?;
/// let watch = tracing.registry().watch().start()?;
/// // changes of the file take effect here
/// drop(watch);
/// // changes of the file have no effect here
/// # Ok(())
/// # }
/// ```
#[must_use = "the watch ends when the guard is dropped"]
#[derive(Debug)]
pub struct WatchGuard {
    _stop: oneshot::Sender<()>,
}

impl fmt::Debug for WatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchBuilder")
            .field("registry", &self.registry)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}
