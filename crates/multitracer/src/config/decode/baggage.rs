//! The decoder of `baggage`.

use std::collections::HashSet;

use crate::config::model::BaggageConfig;
use crate::config::reader::{Fields, NameValue};

pub(super) fn read(file: &Fields<'_>) -> BaggageConfig {
    let Some(baggage) = file.section("baggage") else { return BaggageConfig::default() };
    let mut attributes = Vec::new();
    let mut seen = HashSet::new();
    for pair in baggage.name_values("attributes") {
        if pair.name.is_empty() {
            pair.at.report("the name of a baggage entry is empty", None);
        } else if !seen.insert(pair.name.clone()) {
            pair.at.report("a baggage entry with this name is already there", None);
        } else {
            attributes.extend(attribute_name(&pair).map(|attribute| (pair.name.clone(), attribute)));
        }
    }
    BaggageConfig { trusted: baggage.flag("trusted").unwrap_or(false), attributes }
}

/// Returns the name of the attribute of an entry, which defaults to the name of the entry.
fn attribute_name(pair: &NameValue<'_>) -> Option<String> {
    let Some(value) = pair.value.as_ref().filter(|value| !value.is_null()) else {
        return Some(pair.name.clone());
    };
    let attribute = value.text()?;
    if attribute.is_empty() {
        pair.at.report("the name of an attribute is empty", None);
        return None;
    }
    Some(attribute)
}
