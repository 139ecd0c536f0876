//! The attributes `server.address` and `server.port`.

use http::Uri;
use http::uri::Authority;
use opentelemetry::KeyValue;

use crate::http::head::visible_text;

/// Adds the address and the port of the server, from the URI or from the `Host` header.
pub(super) fn push_server(uri: &Uri, host: Option<&[u8]>, attributes: &mut Vec<KeyValue>) {
    if let Some(authority) = uri.authority() {
        return push(authority.host(), authority.port_u16(), attributes);
    }
    let Some(host) = host.and_then(visible_text) else { return };
    if is_plain_name(host) {
        push(host, None, attributes);
    } else if let Ok(authority) = host.parse::<Authority>() {
        push(authority.host(), authority.port_u16(), attributes);
    }
}

fn push(host: &str, port: Option<u16>, attributes: &mut Vec<KeyValue>) {
    attributes.push(KeyValue::new("server.address", host.to_owned()));
    attributes.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
}

/// Returns `true` for a name without a port, which needs no parser.
fn is_plain_name(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}
