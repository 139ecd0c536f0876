//! The pipeline: from a text to a checked model, or to a list of its errors.

use std::collections::HashSet;

use super::check::cross_check;
use super::check::warnings::{self, Environment, WarningContext};
use super::decode;
use super::diagnostics::{ConfigError, Diagnostic, Source, SourceDiagnostic, locate};
use super::model::ConfigModel;
use super::options::LoadOptions;
use super::overrides::{self, Override};
use super::read_file::{MAX_BYTES, too_large};
use super::reader::Context;
use super::schema::ROOT;
use super::yaml::{self, KeyPath, Node, Span};

/// A checked model, with the warnings about it and the overrides in it.
pub(super) struct Loaded {
    pub(super) model: ConfigModel,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) overrides: Vec<Override>,
}

/// Loads a text.
pub(super) fn load(source_name: &str, text: &str, options: &LoadOptions<'_>) -> Result<Loaded, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MAX_BYTES {
        return Err(too_large(source_name));
    }
    let mut source = Source::new(source_name, text, &ROOT);
    let root = parse(text).map_err(|error| ConfigError::in_source(&source, vec![error], 0))?;
    let cx = Context::new(options);
    let mut model = decode::read(&cx, &root);
    let overrides = decode::apply_overrides(&cx, &mut model);
    let names = cx.overrides.map(|variables| variables.names()).unwrap_or_default();
    let is_referenced = |name: &str| cx.refers_to(name);
    let environment = Environment { names: &names, is_referenced: &is_referenced, overrides: &overrides };
    let environment_warnings = warnings::check_environment(&environment, &model);
    let literal_key = cx.literal_key();
    let readable = options
        .file
        .and_then(|file| literal_key.and_then(|(path, span)| warnings::check_permissions(file, path, span)));
    let collected = cx.finish();
    let mut errors = collected.errors;
    let unknown = collected.unknown;
    let mut seen = HashSet::new();
    let mut is_new =
        |diagnostic: &SourceDiagnostic| seen.insert((diagnostic.path.clone(), diagnostic.message.clone()));
    let checked = cross_check(&model).into_iter().map(|error| locate(&root, error));
    errors.extend(checked.filter(|error| !unknown.touches(&error.path) && is_new(error)));
    source.mask_secrets(&root);
    if !errors.is_empty() {
        return Err(ConfigError::in_source(&source, errors, collected.omitted));
    }
    let is_literal = |path: &KeyPath| root.find(path).is_none_or(|found| !found.node.has_reference());
    let default_tracer_varies = !is_literal(&KeyPath::root().key("default_tracer"))
        || overrides.iter().any(|set| set.variable() == overrides::DEFAULT_TRACER);
    let context = WarningContext {
        overrides: &overrides,
        unknown: &unknown,
        is_literal: &is_literal,
        default_tracer_varies,
    };
    let mut found = collected.warnings;
    found.extend(environment_warnings);
    found.extend(readable);
    let of_model = warnings::check_model(&model, &context).into_iter().map(|warning| locate(&root, warning));
    found.extend(of_model.filter(is_new));
    Ok(Loaded { model, warnings: Diagnostic::in_order(&source, found), overrides })
}

/// Parses the text, or returns the error that says why it is not a tree.
fn parse(text: &str) -> Result<Node<'_>, SourceDiagnostic> {
    match yaml::parse(text) {
        Ok(root) if root.is_null() => Err(SourceDiagnostic::at_root(None, "the configuration is empty")),
        Ok(root) => Ok(root),
        Err(error) => {
            let span = error.at.map(|at| Span { start: at, end: at + 1 });
            let help = yaml::likely_mistake(text, span, &error.message).map(str::to_owned);
            Err(SourceDiagnostic { help, ..SourceDiagnostic::at_root(span, error.message) })
        }
    }
}
