//! The likely mistakes behind a text that is not YAML.

use super::node::Span;

/// Returns help for the likely mistake behind the message of the YAML parser.
pub(crate) fn likely_mistake(text: &str, span: Option<Span>, message: &str) -> Option<&'static str> {
    let at = span.and_then(|span| text.get(span.start..)).unwrap_or("");
    if unquoted_reference(text, span) {
        return Some("between `{` and `}` or `[` and `]` a reference needs quotes: `\"${VAR}\"`");
    }
    if at.starts_with('\t') {
        return Some("YAML is indented with spaces, not with tabs");
    }
    if message.contains("mapping values are not allowed") {
        return Some(
            "a `:` with a space after it ends a key: a key above may lack its colon, or a text with a colon needs quotes",
        );
    }
    if message.contains("unexpected end of stream") {
        return Some("a quote is not closed");
    }
    if message.contains("',' or '}'") || message.contains("',' or ']'") {
        return Some("a bracket is not closed, or a comma is missing");
    }
    if message.contains("did not find expected key") {
        return Some("all keys of a map need the same indentation");
    }
    if message.contains("unknown escape character") {
        return Some("between double quotes `\\` starts an escape; use single quotes");
    }
    None
}

/// Returns `true` for `{key: ${VAR}}`, the most common way to break YAML with a variable.
fn unquoted_reference(text: &str, span: Option<Span>) -> bool {
    let Some(span) = span else { return false };
    let before = text.get(..span.start).unwrap_or(text);
    let tail = before.get(before.len().saturating_sub(200)..).unwrap_or("");
    let near = text.get(span.start..).unwrap_or("").starts_with('{');
    near || tail.contains(": ${") || tail.contains("[${")
}
