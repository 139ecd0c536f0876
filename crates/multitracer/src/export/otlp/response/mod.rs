//! The reading of responses: partial success, refusals and retry delays.

mod google_rpc;
#[cfg(feature = "otlp-grpc")]
mod grpc;
#[cfg(feature = "otlp-http")]
mod http;
#[cfg(feature = "otlp-http")]
mod json;
mod refusal;
mod success;

#[cfg(feature = "otlp-grpc")]
pub(crate) use self::grpc::{grpc_http_refusal, grpc_refusal, grpc_status};
#[cfg(feature = "otlp-http")]
pub(crate) use self::http::HttpResponse;
#[cfg(feature = "probe")]
pub(crate) use self::refusal::Refusal;
#[cfg(feature = "otlp-grpc")]
pub(crate) use self::success::export_success;
