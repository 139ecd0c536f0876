//! The OTLP exporters: encoding, transport and the reading of responses.
//!
//! Nothing here reads an environment variable; the configuration alone decides what is sent.

#[cfg(feature = "probe")]
pub(crate) mod client;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod connection;
#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")),
    expect(dead_code, reason = "only OTLP exporters share connections and files")
)]
mod connection_pool;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file"))]
mod encode;
#[cfg(feature = "otlp-file")]
mod file;
#[cfg(feature = "otlp-grpc")]
mod grpc;
#[cfg(feature = "otlp-http")]
mod http;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod redact_errors;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod response;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod sizing;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod tls;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod transport;

pub(crate) use self::connection_pool::ConnectionPool;
#[cfg(feature = "otlp-file")]
pub(crate) use self::file::otlp_file;
#[cfg(feature = "otlp-grpc")]
pub(crate) use self::grpc::otlp_grpc;
#[cfg(feature = "otlp-http")]
pub(crate) use self::http::otlp_http;
