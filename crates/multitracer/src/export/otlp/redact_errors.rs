//! The secrets of an exporter, and their redaction in texts that come from outside.

use opentelemetry::{Array, Value};
use opentelemetry_sdk::Resource;

use crate::config::Secret;
use crate::config::secret::mentions_secret;
use crate::text::{Escaped, Redactor};

/// Maximum length of a shown message, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// Length of a text beyond which nothing is read, in bytes.
///
/// It leaves room for the blanks and the secrets of a message. Half a secret at the cut is hidden
/// like a whole one.
const MAX_READ_BYTES: usize = 8 * 1024;

/// Authentication schemes, in lower case. A scheme before a credential is no secret.
const SCHEMES: [&str; 14] = [
    "apikey",
    "api-key",
    "basic",
    "bearer",
    "digest",
    "dpop",
    "dsn",
    "hoba",
    "key",
    "negotiate",
    "oauth",
    "splunk",
    "token",
    "x-api-key",
];

/// The secrets of one exporter, and their redaction in messages.
pub(crate) struct ErrorRedactor {
    redactor: Redactor,
}

impl ErrorRedactor {
    /// Collects the secrets of an exporter.
    ///
    /// These are the header values without their scheme, the user name, password and query of the
    /// endpoint, and resource attributes with a name that mentions a secret. A backend may repeat
    /// any of them.
    pub(crate) fn new(headers: &[(String, Secret)], endpoint: &str, resource: &Resource) -> Self {
        let mut secrets: Vec<&str> = headers.iter().map(|(_, value)| credential(value.expose())).collect();
        push_endpoint(&mut secrets, endpoint);
        for (_, value) in resource.iter().filter(|(name, _)| mentions_secret(name.as_str())) {
            match value {
                Value::String(text) => secrets.push(text.as_str()),
                Value::Array(Array::String(texts)) => secrets.extend(texts.iter().map(|text| text.as_str())),
                _ => {}
            }
        }
        Self { redactor: Redactor::new(secrets) }
    }

    /// Returns `text` without secrets, escaped, on one line and shortened.
    pub(crate) fn clean(&self, text: &str) -> String {
        let is_boundary = |at: &usize| text.is_char_boundary(*at);
        let read = &text[..(0..=text.len().min(MAX_READ_BYTES)).rev().find(is_boundary).unwrap_or(0)];
        let redacted = self.redactor.redact(read);
        let line = redacted.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = Escaped(line).to_string();
        match line.char_indices().nth(MAX_MESSAGE_CHARS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// Returns a header's value without the scheme of its credential.
fn credential(value: &str) -> &str {
    match value.trim().split_once(' ') {
        Some((scheme, token)) if SCHEMES.contains(&&*scheme.to_ascii_lowercase()) => token,
        _ => value,
    }
}

/// Collects the user name, the password and the query of a URL.
fn push_endpoint<'s>(secrets: &mut Vec<&'s str>, endpoint: &'s str) {
    let (before, query) = endpoint.split_once('?').unwrap_or((endpoint, ""));
    for pair in query.split(['&', ';']) {
        // a part without a name is a value
        secrets.push(pair.split_once('=').map_or(pair, |(_, value)| value));
    }
    let authority = before.split_once("://").map_or(before, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    if let Some((userinfo, _)) = authority.rsplit_once('@') {
        secrets.extend(userinfo.split(':'));
        secrets.push(userinfo);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;

    use super::*;

    fn redactor(headers: &[(&str, &str)], endpoint: &str) -> ErrorRedactor {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
        let attributes = [KeyValue::new("team.token", "t0ken"), KeyValue::new("team.name", "shop")];
        let resource = Resource::builder_empty().with_attributes(attributes).build();
        ErrorRedactor::new(&headers, endpoint, &resource)
    }

    #[test]
    fn secrets_are_redacted_and_long_texts_cut() {
        let headers = [("authorization", "Bearer abcdef"), ("x-tenant", "7")];
        let redactor = redactor(&headers, "https://host/v1?key=qwertz&y=1");
        assert_eq!(
            redactor.clean("7 Bearer abcdef, abcdef\n qwertz"),
            "7 Bearer [REDACTED], [REDACTED] [REDACTED]"
        );
        assert_eq!(redactor.clean("t0ken of shop"), "[REDACTED] of shop");
        let long = format!("{}abcdef", "x".repeat(MAX_MESSAGE_CHARS - 3));
        assert!(!redactor.clean(&long).contains("abc"), "cut after the redaction");
        let cut = redactor.clean(&"é".repeat(MAX_MESSAGE_CHARS + 1));
        assert_eq!(cut.chars().count(), MAX_MESSAGE_CHARS + 1);
        assert_eq!(redactor.clean("a\x1b[2J\nb"), r"a\u{1b}[2J b");
    }

    #[test]
    fn decoded_basic_credentials_are_redacted() {
        // `pk-user:sk:secret`, with and without padding
        for value in ["Basic cGstdXNlcjpzazpzZWNyZXQ=", "Basic cGstdXNlcjpzazpzZWNyZXQ"] {
            let redactor = redactor(&[("authorization", value)], "https://host/v1");
            for (text, expected) in [
                ("no user pk-user", "no user [REDACTED]"),
                ("the key sk:secret has expired", "the key [REDACTED] has expired"),
                ("pk-user:sk:secret", "[REDACTED]"),
                (value, "Basic [REDACTED]"),
            ] {
                assert_eq!(redactor.clean(text), expected);
            }
        }
    }
}
