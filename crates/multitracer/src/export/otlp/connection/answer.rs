//! The response to one request, read within limits.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::otlp::transport::{MAX_RESPONSE_BYTES, error_chain};
use crate::export::outcome::ExportSuccess;

/// Time limit for the body of a refusal, which only explains the status.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);

/// A response, which may lack the end of its body.
pub(crate) struct Answer {
    pub(crate) parts: Parts,
    /// At most [`MAX_RESPONSE_BYTES`] of the body.
    pub(crate) body: Bytes,
    #[cfg_attr(not(feature = "otlp-grpc"), expect(dead_code, reason = "only gRPC has trailers"))]
    pub(crate) trailers: HeaderMap,
    /// The reason for which the end of the body is missing.
    pub(crate) cut: Option<Cut>,
}

/// The reason for which the end of a body is missing.
#[derive(Debug)]
pub(crate) enum Cut {
    /// The body is larger than [`MAX_RESPONSE_BYTES`].
    TooLarge,
    TimedOut,
    /// The status refuses the request, and the body takes longer than [`REFUSAL_TIMEOUT`].
    Refused,
    /// The connection failed. Holds the cause, which may hold a credential.
    Broken(String),
}

impl Cut {
    /// Returns the reason in words, without a credential.
    pub(crate) fn message(&self, redactor: &ErrorRedactor) -> String {
        match self {
            Self::TooLarge => "the backend's response is too large to read".to_owned(),
            Self::TimedOut | Self::Refused => "the backend's response did not end in time".to_owned(),
            Self::Broken(error) => redactor.clean(&format!("the backend's response broke off: {error}")),
        }
    }
}

impl Answer {
    /// Reads the body until its end, a limit or `deadline`.
    pub(crate) async fn read<B>(response: Response<B>, deadline: Instant) -> Self
    where
        B: BodyExt<Data = Bytes> + Unpin,
        B::Error: Error + 'static,
    {
        let (parts, mut incoming) = response.into_parts();
        // a refusal over gRPC without a message has its status in the headers
        let is_refusal = !parts.status.is_success() || parts.headers.contains_key("grpc-status");
        let limit = Instant::now() + REFUSAL_TIMEOUT;
        let (deadline, late) = match is_refusal && limit < deadline {
            true => (limit, Cut::Refused),
            false => (deadline, Cut::TimedOut),
        };
        let (mut body, mut trailers) = (BytesMut::new(), HeaderMap::new());
        let cut = loop {
            let frame = match timeout_at(deadline, incoming.frame()).await {
                Err(_) => break Some(late),
                Ok(None) => break None,
                Ok(Some(Err(error))) => break Some(Cut::Broken(error_chain(&error))),
                Ok(Some(Ok(frame))) => frame,
            };
            match frame.into_data() {
                Ok(data) if body.len() + data.len() > MAX_RESPONSE_BYTES => {
                    body.extend_from_slice(&data[..MAX_RESPONSE_BYTES - body.len()]);
                    break Some(Cut::TooLarge);
                }
                Ok(data) => body.extend_from_slice(&data),
                Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
            }
        };
        Self { parts, body: body.freeze(), trailers, cut }
    }

    /// Returns the success of a request of `bytes` bytes that the backend took, although the body
    /// of its response is unreadable.
    pub(crate) fn taken(&self, bytes: usize, redactor: &ErrorRedactor) -> ExportSuccess {
        let message = match &self.cut {
            None => "the backend's response is not OTLP".to_owned(),
            Some(cut) => cut.message(redactor),
        };
        ExportSuccess { message: Some(message), bytes, ..ExportSuccess::default() }
    }
}
