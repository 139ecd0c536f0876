//! The whole file: the tree of its text -> the model.

use super::baggage::{self, BAGGAGE};
use super::decode::{Context, Cursor, Fields};
use super::experiments::{self, EXPERIMENT};
use super::model::{ConfigModel, OnSwitch, RemoteParent, UnknownTracerPolicy};
use super::overrides;
use super::routes::{self, ROUTE};
use super::rules;
use super::schema::{Key, Kind, Section};
use super::substitute::UndefinedVariables;
use super::tracers::{self, TRACER};
use super::warnings;
use super::yaml::{Node, NodeKind};

pub(super) static FILE: Section = Section {
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

/// Reads the file; where something is wrong the model has a stand-in and the context a finding.
pub(super) fn read<'a>(cx: &'a Context<'a>, root: &'a Node<'a>) -> ConfigModel {
    let file = Cursor::root(cx, root).fields(&FILE);
    let modes = [UndefinedVariables::Error, UndefinedVariables::Empty];
    if let Some(mode) = file.choice("undefined_variables", &modes) {
        cx.undefined.set(mode);
    }
    file_format(&file);
    let named = file.named("tracers");
    let defaults = tracers::read_defaults(&file, named.len());
    let tracers: Vec<_> =
        named.iter().map(|(name, _, fields)| tracers::read_tracer(name, fields, &defaults)).collect();
    if file.get("tracers").is_none() && matches!(root.kind, NodeKind::Map(_)) {
        file.at.missing("tracers", FILE.key("tracers").map(Key::help));
    }
    let names: Vec<&str> = named.iter().map(|(name, ..)| *name).collect();
    let written = default_tracer(&file, &names);
    let default_tracer = overrides::default_tracer(cx, &names).unwrap_or(written);
    ConfigModel {
        enabled: file.flag("enabled").unwrap_or(true),
        unknown_tracer: file
            .choice("unknown_tracer", &[UnknownTracerPolicy::Default, UnknownTracerPolicy::Drop])
            .unwrap_or_default(),
        on_switch: file.choice("on_switch", &[OnSwitch::Link, OnSwitch::Child]).unwrap_or_default(),
        remote_parent: file
            .choice("remote_parent", &[RemoteParent::Auto, RemoteParent::Child, RemoteParent::Link])
            .unwrap_or_default(),
        baggage: baggage::read(&file),
        tracers,
        routes: routes::read(&file),
        experiments: experiments::read(&file, &default_tracer),
        default_tracer,
    }
}

fn file_format(file: &Fields<'_>) {
    let (Some(cursor), Some(text)) = (file.get("file_format"), file.text("file_format")) else { return };
    let minor = text.strip_prefix("1.").and_then(|minor| minor.parse::<u16>().ok());
    if let Some(1..) = minor {
        let help = "what it has beyond `1.0` is refused as an unknown key";
        cursor.warn(warnings::NEWER_FILE_FORMAT, "a later format than this version knows", help);
    } else if minor.is_none() {
        let breach = rules::Breach::new("is not a file format that this version reads");
        cursor.breach(breach.help("write `file_format: \"1.0\"`"));
    }
}

fn default_tracer(file: &Fields<'_>, names: &[&str]) -> String {
    if let Some(name) = file.text("default_tracer") {
        let rule = rules::name(&name);
        let cursor = file.get("default_tracer");
        return cursor.and_then(|cursor| cursor.keep(rule)).map_or_else(String::new, |()| name);
    }
    let written = file.get("default_tracer").is_some_and(|cursor| !cursor.is_null());
    match names {
        [only] => (*only).to_owned(),
        [] => String::new(),
        _ => {
            if !written {
                let help =
                    format!("there is more than one tracer; the tracers are {}", super::check::known(names));
                file.at.missing("default_tracer", Some(help));
            }
            String::new()
        }
    }
}
