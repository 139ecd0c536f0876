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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use http::HeaderValue;

    use super::*;

    /// A name without a port takes a shorter way, with the result of the parser.
    #[test]
    fn each_host_is_read_as_the_parser_reads_it() {
        let hosts: [&[u8]; 14] = [
            b"shop.example",
            b"shop.example:8080",
            b"SHOP-1.example.",
            b"localhost",
            b"127.0.0.1:80",
            b"[::1]",
            b"[::1]:443",
            b"user:secret@shop.example",
            b"shop.example:",
            b"",
            b"a b",
            b"-",
            "caf\u{e9}.example".as_bytes(),
            b"shop\texample",
        ];
        for host in hosts {
            let value = HeaderValue::from_bytes(host).unwrap();
            let parsed = value.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
            let mut expected = Vec::new();
            if let Some(parsed) = &parsed {
                push(parsed.host(), parsed.port_u16(), &mut expected);
            }
            let mut found = Vec::new();
            push_server(&Uri::from_static("/path"), Some(host), &mut found);
            assert_eq!(found, expected, "{value:?}");
            let Some(parsed) = parsed else { continue };
            let uri = Uri::builder().scheme("http").authority(parsed).path_and_query("/").build().unwrap();
            let mut found = Vec::new();
            push_server(&uri, None, &mut found);
            assert_eq!(found, expected, "{uri}");
        }
    }
}
