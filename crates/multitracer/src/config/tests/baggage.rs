//! The section `baggage`.

use super::{model, refusal};
use crate::config::model::BaggageConfig;

fn read(text: &str) -> BaggageConfig {
    model(&format!("tracers: {{a: {{exporter: console}}}}\n{text}\n")).baggage
}

fn refused(text: &str) -> String {
    refusal(&format!("tracers: {{a: {{exporter: console}}}}\n{text}\n"))
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(entry, attribute)| ((*entry).to_owned(), (*attribute).to_owned())).collect()
}

#[test]
fn baggage_is_untrusted_by_default() {
    for text in ["", "baggage:", "baggage: {}", "baggage: {trusted: false}", "baggage: {trusted: }"] {
        assert_eq!(read(text), BaggageConfig::default(), "{text}");
    }
    assert!(read("baggage: {trusted: true}").trusted);
    assert!(refused("baggage: {trusted: yes}").contains("baggage.trusted: `yes` is not `true` or `false`"));
    assert!(refused("baggage: {trustd: true}").contains("did you mean `trusted`?"));
}

#[test]
fn attributes_are_a_map_or_a_list() {
    let expected = pairs(&[("tenant", "app.tenant"), ("session.id", "session.id")]);
    for text in [
        "baggage: {attributes: {tenant: app.tenant, session.id: }}",
        "baggage: {attributes: {tenant: app.tenant, session.id: null}}",
        "baggage:\n  attributes:\n    - {name: tenant, value: app.tenant}\n    - {name: session.id}",
    ] {
        assert_eq!(read(text).attributes, expected, "{text}");
    }
}

#[test]
fn invalid_attributes_are_refused() {
    for (text, message) in [
        ("baggage: {attributes: {'': x}}", "the name of a baggage entry is empty"),
        ("baggage: {attributes: {tenant: ''}}", "the name of an attribute is empty"),
        (
            "baggage: {attributes: [{name: a, value: b}, {name: a, value: c}]}",
            "a baggage entry with this name is already there",
        ),
        ("baggage: {attributes: tenant}", "baggage.attributes: expected"),
        ("baggage: {attributes: {tenant: [a]}}", "baggage.attributes"),
    ] {
        let refused = refused(text);
        assert!(refused.contains(message), "{text}: {refused}");
    }
}
