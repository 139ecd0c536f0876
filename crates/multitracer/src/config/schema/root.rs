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
            "the tracer of everything that names no other",
        ),
        Key::new("enabled", Kind::Flag, "true", "whether any tracer records anything"),
        Key::new(
            "unknown_tracer",
            Kind::Choice(&["default", "drop"]),
            "`default`",
            "where a name that no tracer has leads: to the default tracer or nowhere",
        ),
        Key::new(
            "on_switch",
            Kind::Choice(&["link", "child"]),
            "`link`",
            "what a span is to the span of another tracer that it was called from",
        ),
        Key::new(
            "remote_parent",
            Kind::Choice(&["auto", "child", "link"]),
            "`auto`",
            "what a request's span is to the caller's: `auto` is a child for the default tracer and where trusted baggage names the route, a link for others",
        ),
        Key::new("baggage", Kind::Section(&BAGGAGE), "", "what becomes of the baggage that requests bring"),
        Key::new(
            "undefined_variables",
            Kind::Choice(&["error", "empty"]),
            "`error`",
            "what `${VAR}` is when `VAR` is not set",
        ),
        Key::new("defaults", Kind::Section(&TRACER), "", "what tracers leave out, they take from here"),
        Key::new("tracers", Kind::Named(&TRACER), "", "the map of tracers by name; at least one"),
        Key::new("routes", Kind::List(&ROUTE), "", "which requests go to which tracer; the first match wins"),
        Key::new("experiments", Kind::Named(&EXPERIMENT), "", "splits between tracers, by name"),
    ],
    refused: &[
        ("tracer_provider", "what is under it belongs under `tracers.<name>`"),
        ("meter_provider", "metrics are not sent"),
        ("logger_provider", "logs are not sent"),
        ("propagator", "requests carry W3C trace context and baggage"),
        ("resource", "use `defaults.resource`"),
        ("attribute_limits", "use `defaults.limits`"),
        ("disabled", "use `enabled`"),
        ("log_level", "messages go through `tracing`; filter them there"),
    ],
};
