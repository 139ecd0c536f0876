//! The decision whether a value, as the file has it, is a secret.

use super::root::ROOT;
use super::section::{Key, Kind, Section};
use crate::config::secret::mentions_secret;
use crate::config::suggest;
use crate::config::yaml::{KeyPath, Segment, Template, core_schema};
use crate::text::is_unsafe;

/// Returns `true` if a value, as the file has it, must not be shown.
pub(crate) fn is_secret(path: &KeyPath, raw: &str) -> bool {
    if is_bare_reference(raw) {
        return false;
    }
    if path.is_secret() || contains_key(raw) || is_url_with_credentials(raw) {
        return true;
    }
    match place(path) {
        Place::Open => false,
        Place::Endpoint => !is_clean_url(raw),
        Place::Secret => true,
        Place::Unknown => !(is_harmless(raw) || fits_known_key(path, raw)),
    }
}

/// Returns `true` if the place itself says that its values are secrets.
pub(crate) fn is_secret_place(path: &KeyPath) -> bool {
    path.is_secret() || place(path) == Place::Secret
}

/// A place in a file, as far as secrecy is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A value that messages show, unless a name above it mentions a secret.
    Open,
    /// A URL, which may hold a secret.
    Endpoint,
    Secret,
    /// A place that no table knows. Its key may be misspelt beyond recognition, or stand at the
    /// wrong place.
    Unknown,
}

/// Finds a place in the tables of keys. A misspelt key counts as the key that is meant.
fn place(path: &KeyPath) -> Place {
    let mut kind = Kind::Section(&ROOT);
    let mut place = Place::Open;
    let mut segments = path.segments().iter();
    while let Some(segment) = segments.next() {
        let key = match (kind, segment) {
            (Kind::Section(section) | Kind::OneOf(section), Segment::Key(name)) => meant(section, name),
            (Kind::Named(inner), Segment::Key(_)) | (Kind::List(inner), Segment::Index(_)) => {
                kind = Kind::Section(inner);
                continue;
            }
            (Kind::ListOf(inner), Segment::Index(_)) => {
                kind = Kind::OneOf(inner);
                continue;
            }
            // a list of plain values
            (Kind::Text, Segment::Index(_)) => continue,
            (Kind::NameValues(pair), Segment::Key(_)) => {
                // the path itself says if the name is that of a credential
                return if is_secret_value(pair) { Place::Secret } else { below_plain_value(segments) };
            }
            (Kind::NameValues(_), Segment::Index(_)) => {
                return match segments.next() {
                    Some(Segment::Key(key)) if matches!(&**key, "name" | "type") => {
                        below_plain_value(segments)
                    }
                    // the name beside the value decides, which the path does not have
                    _ => Place::Secret,
                };
            }
            _ => None,
        };
        let Some(key) = key else { return Place::Unknown };
        kind = key.kind;
        place = match kind {
            Kind::Secret => Place::Secret,
            Kind::Text if key.name == "endpoint" => Place::Endpoint,
            _ => Place::Open,
        };
    }
    place
}

/// Returns the place of a plain value or a list of them, or of a key that wrongly stands below.
fn below_plain_value<'s>(mut below: impl Iterator<Item = &'s Segment>) -> Place {
    if below.any(|segment| matches!(segment, Segment::Key(_))) { Place::Unknown } else { Place::Open }
}

/// Returns the key that a name stands for, perhaps misspelt.
fn meant(section: &'static Section, name: &str) -> Option<&'static Key> {
    let nearest = || suggest::nearest(name, section.keys.iter().map(|key| key.name));
    section.key(name).or_else(|| section.key(nearest()?))
}

/// Returns `true` if the values of names are secrets, whatever the names are.
fn is_secret_value(pair: &Section) -> bool {
    pair.key("value").is_some_and(|value| matches!(value.kind, Kind::Secret))
}

fn is_endpoint(key: &str) -> bool {
    suggest::nearest(key, ["endpoint"]).is_some()
}

/// Returns `true` for a value that a known key of the same name may have elsewhere: a number, a
/// known word, or a URL.
fn fits_known_key(path: &KeyPath, raw: &str) -> bool {
    match path.segments().last() {
        Some(Segment::Key(key)) if is_endpoint(key) => raw.contains("://") && is_clean_url(raw),
        Some(Segment::Key(key)) if ROOT.has_word_key(key) => {
            core_schema::parse_float(raw).is_some() || ROOT.has_word(raw)
        }
        _ => false,
    }
}

/// Returns `true` for a value that is too short for a secret, such as a null or a flag.
fn is_harmless(raw: &str) -> bool {
    const MIN_SECRET_LEN: usize = 6;
    raw.len() < MIN_SECRET_LEN
}

/// Returns `true` for `${NAME}`, alone or after the name of an authentication scheme, which is not
/// a secret.
fn is_bare_reference(raw: &str) -> bool {
    let raw = raw.strip_prefix("Bearer ").or_else(|| raw.strip_prefix("Basic ")).unwrap_or(raw);
    let name = raw.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| {
        let name = name.strip_prefix("env:").unwrap_or(name);
        let is_file = name
            .strip_prefix("file:")
            .is_some_and(|path| !path.contains([':', '}']) && !path.contains(is_unsafe));
        is_file || !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
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

/// Returns `true` for a URL with a user name or a query, at any place.
fn is_url_with_credentials(raw: &str) -> bool {
    raw.split_once("://").is_some_and(|(_, rest)| rest.contains(['@', '?']))
}

/// Returns `true` for a URL of host, port and path alone, or a part of one.
fn is_clean_url(raw: &str) -> bool {
    let rest = raw.split_once("://").map_or(raw, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    !raw.contains(['@', '?', '#', '%']) && port.bytes().all(|b| b.is_ascii_digit() || b == b']')
}
