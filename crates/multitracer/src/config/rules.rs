//! What single values must be like; used for files and for configurations that are built in code.

use http::{HeaderName, HeaderValue, Uri};
use regex::bytes::{Regex, RegexBuilder};

/// A rule that a value broke: "`<value>` `predicate`".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) predicate: String,
    pub(crate) help: Option<String>,
}

impl Breach {
    pub(crate) fn new(predicate: impl Into<String>) -> Self {
        Self { predicate: predicate.into(), help: None }
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The longest name of a tracer, a route, an experiment or a variant, in bytes: names travel in baggage.
const LONGEST_NAME: usize = 200;
/// The largest compiled regular expression, in bytes.
const LARGEST_REGEX: usize = 64 << 10;
/// Headers that belong to the exporter.
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

/// A name of a tracer, a route, an experiment or a variant.
pub(crate) fn name(text: &str) -> Result<(), Breach> {
    let expected = "a name is 1 to 200 bytes of visible characters, with spaces only inside";
    if text.is_empty() {
        return Err(Breach::new("is empty").help(expected));
    }
    if text.len() > LONGEST_NAME || text.trim() != text || text.chars().any(char::is_control) {
        return Err(Breach::new("is not a name").help(expected));
    }
    Ok(())
}

/// A header name, in lower case.
pub(crate) fn header_name(text: &str) -> Result<String, Breach> {
    HeaderName::from_bytes(text.as_bytes()).map(|name| name.as_str().to_owned()).map_err(|_| {
        Breach::new("is not a header name").help("letters, digits and any of !#$%&'*+-.^_`|~, with no spaces")
    })
}

/// The name of a header that an exporter is to send, in lower case.
pub(crate) fn export_header_name(text: &str) -> Result<String, Breach> {
    let name = header_name(text)?;
    if RESERVED.contains(&name.as_str()) || name.starts_with("grpc-") {
        return Err(Breach::new("is set by the exporter itself"));
    }
    if name.ends_with("-bin") {
        return Err(Breach::new("is binary gRPC metadata, which is not supported"));
    }
    Ok(name)
}

/// A header value without the spaces around it, which the wire would not carry either.
pub(crate) fn header_value(text: &str) -> Result<&str, Breach> {
    let trimmed = text.trim_matches([' ', '\t']);
    match HeaderValue::from_str(trimmed) {
        Ok(_) => Ok(trimmed),
        Err(_) if text.ends_with(['\n', '\r']) => {
            Err(Breach::new("ends with a line break").help("a key that was read from a file often has one"))
        }
        Err(_) => Err(Breach::new("is not a header value").help("visible ASCII characters, spaces and tabs")),
    }
}

/// What a header is compared with: something that a header can be.
pub(crate) fn matched_value(text: &str) -> Result<(), Breach> {
    if text.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
        return Err(Breach::new("is a value that no header can have").help("it has control characters in it"));
    }
    if text.trim_matches([' ', '\t']) != text {
        let help = "spaces around a header's value are not part of it";
        return Err(Breach::new("is a value that no header can have").help(help));
    }
    Ok(())
}

/// The endpoint of OTLP over HTTP: a full URL.
pub(crate) fn http_endpoint(text: &str) -> Result<(), Breach> {
    let uri = endpoint(text)?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if text.len() <= uri.scheme_str().map_or(0, str::len) + "://".len() + authority.len() {
        return Err(Breach::new("has no path").help(
            "OTLP over HTTP is sent to exactly this URL; most backends listen at `/v1/traces` (write `/` for none)",
        ));
    }
    Ok(())
}

/// The endpoint of OTLP over gRPC: a URL without a path.
pub(crate) fn grpc_endpoint(text: &str) -> Result<(), Breach> {
    let uri = endpoint(text)?;
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(Breach::new("has a path").help("OTLP over gRPC takes scheme, host and port only"));
    }
    Ok(())
}

fn endpoint(text: &str) -> Result<Uri, Breach> {
    let breach = || {
        Breach::new("is not an http:// or https:// URL")
            .help("as in `https://collector.example.com:4318/v1/traces`")
    };
    let uri: Uri = text.parse().map_err(|_| breach())?;
    let scheme = uri.scheme_str().ok_or_else(breach)?;
    let host = uri.host().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || host.is_empty() || text.contains('#') {
        return Err(breach());
    }
    Ok(uri)
}

/// A URL as it may be shown: without user name, password and query.
pub(crate) fn shown_url(text: &str) -> String {
    let text = text.split_once('?').map_or(text, |(before, _)| before);
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => text.to_owned(),
    }
}

/// Whether a URL has a user name in it.
#[cfg(feature = "probe")]
pub(crate) fn has_userinfo(text: &str) -> bool {
    text.parse::<Uri>()
        .is_ok_and(|uri| uri.authority().is_some_and(|authority| authority.as_str().contains('@')))
}

/// A regular expression over header values, which are bytes: `\w`, `\d`, `(?i)` and the like are ASCII.
pub(crate) fn regex(text: &str) -> Result<Regex, Breach> {
    RegexBuilder::new(text).unicode(false).size_limit(LARGEST_REGEX).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            Breach::new("is too large a regular expression").help("at most 64 KiB when compiled")
        }
        // The message quotes the expression; its last line says why.
        error => match error.to_string().rsplit_once("error: ") {
            Some((_, why)) => Breach::new(format!("is not a regular expression: {why}")),
            None => Breach::new("is not a regular expression"),
        },
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn predicate<T: std::fmt::Debug>(result: Result<T, Breach>) -> String {
        result.unwrap_err().predicate
    }

    #[test]
    fn endpoints() {
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
    fn headers() {
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
    fn urls_are_shown_without_credentials() {
        assert_eq!(shown_url("https://u:p@host:1/v1?key=x"), "https://host:1/v1");
        assert_eq!(shown_url("https://u:p@x@host"), "https://host");
        assert_eq!(shown_url("http://localhost:4318/v1/traces"), "http://localhost:4318/v1/traces");
    }

    #[test]
    fn regexes() {
        assert!(regex("^(pro|team)$").unwrap().is_match(b"team"));
        assert!(regex(r"^\w+@\w+\.com$").unwrap().is_match(b"a@b.com"));
        assert!(regex("^prüf").unwrap().is_match("prüfung".as_bytes()));
        assert!(regex(r"^[^x]+$").unwrap().is_match(b"\xff"));
        regex(r"^\w{1,200}$").unwrap();
        assert_eq!(predicate(regex("^(pro")), "is not a regular expression: unclosed group");
        assert_eq!(predicate(regex(r"\w{100000}")), "is too large a regular expression");
    }
}
