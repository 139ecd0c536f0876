//! The settings and helpers that OTLP over HTTP and over gRPC share.

use std::error::Error;

/// Maximum size of a response. Responses of OTLP are short.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// The `user-agent` header of the exporters.
pub(crate) const USER_AGENT: &str = concat!("multitracer/", env!("CARGO_PKG_VERSION"));

/// Returns an error and its causes on one line.
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
    text
}
