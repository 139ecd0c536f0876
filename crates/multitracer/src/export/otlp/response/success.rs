//! The partial success in OTLP's response message.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;

use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::outcome::ExportSuccess;

/// Returns the success that a response describes, with 0 for the bytes of the request.
pub(crate) fn export_success(
    response: ExportTraceServiceResponse,
    redactor: &ErrorRedactor,
) -> ExportSuccess {
    let partial = response.partial_success.unwrap_or_default();
    ExportSuccess {
        rejected: usize::try_from(partial.rejected_spans).unwrap_or(0),
        message: (!partial.error_message.is_empty()).then(|| redactor.clean(&partial.error_message)),
        bytes: 0,
    }
}
