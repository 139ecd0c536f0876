//! Text -> model, or every problem with its place.

use std::collections::HashSet;

use super::check::{self, Flaw, Found};
use super::decode::{self, Context};
use super::error::{ConfigError, Finding, Problem};
use super::file;
use super::model::ConfigModel;
use super::overrides::{self, Override};
use super::path::{KeyPath, Segment};
use super::source::Source;
use super::substitute::{UndefinedVariables, Variables};
use super::warnings::{self, Known};
use super::yaml::{self, Node, NodeKind, Span};

/// The largest file that is read, in bytes.
pub(super) const LARGEST: usize = 1 << 20;

/// How a text is read.
#[derive(Clone, Copy)]
pub(super) struct Rules<'v> {
    /// `None`: only the structure is checked, and the model has stand-ins.
    pub(super) variables: Option<&'v (dyn Variables + 'v)>,
    /// Where `MULTITRACER_*` comes from.
    pub(super) overrides: Option<&'v (dyn Variables + 'v)>,
    pub(super) undefined: UndefinedVariables,
    /// Whether variables in credentials are looked up.
    pub(super) credentials: bool,
}

/// What a text says, and what is to be said about it.
pub(super) struct Loaded {
    pub(super) model: ConfigModel,
    pub(super) warnings: Vec<Problem>,
    pub(super) overrides: Vec<Override>,
}

/// Reads a text.
pub(super) fn load(source_name: &str, text: &str, rules: &Rules<'_>) -> Result<Loaded, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > LARGEST {
        return Err(too_large(source_name));
    }
    let mut source = Source::new(source_name, text);
    let root = match yaml::parse(text) {
        Ok(root) if root.is_null() => {
            let message = "the configuration is empty".to_owned();
            let finding = Finding { code: None, path: KeyPath::root(), span: None, message, help: None };
            return Err(ConfigError::new(&source, vec![finding], 0));
        }
        Ok(root) => root,
        Err(broken) => {
            let span = broken.at.map(|at| Span { start: at, end: at + 1 });
            let help = yaml_help(&source, span, &broken.message).map(str::to_owned);
            let finding = Finding { code: None, path: KeyPath::root(), span, message: broken.message, help };
            return Err(ConfigError::new(&source, vec![finding], 0));
        }
    };
    let cx = Context::new(rules);
    let mut model = file::read(&cx, &root);
    let overrides = overrides::apply(&cx, &mut model);
    let about = warnings::surroundings(&cx, &model, &overrides);
    let collected = cx.finish();
    let mut findings = collected.findings;
    let unknown = collected.unknown;
    let mut seen = HashSet::new();
    for flaw in check::model(&model) {
        let finding = locate(&root, flaw, None);
        if !unknown.touches(&finding.path) && seen.insert((finding.path.clone(), finding.message.clone())) {
            findings.push(finding);
        }
    }
    source.mask(&root);
    if !findings.is_empty() {
        return Err(ConfigError::new(&source, findings, collected.omitted));
    }
    let mut found = collected.warnings;
    found.extend(about);
    let literal = |path: &KeyPath| find(&root, path).is_none_or(|(node, _)| !has_reference(node));
    let varies = !literal(&KeyPath::root().key("default_tracer"))
        || overrides.iter().any(|set| set.variable() == overrides::DEFAULT_TRACER);
    for warning in warnings::model(
        &model,
        &Known { overrides: &overrides, unknown: &unknown, literal: &literal, varies },
    ) {
        let finding = locate(&root, warning.flaw, Some(warning.code));
        if seen.insert((finding.path.clone(), finding.message.clone())) {
            found.push(finding);
        }
    }
    Ok(Loaded { model, warnings: Problem::all(&source, found), overrides })
}

/// Whether a variable has a part in a value.
fn has_reference(node: &Node<'_>) -> bool {
    match &node.kind {
        NodeKind::Scalar { text, .. } => text.contains("${"),
        NodeKind::Seq(nodes) => nodes.iter().any(has_reference),
        NodeKind::Map(entries) => entries.iter().any(|entry| has_reference(&entry.value)),
    }
}

pub(super) fn too_large(source_name: &str) -> ConfigError {
    ConfigError::unreadable(source_name, format!("larger than {} KiB", LARGEST >> 10), None)
}

