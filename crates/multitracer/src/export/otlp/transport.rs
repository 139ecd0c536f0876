//! The settings and helpers that OTLP over HTTP and over gRPC share.

use std::error::Error;

/// Maximum size of a response. Responses of OTLP are short.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// The `user-agent` header of the exporters.
pub(crate) const USER_AGENT: &str = concat!("multitracer/", env!("CARGO_PKG_VERSION"));

/// Returns an error and its causes on one line, after the cause of a TLS alert.
pub(crate) fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    match refused_certificate(&text) {
        Some(cause) => format!("{cause}: {text}"),
        None => text,
    }
}

/// Returns the meaning of an error text that says that the backend ended TLS because of the
/// client's certificate.
///
/// The alert is read from the text, because gRPC's transport hides the type of the error.
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
