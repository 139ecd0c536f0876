//! Routes and experiments as YAML.

use crate::config::model::{ExperimentConfig, HeaderMatch, RouteConfig, RouteTarget, ValueMatch};
use crate::config::secret::{REDACTED, mentions_secret};
use crate::config::yaml::{Tree, count, key, text};

/// Returns a route as a tree.
pub(super) fn route(route: &RouteConfig) -> Tree {
    let mut map = vec![key("name", text(&route.name))];
    if !route.headers.is_empty() {
        map.push(key("headers", Tree::List(route.headers.iter().map(condition).collect())));
    }
    map.push(match &route.target {
        RouteTarget::Tracer(name) => key("tracer", text(name)),
        RouteTarget::Experiment(name) => key("experiment", text(name)),
    });
    Tree::Map(map)
}

fn condition(header: &HeaderMatch) -> Tree {
    let (kind, value) = match &header.value {
        ValueMatch::Exact(value) => ("exact", Some(value.as_str())),
        ValueMatch::Prefix(value) => ("prefix", Some(value.as_str())),
        ValueMatch::Regex(regex) => ("regex", Some(regex.as_str())),
        ValueMatch::Present => ("present", None),
    };
    let mut map = vec![key("name", text(&header.name)), key("type", text(kind))];
    map.extend(
        value.map(|value| key("value", text(if mentions_secret(&header.name) { REDACTED } else { value }))),
    );
    Tree::Map(map)
}

/// Returns an experiment as a tree.
pub(super) fn experiment(experiment: &ExperimentConfig) -> Tree {
    let mut map = Vec::new();
    if let Some(header) = &experiment.unit_header {
        map.push(key("unit", Tree::Map(vec![key("header", text(header))])));
    }
    let variants = experiment.variants.iter().map(|variant| {
        Tree::Map(vec![
            key("name", text(&variant.name)),
            key("weight", count(variant.weight)),
            key("tracer", text(&variant.tracer)),
        ])
    });
    map.extend([
        key("salt", text(&experiment.salt)),
        key("hash", text("murmur3_32_v1")),
        key("coverage", Tree::Float(experiment.coverage)),
        key("variants", Tree::List(variants.collect())),
        key("fallback", text(&experiment.fallback)),
    ]);
    Tree::Map(map)
}
