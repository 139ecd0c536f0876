//! The task that looks at the files and reloads the registry.

use std::ops::ControlFlow;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::fingerprint::Fingerprints;
use super::hangups::Hangups;
use crate::config::{Config, Origin, ReadFiles};
use crate::export::guarded;
use crate::registry::building::builder::RegistryBuilder;
use crate::registry::error::ReloadError;
use crate::registry::handle::{Inner, Registry};
use crate::registry::reload::changes::ReloadChanges;

/// The time that the files must stay unchanged before they are read.
const QUIET_DELAY: Duration = Duration::from_millis(100);

/// The number of these delays after which files are read although they change.
const MAX_QUIET_DELAYS: u32 = 50;

type ReloadCallback = dyn Fn(&Result<ReloadChanges, ReloadError>) + Send + Sync;
type BuildCallback = dyn Fn(Config) -> RegistryBuilder + Send + Sync;

/// The functions of the user.
#[derive(Clone, Default)]
pub(super) struct Callbacks {
    pub(super) on_reload: Option<Arc<ReloadCallback>>,
    pub(super) build: Option<Arc<BuildCallback>>,
}

/// The task of a watch.
pub(super) struct Watcher {
    pub(super) registry: Weak<Inner>,
    pub(super) file: Origin,
    pub(super) period: Duration,
    pub(super) callbacks: Callbacks,
}

/// The cause of a look at the files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Period,
    Hangup,
}

impl Watcher {
    /// Reloads the registry until it is shut down or gone.
    pub(super) async fn run(self, mut hangups: Hangups) {
        let mut fingerprints = Fingerprints::default();
        loop {
            let trigger = tokio::select! {
                () = tokio::time::sleep(self.period) => Trigger::Period,
                () = hangups.next() => Trigger::Hangup,
            };
            if self.registry.upgrade().is_none_or(|inner| inner.draining.is_shut_down()) {
                return;
            }
            let Some(next) = self.quiet_fingerprints(fingerprints.clone()).await else { continue };
            let is_same = next == fingerprints;
            fingerprints = next;
            if is_same && trigger == Trigger::Period {
                continue;
            }
            let Some(inner) = self.registry.upgrade() else { return };
            let (registry, file, callbacks) = (Registry { inner }, self.file.clone(), self.callbacks.clone());
            // reads files and calls the user's functions, so it must not run on the export thread
            let read = ReadFiles::default();
            let noted = read.clone();
            let reload =
                tokio::task::spawn_blocking(move || callbacks.reload(&registry, &file, &noted, trigger));
            let reloaded = reload.await;
            fingerprints.set_secrets(read.take());
            match reloaded {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => return,
                Err(_) => {
                    guarded(|| tracing::error!(target: "multitracer", "a callback of the watch panicked"));
                }
            }
        }
    }

    /// Returns the fingerprints once the files no longer change.
    async fn quiet_fingerprints(&self, previous: Fingerprints) -> Option<Fingerprints> {
        let take = |previous: Fingerprints| {
            let path = self.file.path().to_owned();
            async { tokio::task::spawn_blocking(move || Fingerprints::take(&path, previous)).await.ok() }
        };
        let mut latest = take(previous.clone()).await?;
        if latest == previous {
            return Some(latest);
        }
        for _ in 0..MAX_QUIET_DELAYS {
            tokio::time::sleep(QUIET_DELAY).await;
            let next = take(latest.clone()).await?;
            if next == latest {
                break;
            }
            latest = next;
        }
        Some(latest)
    }
}

impl Callbacks {
    /// Reloads the registry and reports the result. Returns `Break` if the registry was shut down.
    fn reload(
        &self,
        registry: &Registry,
        file: &Origin,
        read: &ReadFiles,
        trigger: Trigger,
    ) -> ControlFlow<()> {
        let result =
            file.load_listing(read).map_err(ReloadError::from).and_then(|config| match &self.build {
                Some(build) => registry.reload(build(config)),
                None => registry.reload(config),
            });
        match &result {
            Err(ReloadError::ShutDown) => return ControlFlow::Break(()),
            Err(error) => {
                tracing::error!(target: "multitracer", %error, "not reloaded, the configuration in use stays");
            }
            Ok(changes) if changes.is_empty() && trigger == Trigger::Period => {
                return ControlFlow::Continue(());
            }
            Ok(_) => {}
        }
        if let Some(on_reload) = &self.on_reload {
            on_reload(&result);
        }
        ControlFlow::Continue(())
    }
}
