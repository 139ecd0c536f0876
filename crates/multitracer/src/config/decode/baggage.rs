//! The decoder of `baggage`.

use std::collections::HashSet;

use crate::config::model::BaggageConfig;
use crate::config::reader::Fields;

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
            let named = pair.value.as_ref().filter(|value| !value.is_null()).map(|value| value.text());
            match named {
                None => attributes.push((pair.name.clone(), pair.name.clone())),
                Some(Some(attribute)) if !attribute.is_empty() => {
                    attributes.push((pair.name.clone(), attribute));
                }
                Some(Some(_)) => pair.at.report("the name of an attribute is empty", None),
                // The reader has reported a value that is not text.
                Some(None) => {}
            }
        }
    }
    BaggageConfig { trusted: baggage.flag("trusted").unwrap_or(false), attributes }
}
