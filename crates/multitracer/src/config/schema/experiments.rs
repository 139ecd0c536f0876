//! The keys of `experiments`.

use super::section::{Key, Kind, Section};

pub(crate) static EXPERIMENT: Section = Section {
    title: "an experiment",
    keys: &[
        Key::new("unit", Kind::Section(&UNIT), "the caller supplies it", "the identity to split by"),
        Key::new(
            "salt",
            Kind::Text,
            "the experiment's name",
            "the text to hash before the unit; another salt gives another split",
        ),
        Key::new(
            "hash",
            Kind::Choice(&["murmur3_32_v1"]),
            "`murmur3_32_v1`",
            "the name of the hash function, which never changes",
        ),
        Key::new(
            "coverage",
            Kind::Ratio,
            "1.0",
            "the share of each variant's units that take part; the others get the fallback",
        ),
        Key::new("variants", Kind::List(&VARIANT), "", "the list of arms, in order"),
        Key::new(
            "fallback",
            Kind::Text,
            "the default tracer",
            "the tracer of requests that do not take part",
        ),
    ],
    refused: &[("weights", "write a `weight` in each variant")],
};

static UNIT: Section = Section {
    title: "`unit`",
    keys: &[Key::new("header", Kind::Text, "", "the request header that holds the unit")],
    refused: &[],
};

static VARIANT: Section = Section {
    title: "a variant",
    keys: &[
        Key::new("name", Kind::Text, "", "the variant's name in spans and messages"),
        Key::new("weight", Kind::Count(0, MAX_WEIGHT), "1", "the variant's share of the sum of all weights"),
        Key::new("tracer", Kind::Text, "the variant's name", "the tracer of its requests"),
    ],
    refused: &[],
};

const MAX_WEIGHT: u64 = i32::MAX as u64;
