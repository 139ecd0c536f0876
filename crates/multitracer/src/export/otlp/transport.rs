//! The settings and helpers that OTLP over HTTP and over gRPC share.

use std::error::Error;

/// Maximum size of a response. Responses of OTLP are short.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// The `user-agent` header of the exporters.
pub(crate) const USER_AGENT: &str = concat!("multitracer/", env!("CARGO_PKG_VERSION"));

/// Returns an error and its causes on one line, after the meaning of a TLS alert.
pub(crate) fn error_chain(error: &(dyn Error + 'static)) -> String {
    explained(causes(error))
}

/// Returns an error and its causes on one line.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        push_cause(&mut text, &cause.to_string());
        next = cause.source();
    }
    text
}

/// Returns the failure of a request and its causes on one line, after the meaning of a TLS alert.
/// `read_failure` is the failure of its connection, which may be the cause.
pub(crate) fn failure_text(error: &(dyn Error + 'static), read_failure: Option<&str>) -> String {
    let mut text = causes(error);
    if let Some(cause) = read_failure {
        push_cause(&mut text, cause);
    }
    explained(text)
}

fn push_cause(text: &mut String, cause: &str) {
    if !text.contains(cause) {
        text.push_str(": ");
        text.push_str(cause);
    }
}

/// Adds the meaning of a TLS alert to an error text.
fn explained(text: String) -> String {
    match refused_certificate(&text) {
        Some(cause) => format!("{cause}: {text}"),
        None => text,
    }
}

/// Returns the meaning of an error text that says that the backend ended TLS because of the
/// client's certificate.
///
/// The alert is read from the text, because HTTP/2 keeps only the text of the error.
fn refused_certificate(text: &str) -> Option<&'static str> {
    const REFUSALS: [&str; 8] = [
        "AccessDenied",
        "BadCertificate",
        "CertificateExpired",
        "CertificateRevoked",
        "CertificateUnknown",
        "DecryptError",
        "UnknownCA",
        "UnsupportedCertificate",
    ];
    let (_, alert) = text.split_once("received fatal alert: ")?;
    let alert = alert.split(|char: char| !char.is_ascii_alphanumeric()).next()?;
    match alert {
        "CertificateRequired" | "NoCertificate" => {
            Some("the backend requires a client certificate (`tls.cert_file` and `tls.key_file`)")
        }
        alert if REFUSALS.contains(&alert) => Some("the backend refused the client certificate"),
        _ => None,
    }
}
