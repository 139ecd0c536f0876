//! The keys of `routes`.

use super::section::{Key, Kind, Section};

pub(crate) static ROUTE: Section = Section {
    title: "a route",
    keys: &[
        Key::new(
            "name",
            Kind::Text,
            "`routes[N]`, N from 0",
            "the route's name in spans, baggage and messages",
        ),
        Key::new(
            "headers",
            Kind::NameValues(&MATCH),
            "",
            "the conditions, which must all hold; without conditions every request matches",
        ),
        Key::new("tracer", Kind::Text, "", "the tracer of the requests that match"),
        Key::new(
            "experiment",
            Kind::Text,
            "",
            "the experiment that chooses the tracer of the requests that match",
        ),
    ],
    refused: &[("matches", "write the conditions under `headers`; for \"or\" write one route for each")],
};

static MATCH: Section = Section {
    title: "a header condition",
    keys: &[
        Key::new("name", Kind::Text, "", "the header's name, in any case"),
        Key::new(
            "type",
            Kind::Choice(&["exact", "prefix", "regex", "present"]),
            "`exact`",
            "the kind of comparison",
        ),
        Key::new("value", Kind::Text, "", "the value to compare the header's value with, byte by byte"),
    ],
    refused: &[],
};