/// What is likely the matter where a text is no YAML.
fn yaml_help(source: &Source<'_>, span: Option<Span>, message: &str) -> Option<&'static str> {
    let at = span.and_then(|span| source.text.get(span.start..)).unwrap_or("");
    if unquoted_reference(source, span) {
        return Some("between `{` and `}` or `[` and `]` a reference needs quotes: `\"${VAR}\"`");
    }
    if at.starts_with('\t') {
        return Some("YAML is indented with spaces, not with tabs");
    }
    if message.contains("mapping values are not allowed") {
        return Some(
            "a `:` with a space after it ends a key: a key above may lack its own, and text that has one in it needs quotes",
        );
    }
    if message.contains("unexpected end of stream") {
        return Some("a quote is not closed");
    }
    if message.contains("',' or '}'") || message.contains("',' or ']'") {
        return Some("a bracket is not closed, or a comma is missing");
    }
    if message.contains("did not find expected key") {
        return Some("keys of one map are indented alike");
    }
    if message.contains("unknown escape character") {
        return Some("between double quotes `\\` starts an escape; use single quotes");
    }
    None
}

/// `{key: ${VAR}}` is the commonest way to break YAML with a variable.
fn unquoted_reference(source: &Source<'_>, span: Option<Span>) -> bool {
    let Some(span) = span else { return false };
    let before = source.text.get(..span.start).unwrap_or(source.text);
    let tail = before.get(before.len().saturating_sub(200)..).unwrap_or("");
    let near = source.text.get(span.start..).unwrap_or("").starts_with('{');
    near || tail.contains(": ${") || tail.contains("[${")
}

/// Gives a flaw of the model the place in the file that it comes from.
fn locate(root: &Node<'_>, flaw: Flaw, code: Option<&'static str>) -> Finding {
    let inherited = defaults_path(&flaw.path);
    let or_inherited = flaw.or_path.as_ref().and_then(defaults_path);
    let places = [Some(&flaw.path), flaw.or_path.as_ref(), inherited.as_ref(), or_inherited.as_ref()];
    let found = places.into_iter().flatten().find_map(|path| Some((path, find(root, path)?)));
    let Some((path, (node, span))) = found else {
        let span = nearest_place(root, &flaw.path);
        let message = match flaw.found {
            Found::Value(_) => format!("the value {}", flaw.text),
            Found::Nothing | Found::Hidden => flaw.message(),
        };
        return Finding { code, path: flaw.path, span, message, help: flaw.help };
    };
    let message = match &flaw.found {
        // What stands at another place may be another value.
        Found::Value(_)
            if *path == flaw.path
                || flaw.or_path.as_ref() == Some(path)
                || inherited.as_ref() == Some(path) =>
        {
            format!("{} {}", decode::subject(node, path), flaw.text)
        }
        _ => flaw.message(),
    };
    Finding { code, path: path.clone(), span, message, help: flaw.help }
}

/// `tracers.<name>.rest` -> `defaults.rest`.
pub(super) fn defaults_path(path: &KeyPath) -> Option<KeyPath> {
    match path.segments() {
        [Segment::Key(tracers), Segment::Key(_), rest @ ..] if tracers == "tracers" && !rest.is_empty() => {
            let head = [Segment::Key("defaults".to_owned())];
            Some(KeyPath::from_segments([&head, rest].concat()))
        }
        _ => None,
    }
}

/// The value at a path, and its place.
fn find<'n, 't>(root: &'n Node<'t>, path: &KeyPath) -> Option<(&'n Node<'t>, Option<Span>)> {
    let mut node = root;
    let mut span = root.span;
    for segment in path.segments() {
        match (segment, &node.kind) {
            (Segment::Key(key), NodeKind::Map(entries)) => {
                let entry = entries.iter().find(|entry| entry.key == key.as_str())?;
                node = &entry.value;
                span = match node.kind {
                    NodeKind::Scalar { .. } => entry.value_span(),
                    NodeKind::Seq(_) | NodeKind::Map(_) => entry.key_span.or(node.span),
                }
                .or(span);
            }
            (Segment::Index(index), NodeKind::Seq(nodes)) => {
                node = nodes.get(*index)?;
                span = node.span.or(span);
            }
            _ => return None,
        }
    }
    Some((node, span))
}

/// The place of the innermost thing on the way that is there.
fn nearest_place(root: &Node<'_>, path: &KeyPath) -> Option<Span> {
    let segments = path.segments();
    (0..segments.len())
        .rev()
        .find_map(|length| find(root, &KeyPath::from_segments(segments.get(..length)?.to_vec()))?.1)
}
