//! Texts from outside, without the secrets that they may repeat.

use crate::config::Secret;

/// Shorter values than this are not looked for: they would be found in any text.
const SHORTEST: usize = 4;

/// The longest text of a backend that is passed on, in characters.
const LONGEST: usize = 300;

/// The secrets of one exporter: the values of its headers, and of its endpoint's query.
pub(super) struct ErrorRedactor {
    /// Longest first, so that none hides in another's remains.
    secrets: Vec<String>,
}

impl ErrorRedactor {
    pub(super) fn new(headers: &[(String, Secret)], endpoint: &str) -> Self {
        let values = headers.iter().flat_map(|(_, value)| {
            let value = value.expose();
            // a backend may repeat the token without the scheme before it
            [Some(value), value.split_once(' ').map(|(_, token)| token.trim())].into_iter().flatten()
        });
        let query = endpoint.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
        let mut secrets: Vec<String> =
            values.chain(query).filter(|value| value.len() >= SHORTEST).map(str::to_owned).collect();
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// `text` on one line, not too long, with no secret in it.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "[REDACTED]");
            }
        }
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut shown: String =
            line.chars().filter(|character| !character.is_control()).take(LONGEST).collect();
        if shown.len() < line.len() {
            shown.push('…');
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_and_texts_cut() {
        let headers = [
            ("authorization".to_owned(), Secret::new("Bearer abcdef")),
            ("x-tenant".to_owned(), Secret::new("7")),
        ];
        let redactor = ErrorRedactor::new(&headers, "https://host/v1?key=qwertz&y=1");
        assert_eq!(redactor.clean("7 Bearer abcdef, abcdef\n qwertz"), "7 [REDACTED], [REDACTED] [REDACTED]");
        let long = format!("{}abcdef", "x".repeat(LONGEST - 3));
        assert!(!redactor.clean(&long).contains("abc"), "cut after the secret was taken out");
        assert_eq!(redactor.clean(&"é".repeat(LONGEST + 1)).chars().count(), LONGEST + 1);
    }
}
