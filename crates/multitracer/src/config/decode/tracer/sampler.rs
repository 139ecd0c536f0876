//! The decoder of `sampler` and of its short form `sample_rate`.

use crate::config::model::{ParentBasedConfig, SamplerConfig};
use crate::config::reader::{Fields, OneOf};
use crate::config::schema::Key;

/// Reads `sampler` or `sample_rate`.
pub(super) fn read(fields: &Fields<'_>) -> Option<SamplerConfig> {
    let rate = fields.ratio("sample_rate").map(|rate| {
        let root = SamplerConfig::TraceIdRatioBased(rate);
        SamplerConfig::ParentBased(Box::new(ParentBasedConfig::with_root(root)))
    });
    if let (Some(_), Some(sampler)) = (fields.given("sample_rate"), fields.given("sampler")) {
        let help = "`sample_rate: 0.1` is short for `parent_based` with that ratio for roots";
        sampler.report("`sampler` and `sample_rate` exclude each other", Some(help.to_owned()));
    }
    named(fields, "sampler").or(rate)
}

fn named(fields: &Fields<'_>, name: &str) -> Option<SamplerConfig> {
    let OneOf { key, fields: inner } = fields.one_of(name)?;
    Some(match key {
        "always_on" => SamplerConfig::AlwaysOn,
        "always_off" => SamplerConfig::AlwaysOff,
        "trace_id_ratio_based" => SamplerConfig::TraceIdRatioBased(inner.ratio("ratio").unwrap_or(1.0)),
        "rate_limited" => {
            if inner.get("per_second").is_none() {
                inner.at.report_missing("per_second", inner.section.key("per_second").map(Key::help));
            }
            SamplerConfig::RateLimited(inner.count("per_second").unwrap_or(1))
        }
        _ => {
            let delegate = |name, default| named(&inner, name).unwrap_or(default);
            SamplerConfig::ParentBased(Box::new(ParentBasedConfig {
                root: delegate("root", SamplerConfig::AlwaysOn),
                remote_parent_sampled: delegate("remote_parent_sampled", SamplerConfig::AlwaysOn),
                remote_parent_not_sampled: delegate("remote_parent_not_sampled", SamplerConfig::AlwaysOff),
                local_parent_sampled: delegate("local_parent_sampled", SamplerConfig::AlwaysOn),
                local_parent_not_sampled: delegate("local_parent_not_sampled", SamplerConfig::AlwaysOff),
            }))
        }
    })
}
