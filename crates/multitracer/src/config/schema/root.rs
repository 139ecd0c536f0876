//! The keys at the top of the file.

use super::baggage::BAGGAGE;
use super::experiments::EXPERIMENT;
use super::routes::ROUTE;
use super::section::{Key, Kind, Section};
use super::tracer::TRACER;

pub(crate) static ROOT: Section = Section {
    title: "a configuration",
    keys: &[
        Key::new("file_format", Kind::Text, "`1.0`", "the version of this format, `1.0`"),
        Key::new(
            "default_tracer",
            Kind::Text,
            "the only tracer, if there is one",
            "the tracer for all code that names no other tracer",
        ),
        Key::new("enabled", Kind::Flag, "true", "`false` to switch off all tracers"),
        Key::new(
            "unknown_tracer",
            Kind::Choice(&["default", "drop"]),
            "`default`",
            "the tracer for an unknown name: the default tracer or none",
        ),
        Key::new(
            "on_switch",
            Kind::Choice(&["link", "child"]),
            "`link`",
            "the relation of a span to the calling span of another tracer",
        ),
        Key::new(
            "remote_parent",
            Kind::Choice(&["auto", "child", "link"]),
            "`auto`",
            "the relation of a request's span to the caller's span. `auto` is a child for the default tracer and for a route that trusted baggage names, and a link for the others",
        ),
        Key::new("baggage", Kind::Section(&BAGGAGE), "", "the use of the baggage in requests"),
        Key::new(
            "undefined_variables",
            Kind::Choice(&["error", "empty"]),
            "`error`",
            "the result of `${VAR}` when `VAR` is unset",
        ),
        Key::new("defaults", Kind::Section(&TRACER), "", "the values of keys that a tracer does not set"),
        Key::new("tracers", Kind::Named(&TRACER), "", "the map of tracers by name; at least one"),
        Key::new(
            "routes",
            Kind::List(&ROUTE),
            "",
            "the rules that choose the tracer of a request; the first match wins",
        ),
        Key::new("experiments", Kind::Named(&EXPERIMENT), "", "the map of splits between tracers, by name"),
    ],
    refused: &[
        ("tracer_provider", "its keys belong under `tracers.<name>`"),
        ("meter_provider", "metrics are not sent"),
        ("logger_provider", "logs are not sent"),
        ("propagator", "requests carry W3C trace context and baggage"),
        ("resource", "use `defaults.resource`"),
        ("attribute_limits", "use `defaults.limits`"),
        ("disabled", "use `enabled`"),
        ("log_level", "messages go through `tracing`; filter them there"),
    ],
};
