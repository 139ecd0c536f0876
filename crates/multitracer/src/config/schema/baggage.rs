//! The keys of `baggage`.

use super::section::{Key, Kind, Section};

pub(crate) static BAGGAGE: Section = Section {
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
