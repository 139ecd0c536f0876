//! The keys of samplers.

use super::section::{EMPTY, Key, Kind, Section};

pub(crate) static SAMPLER: Section = Section {
    title: "a sampler",
    keys: &[
        Key::new("always_on", Kind::Section(&EMPTY), "", "keeps every trace"),
        Key::new("always_off", Kind::Section(&EMPTY), "", "keeps no trace"),
        Key::new(
            "trace_id_ratio_based",
            Kind::Section(&RATIO),
            "",
            "keeps a share of the traces, by trace id",
        ),
        Key::new(
            "parent_based",
            Kind::Section(&PARENT_BASED),
            "",
            "follows the parent; `root` decides for a span without a parent",
        ),
        Key::new(
            "rate_limited",
            Kind::Section(&RATE_LIMITED),
            "",
            "keeps at most a number of traces per second; not a sampler of OpenTelemetry",
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

pub(crate) static RATIO: Section = Section {
    title: "`trace_id_ratio_based`",
    keys: &[Key::new("ratio", Kind::Ratio, "1.0", "the share of traces to keep")],
    refused: &[],
};

pub(crate) static RATE_LIMITED: Section = Section {
    title: "`rate_limited`",
    keys: &[Key::new(
        "per_second",
        Kind::Count(1, 1_000_000),
        "",
        "the maximum number of traces that start in a second; traces that start in another process count, too",
    )],
    refused: &[],
};

static PARENT_BASED: Section = Section {
    title: "`parent_based`",
    keys: &[
        Key::new("root", Kind::OneOf(&SAMPLER), "`always_on`", "the sampler for a span without a parent"),
        Key::new(
            "remote_parent_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_on`",
            "the sampler for a sampled parent in another process",
        ),
        Key::new(
            "remote_parent_not_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_off`",
            "the sampler for an unsampled parent in another process",
        ),
        Key::new(
            "local_parent_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_on`",
            "the sampler for a sampled parent in this process",
        ),
        Key::new(
            "local_parent_not_sampled",
            Kind::OneOf(&SAMPLER),
            "`always_off`",
            "the sampler for an unsampled parent in this process",
        ),
    ],
    refused: &[],
};
