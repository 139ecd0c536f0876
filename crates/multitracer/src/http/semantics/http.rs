//! Semantic conventions for HTTP spans
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>).

use std::borrow::Cow;

use http::{Method, Uri, Version};
use opentelemetry::{KeyValue, Value};

use super::server_address::push_server;
use crate::http::head::{DescribingHeaders, Head, visible_text};

/// Returns the span's name: `GET /users/{id}`, or `GET` if the pattern is unknown.
///
/// The path itself is never part of the name, because it would create too many names.
pub(super) fn name(method: &Method, pattern: Option<&str>) -> Cow<'static, str> {
    let method = known_method(method).unwrap_or("HTTP");
    match pattern {
        Some(pattern) => format!("{method} {pattern}").into(),
        None => method.into(),
    }
}

/// Adds the attributes of a server span.
pub(super) fn push_server_attributes(
    head: Head<'_>,
    headers: DescribingHeaders<'_>,
    pattern: Option<String>,
    attributes: &mut Vec<KeyValue>,
) {
    // the response adds another one
    attributes.reserve(12);
    push_method(head.method, attributes);
    let uri = head.uri;
    attributes.push(KeyValue::new("url.path", uri.path().to_owned()));
    attributes.push(KeyValue::new("url.scheme", scheme(uri)));
    if let Some(query) = uri.query().filter(|query| !query.is_empty()) {
        attributes.push(KeyValue::new("url.query", query.to_owned()));
    }
    if let Some(pattern) = pattern {
        attributes.push(KeyValue::new("http.route", pattern));
    }
    if let Some(version) = version(head.version) {
        attributes.push(KeyValue::new("network.protocol.version", version));
    }
    push_server(uri, headers.host, attributes);
    if let Some(agent) = headers.user_agent.and_then(visible_text) {
        attributes.push(KeyValue::new("user_agent.original", agent.to_owned()));
    }
}

fn scheme(uri: &Uri) -> Value {
    match uri.scheme_str() {
        None | Some("http") => "http".into(),
        Some("https") => "https".into(),
        Some(other) => other.to_owned().into(),
    }
}

/// Adds the attributes of a client span.
///
/// The URL is recorded without user name, password and query, because they may contain secrets.
pub(super) fn push_client_attributes(
    head: Head<'_>,
    headers: DescribingHeaders<'_>,
    attributes: &mut Vec<KeyValue>,
) {
    attributes.reserve(7);
    push_method(head.method, attributes);
    let uri = head.uri;
    if let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) {
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        attributes.push(KeyValue::new("url.full", format!("{scheme}://{host}{}", uri.path())));
    }
    push_server(uri, headers.host, attributes);
}

fn push_method(method: &Method, attributes: &mut Vec<KeyValue>) {
    match known_method(method) {
        Some(method) => attributes.push(KeyValue::new("http.request.method", method)),
        None => {
            attributes.push(KeyValue::new("http.request.method", "_OTHER"));
            attributes.push(KeyValue::new("http.request.method_original", method.to_string()));
        }
    }
}

/// Returns `method` if the conventions list it, to limit the number of distinct values.
fn known_method(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => return None,
    })
}

fn version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}
