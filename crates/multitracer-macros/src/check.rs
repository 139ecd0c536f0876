//! Mistakes that show only when arguments and function are seen together.

use crate::errors::{Errors, suggestion};
use crate::parse::{Arguments, Function, ParameterKind, Returns};
use proc_macro2::{Ident, Span};

pub(crate) fn function(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    if let Some(span) = arguments.skip {
        errors.add(span, "`skip` leaves a function out of `#[traced]` on an `impl` block or module; here, remove the attribute");
    }
    captured(arguments, function, errors);
    keys(arguments, function, errors);
    result(arguments, function, errors);
    if let Some(naked) =
        function.attributes.iter().find(|attribute| attribute.bracket.to_string().contains("naked"))
    {
        let is_naked = naked.path == "naked"
            || naked.path == "unsafe" && naked.content().iter().any(|token| token.to_string() == "(naked)");
        if is_naked {
            errors.add(
                naked.bracket.span(),
                "`#[traced]` cannot go on a naked function: it has no room for code",
            );
        }
    }
}

/// What makes no sense for several functions at once.
pub(crate) fn block(arguments: &Arguments, errors: &mut Errors) {
    if let Some((span, _)) = &arguments.name {
        errors.add(*span, "`name` would give every function the same name; put it on the functions");
    }
    if let Some(first) = arguments.captured.first() {
        errors.add(first.span(), "`args` names the parameters of one function; put it on the functions");
    }
    if let Some(span) = arguments.skip {
        errors.add(span, "`skip` has a meaning only inside an `impl` block or module that is `#[traced]`; here, remove the attribute");
    }
}

/// `args(..)` names parameters, each once.
fn captured(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let names: Vec<&Ident> = function.parameters.iter().flat_map(|parameter| parameter.names()).collect();
    for (i, wanted) in arguments.captured.iter().enumerate() {
        let text = wanted.to_string();
        if arguments.captured[..i].contains(wanted) {
            errors.add(wanted.span(), format!("parameter `{text}` is named twice"));
        } else if !names.contains(&wanted) {
            let known: Vec<String> = names.iter().map(ToString::to_string).collect();
            let suggestion = suggestion(&text, known.iter().map(String::as_str));
            let suggestion = match (suggestion.is_empty(), known.as_slice()) {
                (false, _) => suggestion,
                (true, []) => "; the function has no parameters with a name".to_owned(),
                (true, known) => format!("; the parameters are `{}`", known.join("`, `")),
            };
            errors.add(wanted.span(), format!("unknown parameter `{text}`{suggestion}"));
        }
    }
}

/// OpenTelemetry leaves open which of two attributes of the same name wins.
fn keys(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    let mut add = |text: String, span: Span| {
        if seen.contains(&text) {
            errors.add(span, format!("attribute `{text}` is given twice"));
        } else {
            seen.push(text);
        }
    };
    for field in &arguments.fields {
        if let Some(text) = &field.text {
            add(text.clone(), field.span);
        }
    }
    for parameter in &function.parameters {
        if let (Some(attr), ParameterKind::Name { name, .. }) = (&parameter.attr, &parameter.kind) {
            let text = attr.key.as_ref().map_or_else(|| crate::parse::plain(name), syn::LitStr::value);
            add(text, attr.span);
        }
    }
    for (i, parameter) in arguments.captured.iter().enumerate() {
        if arguments.captured[..i].contains(parameter) {
            continue;
        }
        add(crate::parse::plain(parameter), parameter.span());
    }
}

/// `ret`, `err`, `ok_if`, `error_if` need a result that can be looked at.
fn result(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let reason = if function.has_attribute("track_caller") && function.asyncness.is_none() {
        "`#[track_caller]`: looking at the result would change `Location::caller()`"
    } else if matches!(function.returns, Returns::Never) {
        "a function that never returns"
    } else if matches!(function.returns, Returns::Stream) {
        "a function that returns a stream"
    } else if function.is_variadic() {
        "a variadic function"
    } else {
        if let Some(err) = arguments.err.as_ref().filter(|_| !function.returns.may_be_result()) {
            errors.add(err.span, "`err` needs a function that returns a `Result`; see `error_if` for others");
        }
        return;
    };
    let verdict = arguments.verdict.as_ref().map(|verdict| (verdict.key, verdict.span));
    let ret = arguments.ret.as_ref().map(|capture| ("ret", capture.span));
    let err = arguments.err.as_ref().map(|capture| ("err", capture.span));
    for (key, span) in [ret, err, verdict].into_iter().flatten() {
        errors.add(span, format!("`{key}` cannot be used with {reason}"));
    }
}
