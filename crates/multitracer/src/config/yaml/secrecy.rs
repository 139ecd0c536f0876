//! The decision whether a value, as the file has it, is a secret.

use super::path::{KeyPath, Segment};
use super::template::Template;
use crate::config::secret::mentions_secret;

/// Returns `true` if a value, as the file has it, must not be shown.
pub(crate) fn is_secret(path: &KeyPath, raw: &str) -> bool {
    if is_bare_reference(raw) {
        return false;
    }
    let endpoint = matches!(path.segments().last(), Some(Segment::Key(key)) if key == "endpoint");
    path.is_secret() || contains_key(raw) || if endpoint { !is_clean_url(raw) } else { has_userinfo(raw) }
}

/// Returns `true` for `${NAME}`, alone or after the name of an authentication scheme, which is not
/// a secret.
fn is_bare_reference(raw: &str) -> bool {
    let raw = raw.strip_prefix("Bearer ").or_else(|| raw.strip_prefix("Basic ")).unwrap_or(raw);
    let name = raw.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| {
        let name = name.strip_prefix("env:").unwrap_or(name);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// Returns `true` if the value may contain a key with a secret.
///
/// Without the space after its colon, a key is part of the value before it. `${KEY:?text}` is not a
/// reference.
fn contains_key(raw: &str) -> bool {
    (raw.contains([':', '=']) && mentions_secret(raw))
        || Template::parse(raw).is_err_and(|inside| inside.contains(':'))
}

/// Returns `true` for `https://user:password@host`, and for a value that looks like it.
fn has_userinfo(raw: &str) -> bool {
    raw.split_once("://").is_some_and(|(_, rest)| rest.contains('@'))
}

/// Returns `true` for a URL of host, port and path alone, or a part of one.
fn is_clean_url(raw: &str) -> bool {
    let rest = raw.split_once("://").map_or(raw, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    !raw.contains(['@', '?', '#', '%']) && port.bytes().all(|b| b.is_ascii_digit() || b == b']')
}
