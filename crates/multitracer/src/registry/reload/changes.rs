//! The changes that a reload made.

use std::fmt;
use std::sync::Arc;

use crate::registry::snapshot::Snapshot;

/// The changes that a [reload](crate::Registry::reload) made.
///
/// Names are in the order of their configuration. `Display` writes one line.
///
/// ```
/// use multitracer::Registry;
/// use multitracer::config::Config;
///
/// let registry = Registry::from_yaml("tracers: {production: {exporter: console}}")?;
/// let changes = registry.reload(Config::from_yaml("tracers: {canary: {exporter: console}}")?)?;
/// assert_eq!(*changes.added[0], *"canary");
/// assert_eq!(
///     changes.to_string(),
///     "added: canary; removed: production; kept: 0; default tracer: production -> canary",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadChanges {
    /// New tracers.
    pub added: Vec<Arc<str>>,
    /// Tracers that the new configuration no longer has.
    pub removed: Vec<Arc<str>>,
    /// Tracers that were rebuilt, because their configuration changed.
    pub changed: Vec<Arc<str>>,
    /// Tracers that stayed, with their connections, queues and counts.
    pub kept: Vec<Arc<str>>,
    /// `true` if the routes or their order changed.
    pub routes_changed: bool,
    /// `true` if the experiments changed.
    pub experiments_changed: bool,
    /// `true` if `unknown_tracer`, `on_switch`, `remote_parent` or `baggage` changed.
    pub rules_changed: bool,
    /// The earlier and the new default tracer, if it changed.
    pub default_tracer: Option<(Arc<str>, Arc<str>)>,
}

impl ReloadChanges {
    /// Returns `true` if nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && !(self.routes_changed || self.experiments_changed || self.rules_changed)
            && self.default_tracer.is_none()
    }

    /// Compares everything that does not belong to one tracer, and finds the removed tracers.
    pub(in crate::registry) fn compare(&mut self, old: &Snapshot, new: &Snapshot) {
        self.removed =
            old.roster.names().filter(|name| new.roster.by_name(name).is_none()).map(Into::into).collect();
        self.routes_changed = old.model.routes != new.model.routes;
        self.experiments_changed = old.model.experiments != new.model.experiments;
        let rules = |snapshot: &Snapshot| {
            (snapshot.model.unknown_tracer, snapshot.model.on_switch, snapshot.model.remote_parent)
        };
        self.rules_changed = rules(old) != rules(new) || old.model.baggage != new.model.baggage;
        let [old, new] = [old, new].map(|snapshot| Arc::clone(&snapshot.roster.default_tracer().info.name));
        self.default_tracer = (old != new).then_some((old, new));
    }
}

impl fmt::Display for ReloadChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing changed");
        }
        let mut parts = Vec::new();
        for (label, names) in [("added", &self.added), ("removed", &self.removed), ("changed", &self.changed)]
        {
            if !names.is_empty() {
                parts.push(format!("{label}: {}", names.join(", ")));
            }
        }
        parts.push(format!("kept: {}", self.kept.len()));
        for (label, is_changed) in [
            ("routes", self.routes_changed),
            ("experiments", self.experiments_changed),
            ("rules", self.rules_changed),
        ] {
            if is_changed {
                parts.push(format!("{label} changed"));
            }
        }
        if let Some((old, new)) = &self.default_tracer {
            parts.push(format!("default tracer: {old} -> {new}"));
        }
        f.write_str(&parts.join("; "))
    }
}
