//! The effective configuration: everything written out, secrets redacted.

mod exporter;
mod routing;
mod tracer;

use std::fmt;

use serde::ser::{Serialize, Serializer};

use self::routing::{experiment, route};
use self::tracer::of_tracer;
use super::model::{ConfigModel, OnSwitch, RemoteParent, UnknownTracerPolicy};
use super::yaml::{self, OutputValue, key, text};

/// A configuration with all defaults, short forms and variables written out; from
/// [`Config::effective`](crate::config::Config::effective).
///
/// `Display` writes YAML. The YAML can be loaded again, except for its secrets, which are redacted:
/// header values; user names, passwords and queries of endpoints; resource attributes with a word
/// for a secret in their names. The type also serializes with serde.
///
/// ```
/// let config = multitracer::config::Config::from_yaml("
/// tracers: {main: {sample_rate: 0.5, api_key: sk-1, exporter: otlp_http}}
/// ")?;
/// let text = config.effective().to_string();
/// assert!(text.contains("ratio: 0.5") && text.contains("authorization: '[REDACTED]'"), "{text}");
/// # Ok::<(), multitracer::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct EffectiveConfig(OutputValue);

impl EffectiveConfig {
    pub(crate) fn new(model: &ConfigModel) -> Self {
        let mut map = vec![
            key("file_format", text("1.0")),
            key("enabled", OutputValue::Flag(model.enabled)),
            key("default_tracer", text(&model.default_tracer)),
            key(
                "unknown_tracer",
                text(match model.unknown_tracer {
                    UnknownTracerPolicy::Default => "default",
                    UnknownTracerPolicy::Drop => "drop",
                }),
            ),
            key(
                "on_switch",
                text(match model.on_switch {
                    OnSwitch::Link => "link",
                    OnSwitch::Child => "child",
                }),
            ),
            key(
                "remote_parent",
                text(match model.remote_parent {
                    RemoteParent::Auto => "auto",
                    RemoteParent::Child => "child",
                    RemoteParent::Link => "link",
                }),
            ),
        ];
        let baggage = &model.baggage;
        if baggage.trusted || !baggage.attributes.is_empty() {
            let mut entries = vec![key("trusted", OutputValue::Flag(baggage.trusted))];
            if !baggage.attributes.is_empty() {
                let attributes =
                    baggage.attributes.iter().map(|(entry, attribute)| key(entry, text(attribute)));
                entries.push(key("attributes", OutputValue::Map(attributes.collect())));
            }
            map.push(key("baggage", OutputValue::Map(entries)));
        }
        let tracers = model.tracers.iter().map(|tracer| key(&tracer.name, of_tracer(tracer))).collect();
        map.push(key("tracers", OutputValue::Map(tracers)));
        if !model.routes.is_empty() {
            map.push(key("routes", OutputValue::List(model.routes.iter().map(route).collect())));
        }
        if !model.experiments.is_empty() {
            let experiments = model.experiments.iter().map(|each| key(&each.name, experiment(each)));
            map.push(key("experiments", OutputValue::Map(experiments.collect())));
        }
        Self(OutputValue::Map(map))
    }
}

impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(yaml::to_text(&self.0.escaped()).trim_end())
    }
}

impl Serialize for EffectiveConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
