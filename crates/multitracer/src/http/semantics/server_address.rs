//! The attributes `server.address` and `server.port`.

use http::Uri;
use http::uri::Authority;
use opentelemetry::KeyValue;

use crate::http::head::visible_text;

/// Adds the address and the port of the server, from the URI or from the `Host` header.
pub(super) fn push_server(uri: &Uri, host: Option<&[u8]>, attributes: &mut Vec<KeyValue>) {
    let authority = uri.authority();
    let text = authority.map(Authority::as_str).or_else(|| visible_text(host?));
    let Some(text) = text else { return };
    if is_plain_name(text) {
        return push(text, None, attributes);
    }
    if let Some(authority) = authority.cloned().or_else(|| text.parse().ok()) {
        push(authority.host(), authority.port_u16(), attributes);
    }
}

fn push(host: &str, port: Option<u16>, attributes: &mut Vec<KeyValue>) {
    attributes.push(KeyValue::new("server.address", host.to_owned()));
    attributes.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
}

/// Returns `true` for a name without a port, which needs no parser.
fn is_plain_name(host: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    // without an early return, the compiler handles many bytes at once
    !host.is_empty() && host.bytes().fold(true, |all, byte| all & is_plain(byte))
}
