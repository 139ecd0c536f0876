//! `baggage`.

use std::collections::HashSet;

use super::decode::Fields;
use super::model::BaggageConfig;
use super::schema::{Key, Kind, Section};

pub(super) static BAGGAGE: Section = Section {
    title: "`baggage`",
    keys: &[
        Key::new(
            "trusted",
            Kind::Flag,
            "false",
            "whether inbound baggage is read: the application sees it, and the route that it names is taken. Only behind an edge that removes baggage from outside",
        ),
        Key::new(
            "attributes",
            Kind::Pairs(&ATTRIBUTE),
            "",
            "baggage entries that are copied to spans, and the attributes that they become",
        ),
    ],
    refused: &[],
};

static ATTRIBUTE: Section = Section {
    title: "a baggage entry",
    keys: &[
        Key::new("name", Kind::Text, "", "the entry's name"),
        Key::new("value", Kind::Text, "the entry's name", "the attribute's name"),
    ],
    refused: &[],
};

pub(super) fn read(file: &Fields<'_>) -> BaggageConfig {
    let Some(baggage) = file.section("baggage") else { return BaggageConfig::default() };
    let mut attributes = Vec::new();
    let mut seen = HashSet::new();
    for pair in baggage.pairs("attributes") {
        if pair.name.is_empty() {
            pair.at.problem("the name of a baggage entry is empty", None);
        } else if !seen.insert(pair.name.clone()) {
            pair.at.problem("a baggage entry with this name is already there", None);
        } else {
            let named = pair.value.as_ref().filter(|value| !value.is_null()).map(|value| value.text());
            match named {
                None => attributes.push((pair.name.clone(), pair.name.clone())),
                Some(Some(attribute)) if !attribute.is_empty() => {
                    attributes.push((pair.name.clone(), attribute));
                }
                Some(Some(_)) => pair.at.problem("the name of an attribute is empty", None),
                // what is no text was reported where it was read
                Some(None) => {}
            }
        }
    }
    BaggageConfig { trusted: baggage.flag("trusted").unwrap_or(false), attributes }
}
