//! The task that looks at the file and reloads the registry.

use std::ops::ControlFlow;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::fingerprint::Fingerprint;
use super::hangups::Hangups;
use crate::config::{Config, Origin};
use crate::export::guarded;
use crate::registry::building::builder::RegistryBuilder;
use crate::registry::error::ReloadError;
use crate::registry::handle::{Inner, Registry};
use crate::registry::reload::changes::ReloadChanges;

/// The time that a file must stay unchanged before it is read.
const QUIET_DELAY: Duration = Duration::from_millis(100);

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

/// The cause of a look at the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Period,
    Hangup,
}

impl Watcher {
    /// Reloads the registry until it is shut down or gone.
    pub(super) async fn run(self, mut hangups: Hangups) {
        let mut fingerprint = Fingerprint::default();
        loop {
            let trigger = tokio::select! {
                () = tokio::time::sleep(self.period) => Trigger::Period,
                () = hangups.next() => Trigger::Hangup,
            };
            if self.registry.upgrade().is_none_or(|inner| inner.draining.is_shut_down()) {
                return;
            }
            let Some(next) = self.quiet_fingerprint(fingerprint.clone()).await else { continue };
            let is_same = next == fingerprint;
            fingerprint = next;
            if is_same && trigger == Trigger::Period {
                continue;
            }
            let Some(inner) = self.registry.upgrade() else { return };
            let (registry, file, callbacks) = (Registry { inner }, self.file.clone(), self.callbacks.clone());
            // reads files and calls the user's functions, so it must not run on the export thread
            let reload = tokio::task::spawn_blocking(move || callbacks.reload(&registry, &file, trigger));
            match reload.await {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => return,
                Err(_) => {
                    guarded(|| tracing::error!(target: "multitracer", "a callback of the watch panicked"));
                }
            }
        }
    }

    /// Returns the file's fingerprint once the file no longer changes.
    async fn quiet_fingerprint(&self, previous: Fingerprint) -> Option<Fingerprint> {
        let take = |previous: Fingerprint| {
            let path = self.file.path().to_owned();
            async { tokio::task::spawn_blocking(move || Fingerprint::take(&path, previous)).await.ok() }
        };
        let mut latest = take(previous.clone()).await?;
        while latest != previous {
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
    fn reload(&self, registry: &Registry, file: &Origin, trigger: Trigger) -> ControlFlow<()> {
        let result = file.load().map_err(ReloadError::from).and_then(|config| match &self.build {
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
