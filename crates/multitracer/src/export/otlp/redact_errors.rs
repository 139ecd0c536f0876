//! The redaction of secrets in error messages that come from outside.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use opentelemetry::{Array, Value};
use opentelemetry_sdk::Resource;

use crate::config::{Secret, mentions_secret};

/// Minimum length of a secret, in bytes. A shorter value would match in any text.
const MIN_SECRET_BYTES: usize = 4;

/// Maximum length of a shown message, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// Base64 with or without padding, as clients write Basic credentials.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secrets of one exporter, and their redaction in messages.
pub(crate) struct ErrorRedactor {
    /// Longest first, because a secret may contain a shorter one.
    secrets: Vec<String>,
}

impl ErrorRedactor {
    /// Collects the secrets of an exporter.
    ///
    /// These are the header values with their parts, the query of the endpoint, and resource
    /// attributes with a name that mentions a secret. A backend may repeat any of them.
    pub(crate) fn new(headers: &[(String, Secret)], endpoint: &str, resource: &Resource) -> Self {
        let mut secrets = Vec::new();
        for (_, value) in headers {
            push_header(&mut secrets, value.expose());
        }
        if let Some((_, query)) = endpoint.split_once('?') {
            secrets.push(query.to_owned());
            let values = query.split('&').filter_map(|pair| pair.split_once('='));
            secrets.extend(values.map(|(_, value)| value.to_owned()));
        }
        for (_, value) in resource.iter().filter(|(name, _)| mentions_secret(name.as_str())) {
            match value {
                Value::String(text) => secrets.push(text.as_str().to_owned()),
                Value::Array(Array::String(texts)) => {
                    secrets.extend(texts.iter().map(|text| text.as_str().to_owned()));
                }
                _ => {}
            }
        }
        secrets.retain(|secret| secret.trim().len() >= MIN_SECRET_BYTES);
        secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { secrets }
    }

    /// Returns `text` with all secrets replaced by `[REDACTED]`.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "[REDACTED]") } else { text }
        })
    }

    /// Returns `text` without secrets and control characters, on one line and shortened.
    pub(crate) fn clean(&self, text: &str) -> String {
        let redacted = self.redact(text);
        let printable: String =
            redacted.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        let line = printable.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(MAX_MESSAGE_CHARS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// Collects a header's value, its token without the scheme, and the decoded halves of Basic
/// credentials.
fn push_header(secrets: &mut Vec<String>, value: &str) {
    secrets.push(value.to_owned());
    let Some((_, token)) = value.split_once(' ') else { return };
    let token = token.trim();
    secrets.push(token.to_owned());
    if let Some(decoded) = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
        if let Some((user, password)) = decoded.split_once(':') {
            secrets.extend([user.to_owned(), password.to_owned()]);
        }
        secrets.push(decoded);
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
        assert_eq!(redactor.clean("7 Bearer abcdef, abcdef\n qwertz"), "7 [REDACTED], [REDACTED] [REDACTED]");
        assert_eq!(redactor.clean("t0ken of shop"), "[REDACTED] of shop");
        let long = format!("{}abcdef", "x".repeat(MAX_MESSAGE_CHARS - 3));
        assert!(!redactor.clean(&long).contains("abc"), "cut after the redaction");
        let cut = redactor.clean(&"é".repeat(MAX_MESSAGE_CHARS + 1));
        assert_eq!(cut.chars().count(), MAX_MESSAGE_CHARS + 1);
        assert_eq!(redactor.clean("a\x1b[2J\nb"), "a [2J b");
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
                (value, "[REDACTED]"),
            ] {
                assert_eq!(redactor.clean(text), expected);
            }
        }
    }
}
