//! Routes and experiments as YAML.

use crate::config::model::{ExperimentConfig, HeaderMatch, RouteConfig, RouteTarget, ValueMatch};
use crate::config::secret::{REDACTED, is_credential_header};
use crate::config::yaml::{OutputValue, count, key, text};

/// Returns a route as a tree.
pub(super) fn route(route: &RouteConfig) -> OutputValue {
    let mut map = vec![key("name", text(&route.name))];
    if !route.headers.is_empty() {
        map.push(key("headers", OutputValue::List(route.headers.iter().map(condition).collect())));
    }
    map.push(match &route.target {
        RouteTarget::Tracer(name) => key("tracer", text(name)),
        RouteTarget::Experiment(name) => key("experiment", text(name)),
    });
    OutputValue::Map(map)
}

fn condition(header: &HeaderMatch) -> OutputValue {
    let (kind, value) = match &header.value {
        ValueMatch::Exact(value) => ("exact", Some(value.as_str())),
        ValueMatch::Prefix(value) => ("prefix", Some(value.as_str())),
        ValueMatch::Regex(regex) => ("regex", Some(regex.as_str())),
        ValueMatch::Present => ("present", None),
    };
    let mut map = vec![key("name", text(&header.name)), key("type", text(kind))];
    map.extend(
        value.map(|value| {
            key("value", text(if is_credential_header(&header.name) { REDACTED } else { value }))
        }),
    );
    OutputValue::Map(map)
}

/// Returns an experiment as a tree.
pub(super) fn experiment(experiment: &ExperimentConfig) -> OutputValue {
    let mut map = Vec::new();
    if let Some(header) = &experiment.unit_header {
        map.push(key("unit", OutputValue::Map(vec![key("header", text(header))])));
    }
    let variants = experiment.variants.iter().map(|variant| {
        OutputValue::Map(vec![
            key("name", text(&variant.name)),
            key("weight", count(variant.weight)),
            key("tracer", text(&variant.tracer)),
        ])
    });
    map.extend([
        key("salt", text(&experiment.salt)),
        key("hash", text("murmur3_32_v1")),
        key("coverage", OutputValue::Float(experiment.coverage)),
        key("variants", OutputValue::List(variants.collect())),
        key("fallback", text(&experiment.fallback)),
    ]);
    OutputValue::Map(map)
}
