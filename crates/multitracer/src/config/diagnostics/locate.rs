//! The way from a path in the model to a place in the text.

use super::model_diagnostic::{ModelDiagnostic, Subject};
use super::source_diagnostic::SourceDiagnostic;
use super::subject::subject;
use crate::config::yaml::{KeyPath, Node};

/// Finds the place in the file that a diagnostic of the model comes from.
///
/// A value may stand under `tracers`, under its other path, or under `defaults`.
pub(crate) fn locate(root: &Node<'_>, diagnostic: ModelDiagnostic) -> SourceDiagnostic {
    let ModelDiagnostic { code, path, other_path, .. } = &diagnostic;
    let code = *code;
    let inherited = path.in_defaults();
    let other_inherited = other_path.as_ref().and_then(KeyPath::in_defaults);
    let paths = [Some(path), other_path.as_ref(), inherited.as_ref(), other_inherited.as_ref()];
    let found = paths.into_iter().flatten().find_map(|path| Some((path, root.find(path)?)));
    let Some((found_path, found)) = found else {
        let span = root.nearest_span(path);
        let message = match diagnostic.subject {
            Subject::Value(_) => format!("the value {}", diagnostic.text),
            Subject::None | Subject::Hidden => diagnostic.message(),
        };
        return SourceDiagnostic { code, path: diagnostic.path, span, message, help: diagnostic.help };
    };
    let message = match &diagnostic.subject {
        // the last path may lead to another value than the one in the model
        Subject::Value(_) if other_inherited.as_ref() != Some(found_path) => {
            format!("{} {}", subject(found.node, found_path), diagnostic.text)
        }
        _ => diagnostic.message(),
    };
    let path = found_path.clone();
    SourceDiagnostic { code, path, span: found.span, message, help: diagnostic.help }
}
