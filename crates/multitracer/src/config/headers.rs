//! `headers` and `headers_list` of an exporter, and `api_key`.

use std::collections::HashSet;

use super::backend::Preset;
use super::decode::{Cursor, Fields, Scalar};
use super::path::mentions_secret;
use super::rules;
use super::schema::{Key, Kind, Section};
use super::secret::Secret;

pub(super) static HEADER: Section = Section {
    title: "a header",
    keys: &[
        Key::new("name", Kind::Text, "", "the header's name"),
        Key::new("value", Kind::Secret, "", "the header's value"),
    ],
    refused: &[],
};

/// Headers of one block, names in lower case; a `None` leaves a header out, also one of the defaults.
pub(super) type Headers = Vec<(String, Option<Secret>)>;

/// More than any backend takes, so that a file that is not ours cannot make the looking-up of names slow.
const MOST: usize = 256;

/// The name of the header that an `api_key` becomes.
pub(super) const AUTHORIZATION: &str = "authorization";

/// Whether a header lets its sender in, as its name says. Honeycomb's says it to those who know it.
pub(super) fn is_credential(name: &str) -> bool {
    mentions_secret(name) || name == "x-honeycomb-team"
}

pub(super) fn read(fields: &Fields<'_>) -> Headers {
    let mut headers = Headers::new();
    let mut seen = HashSet::new();
    for pair in fields.pairs("headers") {
        let name = match rules::export_header_name(&pair.name) {
            Ok(name) => name,
            Err(breach) => {
                pair.breach(breach);
                continue;
            }
        };
        if !seen.insert(name.clone()) {
            pair.at.problem("a header with this name is already there", None);
            continue;
        }
        match &pair.value {
            Some(cursor) => headers.push((name, value(cursor))),
            None => pair.place().missing("value", None),
        }
    }
    if headers.len() > MOST {
        if let Some(cursor) = fields.get("headers") {
            cursor.problem(format!("more than {MOST} headers"), None);
        }
        headers.truncate(MOST);
    }
    // What stands in `headers` wins over the list, as OpenTelemetry says.
    for (name, value) in list(fields) {
        if !seen.contains(&name) {
            headers.push((name, Some(value)));
        }
    }
    headers
}

fn value(cursor: &Cursor<'_>) -> Option<Secret> {
    match cursor.scalar() {
        Scalar::Text { text, .. } => cursor.keep(rules::header_value(&text)).map(Secret::new),
        Scalar::Null | Scalar::Unusable => None,
    }
}

/// `headers_list`: `a=1,b=2`, values percent-encoded, as in `OTEL_EXPORTER_OTLP_HEADERS`.
fn list(fields: &Fields<'_>) -> Vec<(String, Secret)> {
    let (Some(cursor), Some(text)) = (fields.get("headers_list"), fields.text("headers_list")) else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (position, pair) in text.split(',').map(str::trim).enumerate().filter(|(_, pair)| !pair.is_empty()) {
        let read = || {
            let (name, value) = pair.split_once('=')?;
            let name = rules::export_header_name(name.trim()).ok()?;
            let value = percent_decode(value.trim())?;
            Some((name, Secret::new(rules::header_value(&value).ok()?)))
        };
        if headers.len() == MOST {
            cursor.problem(format!("more than {MOST} headers"), None);
            return headers;
        }
        match read() {
            Some((name, _)) if headers.iter().any(|(other, _)| *other == name) => {
                let message = format!("entry {} of the list has the name of an earlier one", position + 1);
                cursor
                    .problem(message, Some("values of one header are joined with a comma: `%2C`".to_owned()));
                return headers;
            }
            Some(header) => headers.push(header),
            None => {
                let message = format!("entry {} of the list is not a valid `name=value`", position + 1);
                cursor.problem(message, Some("`name=value,name=value`, values percent-encoded".to_owned()));
                return headers;
            }
        }
    }
    headers
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (hex, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// `api_key` as the header that the backend reads it from.
pub(super) fn api_key(fields: &Fields<'_>, preset: &Preset) -> Option<(&'static str, Secret)> {
    let cursor = fields.get("api_key")?;
    let key = fields.secret("api_key")?;
    let key = cursor.keep(rules::header_value(key.expose()))?;
    if key.is_empty() {
        return None;
    }
    Some((preset.key_header(), cursor.keep(preset.credential(key))?))
}
