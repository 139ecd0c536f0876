//! The decoder of `headers`, `headers_list` and `api_key`.

use std::borrow::Cow;
use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::backend::Preset;
use crate::config::check::value_rules::{self, MAX_HEADERS};
use crate::config::reader::{Cursor, Fields, Scalar};
use crate::config::secret::Secret;

/// The headers of one block, with names in lower case. A `None` removes a header, even one of the
/// defaults.
pub(super) type Headers = Vec<(String, Option<Secret>)>;

/// Reads `headers` and `headers_list`.
pub(super) fn read(fields: &Fields<'_>) -> Headers {
    let mut headers = Headers::new();
    let mut seen = HashSet::new();
    for pair in fields.name_values("headers") {
        let name = match value_rules::export_header_name(&pair.name) {
            Ok(name) => name,
            Err(violation) => {
                pair.report_violation(violation);
                continue;
            }
        };
        if !seen.insert(name.clone()) {
            pair.at.report("a header with this name is already there", None);
            continue;
        }
        match &pair.value {
            Some(cursor) => headers.push((name, value(cursor))),
            None => pair.place().report_missing("value", None),
        }
    }
    if headers.len() > MAX_HEADERS {
        if let Some(cursor) = fields.get("headers") {
            cursor.report(format!("more than {MAX_HEADERS} headers"), None);
        }
        headers.truncate(MAX_HEADERS);
    }
    // `headers` wins over the list, as OpenTelemetry's specification says
    for (name, value) in list(fields) {
        if !seen.contains(&name) {
            headers.push((name, Some(value)));
        }
    }
    headers
}

fn value(cursor: &Cursor<'_>) -> Option<Secret> {
    match cursor.scalar() {
        Scalar::Text { text, .. } => cursor.accept(value_rules::header_value(&text)).map(Secret::new),
        Scalar::Null | Scalar::Unusable => None,
    }
}

/// Reads `headers_list`: `a=1,b=2` with percent-encoded values, as in `OTEL_EXPORTER_OTLP_HEADERS`.
fn list(fields: &Fields<'_>) -> Vec<(String, Secret)> {
    let (Some(cursor), Some(text)) = (fields.get("headers_list"), fields.text("headers_list")) else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (position, pair) in text.split(',').map(str::trim).enumerate().filter(|(_, pair)| !pair.is_empty()) {
        let read = || {
            let (name, value) = pair.split_once('=')?;
            let name = value_rules::export_header_name(name.trim()).ok()?;
            let value = percent_decode(value.trim())?;
            Some((name, Secret::new(value_rules::header_value(&value).ok()?)))
        };
        if headers.len() == MAX_HEADERS {
            cursor.report(format!("more than {MAX_HEADERS} headers"), None);
            return headers;
        }
        match read() {
            Some((name, _)) if headers.iter().any(|(other, _)| *other == name) => {
                let message = format!("entry {} of the list has the name of an earlier one", position + 1);
                cursor
                    .report(message, Some("values of one header are joined with a comma: `%2C`".to_owned()));
                return headers;
            }
            Some(header) => headers.push(header),
            None => {
                let message = format!("entry {} of the list is not a valid `name=value`", position + 1);
                cursor.report(message, Some("`name=value,name=value`, values percent-encoded".to_owned()));
                return headers;
            }
        }
    }
    headers
}

/// Decodes percent-encoded text. Returns `None` for an incomplete escape, and for bytes that are
/// not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let is_escape = |rest: &str| rest.get(..2).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    // the crate would keep an incomplete escape as text
    if !text.split('%').skip(1).all(is_escape) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

/// The `api_key` of one block, as the header that carries it.
#[derive(Clone, Debug)]
pub(super) struct ApiKey {
    /// The name of the header.
    pub(super) header: &'static str,
    /// The value of the header. `None` for a key that is null or empty, or whose value is unknown.
    pub(super) credential: Option<Secret>,
    /// `true` if the key is not null in the file.
    pub(super) is_given: bool,
}

/// Reads `api_key`. Returns `None` if the block does not have the key.
pub(super) fn api_key(fields: &Fields<'_>, preset: &Preset) -> Option<ApiKey> {
    let cursor = fields.get("api_key")?;
    let credential = || {
        let key = fields.secret("api_key")?;
        let key = cursor.accept(value_rules::header_value(key.expose()))?;
        if key.is_empty() { None } else { cursor.accept(preset.credential(key)) }
    };
    Some(ApiKey { header: preset.key_header(), credential: credential(), is_given: !cursor.is_null() })
}
