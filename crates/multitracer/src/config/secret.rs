//! Secrets: a text that no formatter shows, and the rules for what a message may show.

use std::fmt;

#[cfg(feature = "probe")]
use http::Uri;

/// The text in place of a secret.
pub(crate) const REDACTED: &str = "[REDACTED]";

/// A text that must not be shown: an API key, a header value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text itself, for requests only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Returns `true` if a text, such as a key, has a word for a secret in it.
pub(crate) fn mentions_secret(text: &str) -> bool {
    const WORDS: [&str; 9] = ["key", "token", "secret", "passw", "auth", "cred", "header", "cookie", "dsn"];
    let folded: String =
        text.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect();
    WORDS.iter().any(|word| folded.contains(word))
}

/// Returns `true` if the name of a header, in any case, says that it carries a credential.
///
/// Honeycomb's header has a name without such a word.
pub(crate) fn is_credential_header(name: &str) -> bool {
    mentions_secret(name) || name.eq_ignore_ascii_case("x-honeycomb-team")
}

/// Returns the number of bytes of a key that a message may show.
///
/// A missing space turns `api_key: sk-1` into one key with the secret in it. A message therefore
/// shows a key only up to the first character that no valid key has.
pub(crate) fn shown_len(key: &str) -> usize {
    const MAX_LEN: usize = 64;
    key.char_indices()
        .find(|&(at, c)| at >= MAX_LEN || !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '<')))
        .map_or(key.len(), |(at, _)| at)
}

/// Returns a key as a message may show it.
pub(crate) fn shown_key(key: &str) -> String {
    let shown = &key[..shown_len(key)];
    if shown.len() == key.len() { key.to_owned() } else { format!("{shown}…") }
}

/// Returns a URL as a message may show it: without user name, password and query.
pub(crate) fn shown_url(text: &str) -> String {
    let text = text.split_once('?').map_or(text, |(before, _)| before);
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => text.to_owned(),
    }
}

/// Returns `true` if a URL has a user name in it.
#[cfg(feature = "probe")]
pub(crate) fn has_userinfo(text: &str) -> bool {
    text.parse::<Uri>()
        .is_ok_and(|uri| uri.authority().is_some_and(|authority| authority.as_str().contains('@')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_a_key_that_swallowed_its_value() {
        assert_eq!(shown_key("api_key:sk-123"), "api_key…");
        assert_eq!(shown_key("api_key sk-123"), "api_key…");
        assert_eq!(shown_key("prüfung-1/development"), "prüfung-1/development");
    }

    #[test]
    fn urls_are_shown_without_credentials() {
        assert_eq!(shown_url("https://u:p@host:1/v1?key=x"), "https://host:1/v1");
        assert_eq!(shown_url("https://u:p@x@host"), "https://host");
        assert_eq!(shown_url("http://localhost:4318/v1/traces"), "http://localhost:4318/v1/traces");
    }
}
