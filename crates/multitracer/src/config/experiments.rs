//! `experiments`.

use super::decode::Fields;
use super::model::{ExperimentConfig, VariantConfig};
use super::rules;
use super::schema::{Key, Kind, Section};

pub(super) static EXPERIMENT: Section = Section {
    title: "an experiment",
    keys: &[
        Key::new("unit", Kind::Section(&UNIT), "the caller supplies it", "the identity that is split"),
        Key::new(
            "salt",
            Kind::Text,
            "the experiment's name",
            "what is hashed before the unit; another salt is another split",
        ),
        Key::new(
            "hash",
            Kind::Choice(&["murmur3_32_v1"]),
            "`murmur3_32_v1`",
            "the hash, frozen under its name",
        ),
        Key::new(
            "coverage",
            Kind::Ratio,
            "1.0",
            "the share of each variant's units that take part; the others get the fallback",
        ),
        Key::new("variants", Kind::List(&VARIANT), "", "the list of arms, in order"),
        Key::new("fallback", Kind::Text, "the default tracer", "the tracer of requests that take no part"),
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
        Key::new("weight", Kind::Count(0, MOST_WEIGHT), "1", "its part of the sum of all weights"),
        Key::new("tracer", Kind::Text, "the variant's name", "the tracer of its requests"),
    ],
    refused: &[],
};

const MOST_WEIGHT: u64 = i32::MAX as u64;

pub(super) fn read(file: &Fields<'_>, default_tracer: &str) -> Vec<ExperimentConfig> {
    let experiments = file.named("experiments");
    experiments.iter().map(|(name, _, fields)| experiment(name, fields, default_tracer)).collect()
}

fn experiment(name: &str, fields: &Fields<'_>, default_tracer: &str) -> ExperimentConfig {
    // There is one hash so far; the word is checked and otherwise of no use.
    let _: Option<()> = fields.choice("hash", &[()]);
    if fields.given("variants").is_none() {
        fields.at.missing("variants", fields.section.key("variants").map(Key::help));
    }
    ExperimentConfig {
        name: name.to_owned(),
        unit_header: fields.section("unit").and_then(|unit| unit_header(&unit)),
        salt: fields.text("salt").unwrap_or_else(|| name.to_owned()),
        coverage: fields.ratio("coverage").unwrap_or(1.0),
        variants: fields.list("variants").iter().map(variant).collect(),
        fallback: fields.text("fallback").unwrap_or_else(|| default_tracer.to_owned()),
    }
}

fn unit_header(unit: &Fields<'_>) -> Option<String> {
    let cursor = unit.get("header")?;
    cursor.keep(rules::header_name(&cursor.text()?))
}

fn variant(fields: &Fields<'_>) -> VariantConfig {
    let name = fields.required("name").unwrap_or_default();
    let tracer = fields.text("tracer").unwrap_or_else(|| name.clone());
    VariantConfig { weight: fields.count("weight").unwrap_or(1), tracer, name }
}
