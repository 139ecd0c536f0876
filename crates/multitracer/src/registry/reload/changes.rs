//! What a reload changed.

use std::fmt;
use std::sync::Arc;

use crate::registry::snapshot::Snapshot;

/// What a [reload](crate::Registry::reload) changed. Names are in the order of the configuration that they stand in.
///
/// Its `Display` is one line, as in `added: canary; changed: production; kept: 3; routes changed`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadChanges {
    /// Tracers that were not there before.
    pub added: Vec<Arc<str>>,
    /// Tracers that are not there any more.
    pub removed: Vec<Arc<str>>,
    /// Tracers that were built anew, since something in their configuration changed.
    pub changed: Vec<Arc<str>>,
    /// Tracers that go on as they were, with their connections, queues and counts.
    pub kept: Vec<Arc<str>>,
    /// Whether the routes are others, or in another order.
    pub routes: bool,
    /// Whether the experiments are others.
    pub experiments: bool,
    /// Whether `unknown_tracer`, `on_switch` or `remote_parent` is another.
    pub rules: bool,
    /// The default tracer before and now, if it is another.
    pub default_tracer: Option<(Arc<str>, Arc<str>)>,
}

impl ReloadChanges {
    /// Whether everything stayed as it was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && !(self.routes || self.experiments || self.rules)
            && self.default_tracer.is_none()
    }

    /// Fills in what is not about single tracers.
    pub(in crate::registry) fn compare(&mut self, old: &Snapshot, new: &Snapshot) {
        self.removed =
            old.roster.names().filter(|name| new.roster.by_name(name).is_none()).map(Into::into).collect();
        self.routes = old.model.routes != new.model.routes;
        self.experiments = old.model.experiments != new.model.experiments;
        let rules = |snapshot: &Snapshot| {
            (snapshot.model.unknown_tracer, snapshot.model.on_switch, snapshot.model.remote_parent)
        };
        self.rules = rules(old) != rules(new);
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
        for (what, names) in [("added", &self.added), ("removed", &self.removed), ("changed", &self.changed)]
        {
            if !names.is_empty() {
                parts.push(format!("{what}: {}", names.join(", ")));
            }
        }
        parts.push(format!("kept: {}", self.kept.len()));
        for (what, changed) in
            [("routes", self.routes), ("experiments", self.experiments), ("rules", self.rules)]
        {
            if changed {
                parts.push(format!("{what} changed"));
            }
        }
        if let Some((old, new)) = &self.default_tracer {
            parts.push(format!("default tracer: {old} -> {new}"));
        }
        f.write_str(&parts.join("; "))
    }
}
