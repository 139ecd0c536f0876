//! The head of a request, as the layers read it.

use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Uri, Version};

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) version: Version,
    pub(super) headers: &'a HeaderMap,
    pub(super) extensions: &'a Extensions,
}

impl<'a> Head<'a> {
    pub(super) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    pub(super) fn of_parts(parts: &'a Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            extensions: &parts.extensions,
        }
    }
}

/// The headers that become attributes: of each, its first value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DescribingHeaders<'a> {
    pub(super) host: Option<&'a [u8]>,
    pub(super) user_agent: Option<&'a [u8]>,
    pub(super) content_type: Option<&'a [u8]>,
}

impl<'a> DescribingHeaders<'a> {
    /// Looks the headers up.
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let value = |name| headers.get(name).map(HeaderValue::as_bytes);
        Self { host: value(HOST), user_agent: value(USER_AGENT), content_type: value(CONTENT_TYPE) }
    }

    /// Keeps the value of a header if it describes the request. `name` is in lower case.
    #[inline(always)]
    pub(super) fn visit(&mut self, name: &str, value: &'a [u8]) {
        // with a fixed length in each arm, a comparison is a few instructions
        let slot = match name.len() {
            4 if name == "host" => &mut self.host,
            10 if name == "user-agent" => &mut self.user_agent,
            12 if name == "content-type" => &mut self.content_type,
            _ => return,
        };
        slot.get_or_insert(value);
    }
}

/// Returns the text of a header value, if it has visible ASCII characters only.
pub(super) fn visible_text(value: &[u8]) -> Option<&str> {
    let is_visible = |byte: u8| matches!(byte, b' '..=b'~' | b'\t');
    // without an early return, the compiler handles many bytes at once
    if value.iter().fold(true, |all, &byte| all & is_visible(byte)) {
        std::str::from_utf8(value).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_visible_as_http_says() {
        for byte in 0..=255_u8 {
            let Ok(value) = HeaderValue::from_bytes(&[b'a', byte]) else { continue };
            assert_eq!(visible_text(value.as_bytes()), value.to_str().ok(), "{byte}");
        }
    }

    #[test]
    fn the_first_of_several_headers_describes_the_request() {
        let mut headers = HeaderMap::new();
        for (name, value) in [(HOST, "a"), (HOST, "b"), (USER_AGENT, "c"), (CONTENT_TYPE, "d")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let (found, mut visited) = (DescribingHeaders::of(&headers), DescribingHeaders::default());
        for (name, value) in &headers {
            visited.visit(name.as_str(), value.as_bytes());
        }
        for headers in [found, visited] {
            let values = [headers.host, headers.user_agent, headers.content_type];
            assert_eq!(values, [Some(&b"a"[..]), Some(b"c"), Some(b"d")]);
        }
    }
}
