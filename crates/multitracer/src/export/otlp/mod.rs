//! OTLP: what the bodies are, how they are sent, and what the answers mean.
//!
//! Nothing here reads an environment variable: what is sent is what the configuration says.

mod encode;
#[cfg(feature = "otlp-file")]
mod file;
#[cfg(feature = "otlp-grpc")]
mod grpc;
#[cfg(feature = "otlp-http")]
mod http;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod protobuf;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod redact_errors;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod response;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod tls;

#[cfg(feature = "otlp-file")]
pub(super) use self::file::Rotating;
#[cfg(feature = "otlp-file")]
pub(crate) use self::file::otlp_file;
#[cfg(feature = "otlp-grpc")]
pub(super) use self::grpc::GrpcChannel;
#[cfg(feature = "otlp-grpc")]
pub(crate) use self::grpc::otlp_grpc;
#[cfg(feature = "otlp-http")]
pub(super) use self::http::HttpClient;
#[cfg(feature = "otlp-http")]
pub(crate) use self::http::otlp_http;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(super) use self::tls::Pem;

/// How large an answer may be; they are short, and more than this is not one.
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
const MAX_ANSWER: usize = 1 << 20;

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
const USER_AGENT: &str = concat!("multitracer/", env!("CARGO_PKG_VERSION"));

/// How often an HTTP/2 connection that is in use is asked for a sign of life, and how long that may take.
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(30);
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
const KEEP_ALIVE_ANSWER: std::time::Duration = std::time::Duration::from_secs(10);

/// An error and its causes on one line.
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
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
