//! `sampler` and its short form `sample_rate`.

use super::decode::Fields;
use super::model::{ParentBasedConfig, SamplerConfig};
use super::schema::{Key, Kind, Section};

/// A section without keys.
pub(super) static NOTHING: Section = Section { title: "it", keys: &[], refused: &[] };

pub(super) static SAMPLER: Section = Section {
    title: "a sampler",
    keys: &[
        Key::new("always_on", Kind::Section(&NOTHING), "", "keep every trace"),
        Key::new("always_off", Kind::Section(&NOTHING), "", "keep no trace"),
        Key::new(
            "trace_id_ratio_based",
            Kind::Section(&RATIO),
            "",
            "keep a share of the traces, by trace id",
        ),
        Key::new(
            "parent_based",
            Kind::Section(&PARENT_BASED),
            "",
            "follow the parent; for a root ask `root`",
        ),
        Key::new(
            "rate_limited",
            Kind::Section(&RATE_LIMITED),
            "",
            "keep so many traces a second; not one of OpenTelemetry's",
        ),
    ],
    refused: &[
        ("always_record", UNSUPPORTED),
        ("composite/development", UNSUPPORTED),
        ("jaeger_remote/development", UNSUPPORTED),
        ("probability/development", UNSUPPORTED),
    ],
};

const UNSUPPORTED: &str = "supported samplers are `always_on`, `always_off`, `trace_id_ratio_based`, `parent_based`, `rate_limited`";

static RATIO: Section = Section {
    title: "`trace_id_ratio_based`",
    keys: &[Key::new("ratio", Kind::Ratio, "1.0", "the share of traces that are kept")],
    refused: &[],
};

static RATE_LIMITED: Section = Section {
    title: "`rate_limited`",
    keys: &[Key::new(
        "per_second",
        Kind::Count(1, 1_000_000),
        "",
        "the most traces that are begun in a second; what a caller in another process began counts too",
    )],
    refused: &[],
};

static PARENT_BASED: Section = Section {
    title: "`parent_based`",
    keys: &[
        Key::new("root", Kind::OneOf(&SAMPLER), "`always_on`", "the sampler of a span without a parent"),
        Key::new(
            "remote_parent_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_on`",
            "for a sampled parent in another process",
        ),
        Key::new(
            "remote_parent_not_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_off`",
            "for an unsampled parent in another process",
        ),
        Key::new(
            "local_parent_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_on`",
            "for a sampled parent in this process",
        ),
        Key::new(
            "local_parent_not_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_off`",
            "for an unsampled parent in this process",
        ),
    ],
    refused: &[],
};

/// `sampler` or `sample_rate` of a tracer or of the defaults.
pub(super) fn read(fields: &Fields<'_>) -> Option<SamplerConfig> {
    let rate = fields.ratio("sample_rate").map(|rate| {
        let root = SamplerConfig::TraceIdRatioBased(rate);
        SamplerConfig::ParentBased(Box::new(ParentBasedConfig::with_root(root)))
    });
    if let (Some(_), Some(sampler)) = (fields.given("sample_rate"), fields.given("sampler")) {
        let help = "`sample_rate: 0.1` is short for `parent_based` with that ratio for roots";
        sampler.problem("`sampler` and `sample_rate` exclude each other", Some(help.to_owned()));
    }
    named(fields, "sampler").or(rate)
}

fn named(fields: &Fields<'_>, name: &str) -> Option<SamplerConfig> {
    let (kind, inner) = fields.one_of(name)?;
    Some(match kind {
        "always_on" => SamplerConfig::AlwaysOn,
        "always_off" => SamplerConfig::AlwaysOff,
        "trace_id_ratio_based" => SamplerConfig::TraceIdRatioBased(inner.ratio("ratio").unwrap_or(1.0)),
        "rate_limited" => {
            if inner.get("per_second").is_none() {
                inner.at.missing("per_second", inner.section.key("per_second").map(Key::help));
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
