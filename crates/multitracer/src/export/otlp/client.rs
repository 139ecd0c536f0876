//! The parts of the OTLP client that the probe shares with the exporters.

pub(crate) use super::connection::{Answer, Lookups, Monitored, ReadFailure, Socket};
pub(crate) use super::grpc::{GrpcRequest, export_url, grpc_body, grpc_headers, grpc_response};
pub(crate) use super::http::HttpRequest;
pub(crate) use super::redact_errors::ErrorRedactor;
pub(crate) use super::response::{HttpResponse, Refusal, export_success, grpc_refusal, grpc_status};
pub(crate) use super::tls::{GRPC_ALPN, HTTP_ALPN, Pem, client_config};
pub(crate) use super::transport::{error_chain, failure_text};
