//! The replacement of a registry's configuration.

use std::sync::Arc;

use super::changes::ReloadChanges;
use crate::config::Origin;
use crate::registry::building::assemble::build_tracer;
use crate::registry::building::builder::RegistryBuilder;
use crate::registry::building::spec::{FileOrigin, Plan};
use crate::registry::error::{IsShutDown, ReloadError};
use crate::registry::handle::{Inner, Registry};
use crate::registry::snapshot::{Built, Snapshot};

impl Registry {
    /// Replaces the configuration in use with a [`Config`](crate::config::Config) or a
    /// [`RegistryBuilder`].
    ///
    /// The method builds everything first, and then swaps it in one step. All handles of this
    /// registry use the new tracers, routes and experiments from the next call on. This includes
    /// the handles in HTTP layers.
    ///
    /// - A tracer with an unchanged configuration stays, with its connections, queue and counts.
    ///   Settings by [`set_enabled`](Self::set_enabled) and
    ///   [`set_sample_rate`](Self::set_sample_rate) stay too.
    /// - A tracer with an exporter or a sampler from code is always rebuilt. A tracer that keeps
    ///   the same [`InMemoryExporter`](crate::export::InMemoryExporter) is not.
    /// - A changed or removed tracer still takes the spans of the traces that began in it, so these
    ///   traces stay whole. Then it exports its queue and ends. Its counts stay in the
    ///   [`report`](Self::report).
    /// - Every later trace follows the new configuration. [`Tracer`](crate::Tracer) handles, routes
    ///   and ambient tracers stand for the tracer with their name. If there is no such tracer, the
    ///   policy for [unknown names](crate::config::UnknownTracerPolicy) applies.
    ///
    /// ```
    /// use multitracer::config::Config;
    /// use multitracer::Registry;
    ///
    /// let registry = Registry::from_yaml("tracers: {production: {exporter: console}}")?;
    /// let changes = registry.reload(Config::from_yaml("
    /// default_tracer: production
    /// tracers: {production: {exporter: console}, canary: {exporter: console}}
    /// routes: [{headers: {X-Canary-User: true}, tracer: canary}]
    /// ")?)?;
    /// assert_eq!(changes.to_string(), "added: canary; kept: 1; routes changed");
    /// assert_eq!(registry.route(&[("x-canary-user", "true")]).tracer().name(), "canary");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in these cases. The configuration then stays as it was.
    /// - A name is unknown or stands twice.
    /// - A value is out of range.
    /// - An exporter cannot be set up.
    /// - The registry was shut down.
    pub fn reload(&self, new: impl Into<RegistryBuilder>) -> Result<ReloadChanges, ReloadError> {
        let changes = self.replace(new.into())?;
        tracing::info!(target: "multitracer", "reloaded; {changes}");
        Ok(changes)
    }

    /// Reads the registry's file again, with the same source of variables, and
    /// [reloads](Self::reload) it.
    ///
    /// ```no_run
    /// use multitracer::Registry;
    ///
    /// let registry = Registry::from_path("config.yaml")?;
    /// // after someone has changed the file
    /// let changes = registry.reload_from_file()?;
    /// println!("{changes}"); // "added: canary; kept: 1"
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the cases of [`reload`](Self::reload), and if the file is wrong. The
    /// message lists every error with its place.
    ///
    /// The method also fails if the registry was not built from a file, or if code changed the
    /// file's configuration. In the second case, load the file, change it in the same way, and call
    /// [`reload`](Self::reload).
    pub fn reload_from_file(&self) -> Result<ReloadChanges, ReloadError> {
        self.reload(self.unaltered_file()?.load()?)
    }

    /// Returns the file that this registry was built from, if code did not change its
    /// configuration.
    pub(in crate::registry) fn unaltered_file(&self) -> Result<Origin, ReloadError> {
        let FileOrigin { file, is_altered } = self.file_origin()?;
        if is_altered { Err(ReloadError::Altered) } else { Ok(file) }
    }

    /// Returns the file that this registry was built from.
    pub(in crate::registry) fn file_origin(&self) -> Result<FileOrigin, ReloadError> {
        self.inner.changing().file_origin.clone().ok_or(ReloadError::NoFile)
    }

    fn replace(&self, new: RegistryBuilder) -> Result<ReloadChanges, ReloadError> {
        let Plan { model, tracers, file_origin } = Plan::new(new)?;
        let model = Arc::new(model);
        let inner = &self.inner;
        let mut changing = inner.changing();
        if inner.draining.is_shut_down() {
            return Err(ReloadError::ShutDown);
        }
        let old = inner.snapshot.load_full();
        let (mut changes, mut built) = (ReloadChanges::default(), Vec::with_capacity(tracers.len()));
        for tracer in tracers {
            let name: Arc<str> = tracer.name().into();
            let list = match old.roster.position(&name) {
                None => &mut changes.added,
                Some(at) if old.specs[at].is_same(&tracer, &model) => {
                    let (core, spec) = (Arc::clone(&old.roster.tracers()[at]), Arc::clone(&old.specs[at]));
                    built.push(Built { core, spec });
                    changes.kept.push(name);
                    continue;
                }
                Some(_) => &mut changes.changed,
            };
            built.push(build_tracer(tracer, &model, inner.id, &inner.runtime)?);
            list.push(name);
        }
        let new = Snapshot::new(model, built);
        changes.compare(&old, &new);
        drop(old);
        inner.swap(new)?;
        changing.file_origin = file_origin.or(changing.file_origin.take());
        Ok(changes)
    }
}

impl Inner {
    /// Replaces the snapshot. Tracers that the new snapshot lacks drain. The caller holds the lock
    /// of [`changing`](Self::changing). Changes nothing after a shutdown.
    pub(in crate::registry) fn swap(self: &Arc<Self>, new: Snapshot) -> Result<(), IsShutDown> {
        // routes of the old snapshot find tracers by name, so the tracers can change first
        self.draining.change(|| self.set.replace(Arc::clone(&new.roster)))?;
        self.snapshot.store(Arc::new(new));
        self.watch_draining();
        Ok(())
    }
}
