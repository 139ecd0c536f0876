//! The attributes `server.address` and `server.port`.

use http::header::HOST;
use http::request::Parts;
use opentelemetry::KeyValue;

/// Adds the address and the port of the server, from the URI or from the `Host` header.
pub(super) fn push_server(request: &Parts, attributes: &mut Vec<KeyValue>) {
    let authority = match request.uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => request.headers.get(HOST).and_then(|host| host.to_str().ok()?.parse().ok()),
    };
    if let Some(authority) = authority {
        attributes.push(KeyValue::new("server.address", authority.host().to_owned()));
        let port = authority.port_u16();
        attributes.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
    }
}
