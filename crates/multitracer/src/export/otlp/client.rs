//! The parts of the OTLP client that the probe shares with the exporters.

pub(crate) use super::encode::gzip;
pub(crate) use super::grpc::{EXPORT_PATH, GrpcRequest};
pub(crate) use super::http::HttpRequest;
pub(crate) use super::redact_errors::ErrorRedactor;
pub(crate) use super::response::{HttpResponse, Refusal, grpc_refusal, grpc_success};
pub(crate) use super::tls::{Pem, client_config};
pub(crate) use super::transport::{MAX_RESPONSE_BYTES, error_chain};
