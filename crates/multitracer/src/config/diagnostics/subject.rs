//! The text that names a value in a message.

use crate::config::schema::is_secret;
use crate::config::suggest;
use crate::config::yaml::{KeyPath, Node, NodeKind, Template};

/// The most characters of a value that a message quotes.
const MAX_QUOTED: usize = 60;

/// Returns the words for a value in a message. They never show a secret or the value of a variable.
pub(crate) fn subject(node: &Node<'_>, path: &KeyPath) -> String {
    let NodeKind::Scalar { text, .. } = &node.kind else { return "the value".to_owned() };
    let variables: Vec<_> = Template::parse(text).map(|t| t.references().collect()).unwrap_or_default();
    match variables.as_slice() {
        [] if is_secret(path, text) => "the value".to_owned(),
        [] if text.chars().count() > MAX_QUOTED => {
            format!("`{}…`", text.chars().take(MAX_QUOTED).collect::<String>().escape_debug())
        }
        [] => format!("`{}`", text.escape_debug()),
        [name] => format!("the value of `${{{name}}}`"),
        _ => format!("the value made from {}", suggest::quoted(variables)),
    }
}
