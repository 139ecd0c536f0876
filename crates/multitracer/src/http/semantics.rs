//! OpenTelemetry's semantic conventions for HTTP server spans
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server>).

use std::borrow::Cow;

use http::header::{HOST, USER_AGENT};
use http::request::Parts;
use http::{Method, Version};
use opentelemetry::KeyValue;

/// `GET /users/{id}`, or `GET` where the pattern is not known: a path would make too many names.
pub(super) fn name(method: &Method, pattern: Option<&str>) -> Cow<'static, str> {
    let method = known(method).unwrap_or("HTTP");
    match pattern {
        Some(pattern) => format!("{method} {pattern}").into(),
        None => method.into(),
    }
}

pub(super) fn request(request: &Parts, pattern: Option<String>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(12);
    match known(&request.method) {
        Some(method) => attributes.push(KeyValue::new("http.request.method", method)),
        None => {
            attributes.push(KeyValue::new("http.request.method", "_OTHER"));
            attributes.push(KeyValue::new("http.request.method_original", request.method.to_string()));
        }
    }
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
    if let Some((host, port)) = server(request) {
        attributes.push(KeyValue::new("server.address", host));
        attributes.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
    }
    if let Some(agent) = request.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()) {
        attributes.push(KeyValue::new("user_agent.original", agent.to_owned()));
    }
    attributes
}

/// The methods that the conventions know, so that a client cannot make up values.
fn known(method: &Method) -> Option<&'static str> {
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

fn server(request: &Parts) -> Option<(String, Option<u16>)> {
    let authority = match request.uri.authority() {
        Some(authority) => authority.clone(),
        None => request.headers.get(HOST)?.to_str().ok()?.parse().ok()?,
    };
    Some((authority.host().to_owned(), authority.port_u16()))
}
