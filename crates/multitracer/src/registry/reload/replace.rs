//! Another configuration for a registry that is in use.

use std::sync::Arc;

use super::changes::ReloadChanges;
use crate::config::Origin;
use crate::registry::build::assemble::build_tracer;
use crate::registry::build::builder::RegistryBuilder;
use crate::registry::build::spec::Plan;
use crate::registry::error::ReloadError;
use crate::registry::handle::{Inner, Registry};
use crate::registry::snapshot::{Built, Snapshot};

impl Registry {
    /// Puts another configuration in place of the one in use: a [`Config`](crate::config::Config), or a [`RegistryBuilder`].
    ///
    /// Everything is built first, then swapped in one step. Whoever holds this registry sees the new tracers, routes and
    /// experiments from the next call on, the HTTP layers among them.
    ///
    /// - A tracer whose configuration is the same is kept, with its connections, its queue, its counts, and what
    ///   [`set_enabled`](Self::set_enabled) and [`set_sample_rate`](Self::set_sample_rate) made of it. One with an exporter or a
    ///   sampler that code gave is always built anew, except for one that keeps the same
    ///   [`InMemoryExporter`](crate::export::InMemoryExporter).
    /// - A tracer that changed or is gone still takes the spans of the traces that began in it, so that these stay whole and
    ///   where they began; then it exports what it has, and ends. Its counts stay in the [`report`](Self::report).
    /// - Every trace that begins later follows the new configuration, whatever [`Tracer`](crate::Tracer) handle, route or
    ///   ambient tracer it comes through: these stand for the tracer of that name. Where there is none any more, the rule for
    ///   [unknown names](crate::config::UnknownTracerPolicy) says what to do.
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
    /// When a name is unknown or used twice, a value is out of range, an exporter cannot be set up, or the registry was shut
    /// down. Then nothing has changed.
    pub fn reload(&self, new: impl Into<RegistryBuilder>) -> Result<ReloadChanges, ReloadError> {
        let changes = self.replace(new.into())?;
        tracing::info!(target: "multitracer", "reloaded; {changes}");
        Ok(changes)
    }

    /// Reads the file again that this registry was built from, with the same source of variables, and
    /// [reloads](Self::reload) what it says now.
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload); when the file is wrong, with every problem and its place; and when there is no such file,
    /// or code has changed what it said (then load it, do the same to it, and use [`reload`](Self::reload)).
    pub fn reload_from_file(&self) -> Result<ReloadChanges, ReloadError> {
        self.reload(self.origin(false)?.load()?)
    }

    /// The file that this was built from. `altered`: even if code had changed what it said.
    pub(in crate::registry) fn origin(&self, altered: bool) -> Result<Origin, ReloadError> {
        let origin = self.inner.changing().origin.clone();
        match origin {
            None => Err(ReloadError::NoFile),
            Some(origin) if origin.altered && !altered => Err(ReloadError::Altered),
            Some(origin) => Ok(origin.file),
        }
    }

    fn replace(&self, new: RegistryBuilder) -> Result<ReloadChanges, ReloadError> {
        let Plan { model, tracers, origin } = Plan::new(new)?;
        let model = Arc::new(model);
        let inner = &self.inner;
        let mut changing = inner.changing();
        if changing.ended {
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
        changing.origin = origin.or(changing.origin.take());
        inner.swap(new);
        Ok(changes)
    }
}

impl Inner {
    /// Replaces the snapshot. Tracers that the new one lacks drain. The caller holds the lock on changes.
    pub(in crate::registry) fn swap(self: &Arc<Self>, new: Snapshot) {
        // routes of the old snapshot lead to tracers by name, so the tracers may change first
        self.set.replace(Arc::clone(&new.roster));
        self.snapshot.store(Arc::new(new));
        self.watch_draining();
    }
}
