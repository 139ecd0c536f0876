//! Reloading by itself: when the file changes, and on SIGHUP.

mod fingerprint;

use std::fmt;
use std::future::pending;
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use self::fingerprint::{Seen, look};
use super::changes::ReloadChanges;
use crate::config::{Config, Origin};
use crate::export::ExportRuntime;
use crate::registry::build::builder::RegistryBuilder;
use crate::registry::error::{BuildError, ReloadError};
use crate::registry::handle::{Inner, Registry};

/// How often the file is looked at.
const PERIOD: Duration = Duration::from_secs(2);
/// A file that changes still is left alone for so long.
const SETTLE: Duration = Duration::from_millis(100);

type Tell = dyn Fn(&Result<ReloadChanges, ReloadError>) + Send + Sync;
type Build = dyn Fn(Config) -> RegistryBuilder + Send + Sync;

/// How a registry is to be reloaded by itself; made by [`Registry::watch`].
#[must_use = "nothing is watched before `start` is called"]
pub struct WatchBuilder {
    registry: Registry,
    period: Duration,
    how: How,
}

#[derive(Clone, Default)]
struct How {
    tell: Option<Arc<Tell>>,
    build: Option<Arc<Build>>,
}

impl Registry {
    /// Reloads this registry when the file changes that it was built from, and, on Unix, when the process gets a SIGHUP
    /// (which ends it no more then).
    ///
    /// The file is looked at every 2 s, by a thread of the registry's own: its time, length and identity first, and its content
    /// only if one of these changed. So it works on every file system, and where a symbolic link is moved to another file, as
    /// Kubernetes does for a ConfigMap. What came of it is logged through `tracing`, target `multitracer`; a file that is
    /// wrong changes nothing, and is reported once.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tracing = multitracer::init("config.yaml")?;
    /// let _watching = tracing.registry().watch().start()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self) -> WatchBuilder {
        WatchBuilder { registry: self.clone(), period: PERIOD, how: How::default() }
    }
}

impl WatchBuilder {
    /// Time between two looks at the file. Default 2 s.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// Calls `tell` with what came of each reload, except where the file was touched and says the same as before.
    pub fn on_reload<F>(mut self, tell: F) -> Self
    where
        F: Fn(&Result<ReloadChanges, ReloadError>) + Send + Sync + 'static,
    {
        self.how.tell = Some(Arc::new(tell));
        self
    }

    /// Makes of the file's configuration what is built, for a registry that was not made of the file alone.
    pub fn build_with<F>(mut self, build: F) -> Self
    where
        F: Fn(Config) -> RegistryBuilder + Send + Sync + 'static,
    {
        self.how.build = Some(Arc::new(build));
        self
    }

    /// Starts, until the guard is dropped or the registry is shut down.
    ///
    /// # Errors
    ///
    /// When the registry was not built from a file, or from a file that code had changed and without
    /// [`build_with`](Self::build_with); when no thread can be started.
    pub fn start(self) -> Result<WatchGuard, ReloadError> {
        let Self { registry, period, how } = self;
        let origin = registry.origin(how.build.is_some())?;
        let inner = &registry.inner;
        let runtime = inner.runtime.get_or_try_init(ExportRuntime::start).map_err(BuildError::Runtime)?;
        let hangups = {
            let _entered = runtime.enter();
            Hangups::new().map_err(BuildError::Runtime)?
        };
        let (stop, stopped) = oneshot::channel();
        let watcher = Watcher { registry: Arc::downgrade(inner), origin, period, how };
        runtime.spawn(async move {
            tokio::select! {
                () = watcher.run(hangups) => {}
                _ = stopped => {}
            }
        });
        Ok(WatchGuard { _stop: stop })
    }
}

/// Keeps a [`WatchBuilder`] going until it is dropped.
#[must_use = "dropping it ends the watch"]
#[derive(Debug)]
pub struct WatchGuard {
    _stop: oneshot::Sender<()>,
}

struct Watcher {
    registry: Weak<Inner>,
    origin: Origin,
    period: Duration,
    how: How,
}

impl Watcher {
    async fn run(self, mut hangups: Hangups) {
        let mut seen = Seen::default();
        loop {
            let asked = tokio::select! {
                () = tokio::time::sleep(self.period) => false,
                () = hangups.next() => true,
            };
            if self.registry.upgrade().is_none_or(|inner| inner.changing().ended) {
                return;
            }
            let Some(next) = self.changed(seen.clone()).await else { continue };
            let same = next == seen;
            seen = next;
            if same && !asked {
                continue;
            }
            let Some(inner) = self.registry.upgrade() else { return };
            let (registry, origin, how) = (Registry { inner }, self.origin.clone(), self.how.clone());
            // reads files, and calls what the user gave: not on the thread that exports
            let done = tokio::task::spawn_blocking(move || how.reload(&registry, &origin, asked)).await;
            match done {
                Ok(false) => {}
                Ok(true) => return,
                Err(_) => tracing::error!(target: "multitracer", "what was given to the watch panicked"),
            }
        }
    }

    /// What the file looks like once it has settled.
    async fn changed(&self, seen: Seen) -> Option<Seen> {
        let look = |seen: Seen| {
            let path = self.origin.path().to_owned();
            async { tokio::task::spawn_blocking(move || look(&path, seen)).await.ok() }
        };
        let mut now = look(seen.clone()).await?;
        while now != seen {
            tokio::time::sleep(SETTLE).await;
            let next = look(now.clone()).await?;
            if next == now {
                break;
            }
            now = next;
        }
        Some(now)
    }
}

impl How {
    /// Reloads, and says so; whether the registry was shut down.
    fn reload(&self, registry: &Registry, origin: &Origin, asked: bool) -> bool {
        let result = origin.load().map_err(ReloadError::from).and_then(|config| match &self.build {
            Some(build) => registry.reload(build(config)),
            None => registry.reload(config),
        });
        match &result {
            Err(ReloadError::ShutDown) => return true,
            Err(error) => {
                tracing::error!(target: "multitracer", %error, "not reloaded, the configuration in use stays");
            }
            Ok(changes) if changes.is_empty() && !asked => return false,
            Ok(_) => {}
        }
        if let Some(tell) = &self.tell {
            tell(&result);
        }
        false
    }
}

impl fmt::Debug for WatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchBuilder")
            .field("registry", &self.registry)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

/// SIGHUPs of this process. There are none where there is no such signal.
struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { signal: signal(SignalKind::hangup())? })
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        pending::<()>().await;
    }
}
