//! The response to a probe, and the outcome that it means.

use tonic::Code;

use super::outcome::{ProbeOutcome, ProbeStep};
use super::request::{ProbeRequest, Protocol};
use crate::export::client::{
    Answer, ErrorRedactor, HttpResponse, export_success, grpc_refusal, grpc_response, grpc_status,
};

/// Size below which an unreadable body is taken for a plain text such as `ok`.
const MAX_SHORT_BODY_BYTES: usize = 64;

/// Returns the outcome of a probe.
pub(super) fn outcome(answer: &Answer, request: &ProbeRequest) -> ProbeOutcome {
    let redactor = &request.redactor;
    match request.protocol {
        Protocol::Grpc if answer.parts.status.is_success() => grpc_outcome(answer, redactor),
        Protocol::Grpc | Protocol::Http => http_outcome(answer, redactor),
    }
}

fn http_outcome(answer: &Answer, redactor: &ErrorRedactor) -> ProbeOutcome {
    let Answer { parts, body, cut, .. } = answer;
    match (HttpResponse::read(parts, body, redactor), cut) {
        // the status says enough, also without the end of the body
        (HttpResponse::Refused(refusal), _) => ProbeOutcome::from_refusal(refusal),
        (HttpResponse::Accepted(_) | HttpResponse::Unreadable, Some(cut)) => {
            ProbeOutcome::unreachable(ProbeStep::Http, cut.message(redactor))
        }
        (HttpResponse::Accepted(success), None) => ProbeOutcome::from_success(success),
        // some backends accept spans and respond with `ok`
        (HttpResponse::Unreadable, None) if body.len() < MAX_SHORT_BODY_BYTES => ProbeOutcome::Delivered,
        (HttpResponse::Unreadable | HttpResponse::WebPage, _) => {
            let status = parts.status;
            let error = format!("the response {status} is not an OTLP response; is the path right?");
            ProbeOutcome::unreachable(ProbeStep::Http, error)
        }
    }
}

fn grpc_outcome(answer: &Answer, redactor: &ErrorRedactor) -> ProbeOutcome {
    match (grpc_status(&answer.trailers, &answer.parts.headers), &answer.cut) {
        (Some(status), _) if status.code() == Code::Ok => ProbeOutcome::from_success(export_success(
            grpc_response(&answer.body).unwrap_or_default(),
            redactor,
        )),
        (Some(status), _) => ProbeOutcome::from_refusal(grpc_refusal(&status, redactor)),
        (None, Some(cut)) => ProbeOutcome::unreachable(ProbeStep::Http, cut.message(redactor)),
        (None, None) => ProbeOutcome::unreachable(ProbeStep::Http, "the response is not a gRPC response"),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::CONTENT_TYPE;
    use opentelemetry_sdk::Resource;

    use super::*;
    use crate::config::Secret;

    fn outcome(status: u16, content_type: &str, body: &'static str) -> Option<ProbeOutcome> {
        // `user:pass:word`
        let headers = [("authorization".to_owned(), Secret::new("Basic dXNlcjpwYXNzOndvcmQ="))];
        let redactor = ErrorRedactor::new(&headers, "", &Resource::builder_empty().build());
        let response = http::Response::builder().status(status).header(CONTENT_TYPE, content_type).body(());
        let parts = response.ok()?.into_parts().0;
        let answer = Answer { parts, trailers: HeaderMap::new(), body: body.into(), cut: None };
        Some(http_outcome(&answer, &redactor))
    }

    #[test]
    fn rejected_spans_may_be_a_string() {
        let body = r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}"#;
        let partial = ProbeOutcome::Partial { rejected: 3, message: "no".to_owned() };
        assert_eq!(outcome(200, "application/json", body), Some(partial));
    }

    #[test]
    fn decoded_basic_credentials_are_redacted() {
        let found = outcome(403, "application/json", r#"{"message":"user has no key pass:word"}"#);
        let message = "[REDACTED] has no key [REDACTED]".to_owned();
        assert_eq!(found, Some(ProbeOutcome::Refused { status: "403 Forbidden".to_owned(), message }));
    }

    #[test]
    fn a_short_text_means_delivered_and_a_web_page_does_not() {
        assert_eq!(outcome(200, "text/plain", "ok"), Some(ProbeOutcome::Delivered));
        let page = outcome(200, "text/html", "<html>");
        assert!(matches!(page, Some(ProbeOutcome::Unreachable { step: ProbeStep::Http, .. })), "{page:?}");
    }
}
