//! Rules for single values of files and of configurations that code builds.

use http::{HeaderName, HeaderValue, Uri};
use regex::bytes::{Regex, RegexBuilder};

use crate::config::diagnostics::Violation;
use crate::text::is_unsafe;

/// The longest name of a tracer, a route, an experiment or a variant, in bytes. Names travel in
/// baggage.
const MAX_NAME_BYTES: usize = 200;

/// The most headers of one exporter, and of one block. Backends take fewer, and the limit keeps the
/// lookup of names fast.
pub(crate) const MAX_HEADERS: usize = 256;

/// The largest compiled regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 64 << 10;

/// The headers that only the exporter sets.
const RESERVED: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Checks the name of a tracer, a route, an experiment or a variant.
pub(crate) fn name(text: &str) -> Result<(), Violation> {
    let expected = "a name is 1 to 200 bytes of visible characters, with spaces only inside";
    if text.is_empty() {
        return Err(Violation::new("is empty").with_help(expected));
    }
    if text.len() > MAX_NAME_BYTES || text.trim() != text || text.chars().any(is_unsafe) {
        return Err(Violation::new("is not a name").with_help(expected));
    }
    Ok(())
}

/// Returns a header name in lower case.
pub(crate) fn header_name(text: &str) -> Result<String, Violation> {
    HeaderName::from_bytes(text.as_bytes()).map(|name| name.as_str().to_owned()).map_err(|_| {
        Violation::new("is not a header name")
            .with_help("letters, digits and any of !#$%&'*+-.^_`|~, with no spaces")
    })
}

/// Returns the name of a header that an exporter may send, in lower case.
pub(crate) fn export_header_name(text: &str) -> Result<String, Violation> {
    let name = header_name(text)?;
    if RESERVED.contains(&name.as_str()) || name.starts_with("grpc-") {
        return Err(Violation::new("is set by the exporter itself"));
    }
    if name.ends_with("-bin") {
        return Err(Violation::new("is binary gRPC metadata, which is not supported"));
    }
    Ok(name)
}

/// Returns a text without the spaces and tabs around it, which HTTP does not carry.
pub(crate) fn trimmed_header_value(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Returns a header value without the spaces around it.
pub(crate) fn header_value(text: &str) -> Result<&str, Violation> {
    let trimmed = trimmed_header_value(text);
    match HeaderValue::from_str(trimmed) {
        Ok(_) => Ok(trimmed),
        Err(_) if trimmed.ends_with(['\n', '\r']) => Err(Violation::new("ends with a line break")
            .with_help("a key that was read from a file often has one")),
        Err(_) => {
            Err(Violation::new("is not a header value")
                .with_help("visible ASCII characters, spaces and tabs"))
        }
    }
}

/// Checks a value to compare headers with: a value that a header can have.
pub(crate) fn matched_value(text: &str) -> Result<(), Violation> {
    if text.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
        return Err(
            Violation::new("is a value that no header can have").with_help("it contains control characters")
        );
    }
    if trimmed_header_value(text) != text {
        let help = "spaces around a header's value are not part of it";
        return Err(Violation::new("is a value that no header can have").with_help(help));
    }
    Ok(())
}

/// Checks the endpoint of OTLP over HTTP: a full URL.
pub(crate) fn http_endpoint(text: &str) -> Result<(), Violation> {
    let uri = endpoint(text)?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if text.len() <= uri.scheme_str().map_or(0, str::len) + "://".len() + authority.len() {
        return Err(Violation::new("has no path").with_help(
            "OTLP over HTTP is sent to exactly this URL; most backends listen at `/v1/traces` (write `/` for none)",
        ));
    }
    Ok(())
}

/// Checks the endpoint of OTLP over gRPC: a URL without a path.
pub(crate) fn grpc_endpoint(text: &str) -> Result<(), Violation> {
    let uri = endpoint(text)?;
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(Violation::new("has a path").with_help("OTLP over gRPC takes scheme, host and port only"));
    }
    Ok(())
}

fn endpoint(text: &str) -> Result<Uri, Violation> {
    let violation = || {
        Violation::new("is not an http:// or https:// URL")
            .with_help("as in `https://collector.example.com:4318/v1/traces`")
    };
    let uri: Uri = text.parse().map_err(|_| violation())?;
    let scheme = uri.scheme_str().ok_or_else(violation)?;
    let host = uri.host().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || host.is_empty() || text.contains('#') {
        return Err(violation());
    }
    Ok(uri)
}

/// Compiles a regular expression over header values. They are bytes, so `\w`, `\d` and `(?i)` are
/// ASCII.
pub(crate) fn regex(text: &str) -> Result<Regex, Violation> {
    RegexBuilder::new(text).unicode(false).size_limit(MAX_REGEX_BYTES).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            Violation::new("is too large a regular expression").with_help("at most 64 KiB when compiled")
        }
        // The message of the crate quotes the expression. Only its last line has the reason.
        error => match error.to_string().rsplit_once("error: ") {
            Some((_, why)) => Violation::new(format!("is not a regular expression: {why}")),
            None => Violation::new("is not a regular expression"),
        },
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn predicate<T: std::fmt::Debug>(result: Result<T, Violation>) -> String {
        result.unwrap_err().predicate
    }

    #[test]
    fn endpoints_are_checked() {
        http_endpoint("http://localhost:4318/v1/traces").unwrap();
        http_endpoint("https://user:pw@host/").unwrap();
        http_endpoint("http://[::1]:4318/v1/traces?x=1").unwrap();
        assert_eq!(predicate(http_endpoint("http://localhost:4318")), "has no path");
        for bad in [
            "",
            "localhost:4318",
            "/v1/traces",
            "ftp://host/",
            "http://",
            "http:///x",
            "http://h/ x",
            "http://h/#x",
        ] {
            assert_eq!(predicate(http_endpoint(bad)), "is not an http:// or https:// URL", "{bad}");
        }
        grpc_endpoint("http://localhost:4317").unwrap();
        grpc_endpoint("https://localhost:4317/").unwrap();
        assert_eq!(predicate(grpc_endpoint("http://localhost:4317/v1/traces")), "has a path");
    }

    #[test]
    fn headers_are_checked() {
        assert_eq!(export_header_name("X-Api-Key").unwrap(), "x-api-key");
        assert_eq!(predicate(header_name("x api")), "is not a header name");
        assert_eq!(predicate(header_name("")), "is not a header name");
        assert_eq!(predicate(export_header_name("Host")), "is set by the exporter itself");
        assert_eq!(predicate(export_header_name("grpc-timeout")), "is set by the exporter itself");
        assert_eq!(header_value(" Bearer x ").unwrap(), "Bearer x");
        assert_eq!(predicate(header_value("key\n")), "ends with a line break");
        assert_eq!(predicate(header_value("a\u{0}b")), "is not a header value");
    }

    #[test]
    fn regexes_are_checked() {
        assert!(regex("^(pro|team)$").unwrap().is_match(b"team"));
        assert!(regex(r"^\w+@\w+\.com$").unwrap().is_match(b"a@b.com"));
        assert!(regex("^prüf").unwrap().is_match("prüfung".as_bytes()));
        assert!(regex(r"^[^x]+$").unwrap().is_match(b"\xff"));
        regex(r"^\w{1,200}$").unwrap();
        assert_eq!(predicate(regex("^(pro")), "is not a regular expression: unclosed group");
        assert_eq!(predicate(regex(r"\w{100000}")), "is too large a regular expression");
    }
}
