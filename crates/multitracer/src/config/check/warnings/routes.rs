//! Warnings about routes that never match, and about unused tracers.

use std::collections::{HashMap, HashSet};

use super::Collector;
use super::codes::{UNREACHABLE_ROUTE, UNUSED_TRACER};
use crate::config::check::paths::tracer_path;
use crate::config::diagnostics::ModelDiagnostic;
use crate::config::model::{ConfigModel, HeaderMatch, RouteConfig, RouteTarget, ValueMatch};
use crate::config::yaml::KeyPath;

/// The most pairs of routes to compare; a hostile file may have tens of thousands of routes.
const MAX_COMPARISONS: usize = 2_000_000;

impl Collector<'_> {
    /// Warns about routes that never match.
    pub(super) fn check_unreachable_routes(&mut self, routes: &[RouteConfig]) {
        let path = KeyPath::root().key("routes");
        let mut comparisons = 0;
        for (position, route) in routes.iter().enumerate() {
            let at = path.index(position);
            if !self.is_known(&at.key("headers")) {
                continue;
            }
            if let Some(name) = contradiction(&route.headers) {
                let is_literal = (self.context.is_literal)(&at.key("headers"));
                let header = if is_literal { format!("`{name}`") } else { "a header".to_owned() };
                let message = format!("this route never matches: {header} cannot have two values at once");
                self.add(
                    UNREACHABLE_ROUTE,
                    ModelDiagnostic::new(at, message).with_help("for \"or\" write one route for each value"),
                );
                continue;
            }
            for (earlier, other) in routes.iter().enumerate().take(position) {
                comparisons += 1;
                if comparisons > MAX_COMPARISONS {
                    return;
                }
                if covers(other, route) && self.is_known(&path.index(earlier).key("headers")) {
                    let message = format!(
                        "this route never matches: the earlier route `{}` matches first",
                        self.route_name(earlier, other)
                    );
                    self.add(
                        UNREACHABLE_ROUTE,
                        ModelDiagnostic::new(at, message).with_help("put the more specific route first"),
                    );
                    break;
                }
            }
        }
    }

    /// Warns about tracers that no route, no experiment and not `default_tracer` refers to.
    pub(super) fn check_unused_tracers(&mut self, model: &ConfigModel) {
        let root = KeyPath::root();
        if !["default_tracer", "routes", "experiments"].iter().all(|key| self.is_known(&root.key(*key))) {
            return;
        }
        let mut used: HashSet<&str> = HashSet::from([model.default_tracer.as_str()]);
        for route in &model.routes {
            if let RouteTarget::Tracer(name) = &route.target {
                used.insert(name);
            }
        }
        for experiment in &model.experiments {
            used.insert(&experiment.fallback);
            used.extend(experiment.variants.iter().map(|variant| variant.tracer.as_str()));
        }
        for tracer in model.tracers.iter().filter(|tracer| !used.contains(tracer.name.as_str())) {
            let warning = ModelDiagnostic::new(
                tracer_path(tracer),
                "this tracer is unused: no route, experiment or `default_tracer` refers to it",
            );
            self.add(
                UNUSED_TRACER,
                warning.with_help("fine if code names it; otherwise remove it, or add a route"),
            );
        }
    }
}

/// Returns the header that the conditions require to have two values.
fn contradiction(headers: &[HeaderMatch]) -> Option<&str> {
    let mut exact: HashMap<&str, &str> = HashMap::new();
    for header in headers {
        if let ValueMatch::Exact(value) = &header.value
            && *exact.entry(&header.name).or_insert(value) != value.as_str()
        {
            return Some(&header.name);
        }
    }
    let refuses = |header: &&HeaderMatch| match (exact.get(header.name.as_str()), &header.value) {
        (Some(value), ValueMatch::Prefix(prefix)) => !value.starts_with(prefix.as_str()),
        (Some(value), ValueMatch::Regex(regex)) => !regex.is_match(value.as_bytes()),
        _ => false,
    };
    headers.iter().find(refuses).map(|header| header.name.as_str())
}

/// Returns `true` if every request that matches `later` matches `earlier` too.
fn covers(earlier: &RouteConfig, later: &RouteConfig) -> bool {
    let implied = |wide: &HeaderMatch| {
        later.headers.iter().any(|narrow| narrow.name == wide.name && implies(&narrow.value, &wide.value))
    };
    earlier.headers.iter().all(implied)
}

/// Returns `true` if every value that matches `narrow` matches `wide` too.
fn implies(narrow: &ValueMatch, wide: &ValueMatch) -> bool {
    match (wide, narrow) {
        (ValueMatch::Present, _) => true,
        (ValueMatch::Exact(a), ValueMatch::Exact(b)) => a == b,
        (ValueMatch::Prefix(prefix), _) if prefix.is_empty() => true,
        (ValueMatch::Prefix(prefix), ValueMatch::Exact(text) | ValueMatch::Prefix(text)) => {
            text.starts_with(prefix.as_str())
        }
        (ValueMatch::Regex(regex), ValueMatch::Exact(text)) => regex.is_match(text.as_bytes()),
        (ValueMatch::Regex(a), ValueMatch::Regex(b)) => a.as_str() == b.as_str(),
        _ => false,
    }
}
