//! The keys of `baggage`.

use super::section::{Key, Kind, Section};

pub(crate) static BAGGAGE: Section = Section {
    title: "`baggage`",
    keys: &[
        Key::new(
            "trusted",
            Kind::Flag,
            "false",
            "`true` to read inbound baggage. The application sees it, and a route that it names is taken. Use it only behind an edge that removes baggage from outside",
        ),
        Key::new(
            "attributes",
            Kind::NameValues(&ATTRIBUTE),
            "",
            "the baggage entries to copy to spans, with the names of their attributes",
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
