//! The decoder of `experiments`.

use crate::config::check::value_rules;
use crate::config::model::{ExperimentConfig, VariantConfig};
use crate::config::reader::Fields;
use crate::config::schema::Key;

pub(super) fn read(file: &Fields<'_>, default_tracer: &str) -> Vec<ExperimentConfig> {
    let experiments = file.named("experiments");
    experiments.iter().map(|each| experiment(each.name, &each.fields, default_tracer)).collect()
}

fn experiment(name: &str, fields: &Fields<'_>, default_tracer: &str) -> ExperimentConfig {
    // there is only one hash so far, so the word is checked and then ignored
    let _: Option<()> = fields.one_word_of("hash", &[()]);
    if fields.given("variants").is_none() {
        fields.at.report_missing("variants", fields.section.key("variants").map(Key::help));
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
    cursor.accept(value_rules::header_name(&cursor.text()?))
}

fn variant(fields: &Fields<'_>) -> VariantConfig {
    let name = fields.required("name").unwrap_or_default();
    let tracer = fields.text("tracer").unwrap_or_else(|| name.clone());
    VariantConfig { weight: fields.count("weight").unwrap_or(1), tracer, name }
}
