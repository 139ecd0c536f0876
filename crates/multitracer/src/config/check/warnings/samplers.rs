//! Warnings about samplers that keep no trace, or too many.

use std::collections::HashMap;

use super::Collector;
use super::codes::{SAMPLE_RATE_ZERO, UNLIMITED_CANARY};
use crate::config::check::paths::tracer_path;
use crate::config::diagnostics::ModelDiagnostic;
use crate::config::model::{ConfigModel, ParentBasedConfig, RemoteParent, RouteTarget, SamplerConfig};
use crate::config::yaml::KeyPath;

impl Collector<'_> {
    /// Warns about sample rates of 0.
    pub(super) fn check_sample_rates(&mut self, model: &ConfigModel) {
        for tracer in model.tracers.iter().filter(|tracer| tracer.enabled) {
            let path = tracer_path(tracer);
            let sampler = match &tracer.sampler {
                SamplerConfig::ParentBased(delegates) => &delegates.root,
                other => other,
            };
            let rate = path.key("sample_rate");
            let known = self.is_known(&rate) && self.is_known(&path.key("sampler"));
            if !known || !matches!(sampler, SamplerConfig::TraceIdRatioBased(ratio) if *ratio == 0.0) {
                continue;
            }
            let message = match self.context.overrides.iter().find(|set| set.at == rate) {
                Some(set) => format!("the sample rate is 0, by the variable `{}`", set.variable()),
                None => "the sample rate is 0".to_owned(),
            };
            let warning = ModelDiagnostic::new(rate, format!("{message}: this tracer starts no trace"))
                .with_other_path(path.key("sampler"))
                .with_help("`enabled: false` has the same effect, and costs less");
            self.add(SAMPLE_RATE_ZERO, warning);
        }
    }

    /// Warns about tracers that requests can choose without a limit.
    pub(super) fn check_unlimited_canaries(&mut self, model: &ConfigModel) {
        let root = KeyPath::root();
        if !self.is_known(&root.key("default_tracer")) {
            return;
        }
        let mut targets: HashMap<&str, String> = HashMap::new();
        for (position, route) in model.routes.iter().enumerate() {
            if let (RouteTarget::Tracer(name), false) = (&route.target, route.headers.is_empty())
                && self.is_known(&root.key("routes").index(position))
            {
                targets.entry(name).or_insert_with(|| self.route_name(position, route));
            }
        }
        let remote_parents = model.remote_parent == RemoteParent::Child;
        for tracer in
            model.tracers.iter().filter(|tracer| tracer.enabled && tracer.name != model.default_tracer)
        {
            let path = tracer_path(tracer);
            let known = self.is_known(&path.key("sampler")) && self.is_known(&path.key("sample_rate"));
            if let (Some(route), true, false) =
                (targets.get(tracer.name.as_str()), known, is_limited(&tracer.sampler, remote_parents))
            {
                let message = format!(
                    "the route `{route}` lets request headers choose this tracer, and nothing limits how often"
                );
                let help = "add `sampler: {rate_limited: {per_second: 100}}`";
                self.add(UNLIMITED_CANARY, ModelDiagnostic::new(path, message).with_help(help));
            }
        }
    }
}

/// Returns `true` if a sampler limits the traces that requests from outside begin.
///
/// `remote_parents` is `true` if a request's span may have a parent in another process.
fn is_limited(sampler: &SamplerConfig, remote_parents: bool) -> bool {
    match sampler {
        SamplerConfig::AlwaysOff | SamplerConfig::RateLimited(_) => true,
        SamplerConfig::TraceIdRatioBased(ratio) => *ratio == 0.0,
        SamplerConfig::AlwaysOn => false,
        SamplerConfig::ParentBased(delegates) => {
            let ParentBasedConfig { root, remote_parent_sampled, .. } = &**delegates;
            is_limited(root, remote_parents)
                && (!remote_parents || is_limited(remote_parent_sampled, remote_parents))
        }
    }
}
