//! The decoder of the whole file.

use super::{baggage, experiments, overrides, routes, tracer};
use crate::config::check::{value_rules, warnings};
use crate::config::diagnostics::Violation;
use crate::config::model::{ConfigModel, OnSwitch, RemoteParent, UnknownTracerPolicy};
use crate::config::reader::{Context, Cursor, Fields};
use crate::config::schema::{Key, ROOT};
use crate::config::suggest;
use crate::config::yaml::{Node, NodeKind, UndefinedVariables};

/// Decodes the file. Where a value is wrong, the model has a stand-in and the context an error.
pub(crate) fn read<'a>(cx: &'a Context<'a>, root: &'a Node<'a>) -> ConfigModel {
    let file = Cursor::root(cx, root).fields(&ROOT);
    let modes = [UndefinedVariables::Error, UndefinedVariables::Empty];
    if let Some(mode) = file.one_word_of("undefined_variables", &modes) {
        cx.undefined.set(mode);
    }
    check_file_format(&file);
    let named = file.named("tracers");
    let defaults = tracer::read_defaults(&file, named.len());
    let tracers: Vec<_> =
        named.iter().map(|tracer| tracer::read_tracer(tracer.name, &tracer.fields, &defaults)).collect();
    if file.get("tracers").is_none() && matches!(root.kind, NodeKind::Map(_)) {
        file.at.report_missing("tracers", ROOT.key("tracers").map(Key::help));
    }
    let names: Vec<&str> = named.iter().map(|tracer| tracer.name).collect();
    let written = default_tracer(&file, &names);
    let default_tracer = overrides::default_tracer(cx, &names).unwrap_or(written);
    ConfigModel {
        enabled: file.flag("enabled").unwrap_or(true),
        unknown_tracer: file
            .one_word_of("unknown_tracer", &[UnknownTracerPolicy::Default, UnknownTracerPolicy::Drop])
            .unwrap_or_default(),
        on_switch: file.one_word_of("on_switch", &[OnSwitch::Link, OnSwitch::Child]).unwrap_or_default(),
        remote_parent: file
            .one_word_of("remote_parent", &[RemoteParent::Auto, RemoteParent::Child, RemoteParent::Link])
            .unwrap_or_default(),
        baggage: baggage::read(&file),
        tracers,
        routes: routes::read(&file),
        experiments: experiments::read(&file, &default_tracer),
        default_tracer,
    }
}

fn check_file_format(file: &Fields<'_>) {
    let (Some(cursor), Some(text)) = (file.get("file_format"), file.text("file_format")) else { return };
    let minor = text.strip_prefix("1.").and_then(|minor| minor.parse::<u16>().ok());
    if let Some(1..) = minor {
        let help = "keys that `1.0` does not have are refused as unknown";
        cursor.warn(
            warnings::NEWER_FILE_FORMAT,
            "the file has a newer format than this version supports",
            help,
        );
    } else if minor.is_none() {
        let violation = Violation::new("is not a file format that this version reads");
        cursor.report_violation(violation.with_help("write `file_format: \"1.0\"`"));
    }
}

/// Returns `default_tracer`, or the only tracer; empty if there is neither.
fn default_tracer(file: &Fields<'_>, names: &[&str]) -> String {
    if let Some(name) = file.text("default_tracer") {
        let rule = value_rules::name(&name);
        let cursor = file.get("default_tracer");
        return cursor.and_then(|cursor| cursor.accept(rule)).map_or_else(String::new, |()| name);
    }
    match names {
        [only] => (*only).to_owned(),
        [] => String::new(),
        _ => {
            if file.given("default_tracer").is_none() {
                let names = suggest::quoted_some(names);
                let help = format!("there is more than one tracer; the tracers are {names}");
                file.at.report_missing("default_tracer", Some(help));
            }
            String::new()
        }
    }
}
