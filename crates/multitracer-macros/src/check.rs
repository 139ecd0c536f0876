//! Mistakes that only the arguments and the function together show.

use crate::errors::{Errors, suggestion};
use crate::parse::{Arguments, Function, ParameterKind, Returns, unraw};
use proc_macro2::{Ident, Span};

const SKIP_WITHOUT_BLOCK: &str =
    "`skip` has an effect only inside a traced `impl` block or module; remove the attribute instead";

/// Checks the arguments of a single function.
pub(crate) fn function(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    if let Some(span) = arguments.span_of("skip") {
        errors.add(span, SKIP_WITHOUT_BLOCK);
    }
    captured_parameters(arguments, function, errors);
    attribute_keys(arguments, function, errors);
    result_arguments(arguments, function, errors);
    naked(function, errors);
}

/// Checks the arguments that all functions of a block share.
pub(crate) fn block(arguments: &Arguments, errors: &mut Errors) {
    if let Some(span) = arguments.span_of("name") {
        errors.add(span, "`name` would give every function the same name; put it on the functions");
    }
    if let Some(first) = arguments.captured_parameters.first() {
        errors.add(first.span(), "`args` names the parameters of one function; put it on the functions");
    }
    if let Some(span) = arguments.span_of("skip") {
        errors.add(span, SKIP_WITHOUT_BLOCK);
    }
}

/// Reports names in `args(..)` that are unknown or repeated.
fn captured_parameters(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let names: Vec<&Ident> = function.parameters.iter().flat_map(|parameter| parameter.names()).collect();
    let captured = &arguments.captured_parameters;
    for (i, name) in captured.iter().enumerate() {
        if captured[..i].contains(name) {
            errors.add(name.span(), format!("parameter `{name}` is named twice"));
        } else if !names.contains(&name) {
            let known: Vec<String> = names.iter().map(ToString::to_string).collect();
            let suggestion = suggestion(&name.to_string(), known.iter().map(String::as_str));
            let suggestion = match (suggestion.is_empty(), known.as_slice()) {
                (false, _) => suggestion,
                (true, []) => "; the function has no named parameters".to_owned(),
                (true, known) => format!("; the parameters are `{}`", known.join("`, `")),
            };
            errors.add(name.span(), format!("unknown parameter `{name}`{suggestion}"));
        }
    }
}

/// Reports repeated keys, because OpenTelemetry does not define which of two attributes wins.
fn attribute_keys(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    let mut add = |key: String, span: Span| {
        if seen.contains(&key) {
            errors.add(span, format!("attribute `{key}` is given twice"));
        } else {
            seen.push(key);
        }
    };
    for field in &arguments.fields {
        if let Some(key) = &field.text {
            add(key.clone(), field.span);
        }
    }
    for parameter in &function.parameters {
        if let (Some(attr), ParameterKind::Name { name, .. }) = (&parameter.attr, &parameter.kind) {
            let key = attr.key.as_ref().map_or_else(|| unraw(name), syn::LitStr::value);
            add(key, attr.span);
        }
    }
    let captured = &arguments.captured_parameters;
    for (i, parameter) in captured.iter().enumerate() {
        // a repeated parameter has its own error
        if !captured[..i].contains(parameter) {
            add(unraw(parameter), parameter.span());
        }
    }
}

/// Reports `ret`, `err`, `ok_if` and `error_if` on functions whose result cannot be inspected.
fn result_arguments(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let Some(reason) = no_result_reason(function) else {
        if let Some(err) = arguments.err.as_ref().filter(|_| !function.returns.may_be_result()) {
            errors.add(
                err.span,
                "`err` needs a function that returns a `Result`; use `error_if` for other types",
            );
        }
        return;
    };
    let predicate = arguments.status_predicate.as_ref().map(|predicate| (predicate.key, predicate.span));
    let ret = arguments.ret.as_ref().map(|capture| ("ret", capture.span));
    let err = arguments.err.as_ref().map(|capture| ("err", capture.span));
    for (key, span) in [ret, err, predicate].into_iter().flatten() {
        errors.add(span, format!("`{key}` cannot be used with {reason}"));
    }
}

/// Returns the reason why the result of the function cannot be inspected, if there is one.
fn no_result_reason(function: &Function) -> Option<&'static str> {
    if function.has_attribute("track_caller") && function.asyncness.is_none() {
        return Some("`#[track_caller]`: inspecting the result would change `Location::caller()`");
    }
    match function.returns {
        Returns::Never => Some("a function that never returns"),
        Returns::Stream => Some("a function that returns a stream"),
        _ if function.is_variadic() => Some("a variadic function"),
        _ => None,
    }
}

/// Reports `#[naked]` and `#[unsafe(naked)]`.
fn naked(function: &Function, errors: &mut Errors) {
    let is_mentioned = |attribute: &&crate::parse::Attribute| attribute.bracket.to_string().contains("naked");
    let Some(attribute) = function.attributes.iter().find(is_mentioned) else { return };
    let is_naked = attribute.path == "naked"
        || attribute.path == "unsafe"
            && attribute.content().iter().any(|token| token.to_string() == "(naked)");
    if is_naked {
        errors.add(
            attribute.bracket.span(),
            "`#[traced]` cannot be used on a naked function, which holds only assembly",
        );
    }
}
