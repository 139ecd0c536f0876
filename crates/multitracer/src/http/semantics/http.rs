//! Semantic conventions for HTTP spans
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>).

use std::borrow::Cow;

use http::header::USER_AGENT;
use http::request::Parts;
use http::{Method, Version};
use opentelemetry::KeyValue;

use super::server_address::push_server;

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

/// Returns the attributes of a server span.
pub(super) fn server_attributes(request: &Parts, pattern: Option<String>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(12);
    push_method(&request.method, &mut attributes);
    let uri = &request.uri;
    attributes.push(KeyValue::new("url.path", uri.path().to_owned()));
    attributes.push(KeyValue::new("url.scheme", uri.scheme_str().unwrap_or("http").to_owned()));
    if let Some(query) = uri.query().filter(|query| !query.is_empty()) {
        attributes.push(KeyValue::new("url.query", query.to_owned()));
    }
    if let Some(pattern) = pattern {
        attributes.push(KeyValue::new("http.route", pattern));
    }
    if let Some(version) = version(request.version) {
        attributes.push(KeyValue::new("network.protocol.version", version));
    }
    push_server(request, &mut attributes);
    if let Some(agent) = request.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()) {
        attributes.push(KeyValue::new("user_agent.original", agent.to_owned()));
    }
    attributes
}

/// Returns the attributes of a client span.
///
/// The URL is recorded without user name, password and query, because they may contain secrets.
pub(super) fn client_attributes(request: &Parts) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(6);
    push_method(&request.method, &mut attributes);
    let uri = &request.uri;
    if let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) {
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        attributes.push(KeyValue::new("url.full", format!("{scheme}://{host}{}", uri.path())));
    }
    push_server(request, &mut attributes);
    attributes
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
    ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "TRACE"]
        .into_iter()
        .find(|known| *known == method.as_str())
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
