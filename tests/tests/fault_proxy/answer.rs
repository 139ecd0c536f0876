//! Responses, without the bytes that carry them.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;

use crate::faults::{GrpcFault, HttpFault, RETRY_INFO};

/// More than a client reads of a body.
const LARGE: usize = 1_300_000;

/// A response over HTTP or gRPC.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// `None` if the body has no trailers.
    pub(crate) trailers: Option<Vec<(&'static str, String)>>,
}

impl Answer {
    fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, body: body.into(), trailers: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Returns a success over HTTP, for a request of this content type.
    pub(crate) fn http_success(content_type: &str) -> Self {
        let body: &[u8] = if content_type.contains("json") { b"{}" } else { b"" };
        Self::new(200, content_type, body)
    }

    /// Returns a success over gRPC.
    pub(crate) fn grpc_success() -> Self {
        Self::grpc(0, &[0; 5])
    }

    fn grpc(code: u8, body: &[u8]) -> Self {
        let trailers = Some(vec![("grpc-status", code.to_string()), ("grpc-message", "told to".to_owned())]);
        Self { trailers, ..Self::new(200, "application/grpc", body) }
    }

    fn with_trailer(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let trailers = self.trailers.get_or_insert_default();
        trailers.retain(|(other, _)| *other != name);
        trailers.push((name, value.into()));
        self
    }

    /// Moves the trailers into the headers, without a body.
    fn trailers_only(mut self) -> Self {
        self.headers.extend(self.trailers.take().unwrap_or_default());
        self.body.clear();
        self
    }
}

impl HttpFault {
    /// Returns the response to a request of this content type. A redirect leads to `elsewhere`.
    pub(crate) fn answer(self, content_type: &str, elsewhere: &str) -> Answer {
        let ok = || Answer::http_success(content_type);
        let text = |status| Answer::new(status, "text/plain", "told to");
        let date = |ahead: Duration| {
            httpdate::fmt_http_date(if ahead.is_zero() {
                SystemTime::UNIX_EPOCH
            } else {
                SystemTime::now() + ahead
            })
        };
        match self {
            Self::Status(status) => text(status),
            Self::ThrottledForASecond => text(429).with("retry-after", "1"),
            Self::ThrottledUntilDate => text(429).with("retry-after", date(Duration::from_secs(1))),
            Self::ThrottledUntilPast => text(429).with("retry-after", date(Duration::ZERO)),
            Self::ThrottledByNonsense => text(429).with("retry-after", "soon, perhaps"),
            Self::ThrottledByOverflow => text(429).with("retry-after", "99999999999999999999999"),
            Self::ThrottledForEver => text(429).with("retry-after", "86400"),
            Self::UnavailableForASecond => text(503).with("retry-after", "1"),
            Self::Redirect(status) => text(status).with("location", elsewhere),
            Self::WebPage => Answer::new(200, "text/html", "<html>Please log in</html>"),
            Self::LargeRefusal => Answer::new(401, "text/plain", vec![b'x'; LARGE]),
            Self::EmptySuccess(status) => {
                Answer { status, headers: Vec::new(), body: Vec::new(), trailers: None }
            }
            Self::WrongContentType => {
                Answer { headers: vec![("content-type", "image/png".to_owned())], ..ok() }
            }
            Self::BrokenGzip => {
                Answer { body: vec![0x1f, 0x8b, 8, 0, 1, 2, 3], ..ok() }.with("content-encoding", "gzip")
            }
            Self::NotOtlp => Answer { body: b"\xff\xfe garbage".to_vec(), ..ok() },
            Self::LargeBody => Answer { body: vec![b' '; LARGE], ..ok() },
            Self::HugeHeader => ok().with("x-huge", "x".repeat(LARGE)),
            Self::PartialSuccess(rejected) if content_type.contains("json") => {
                let partial =
                    format!(r#"{{"partialSuccess":{{"rejectedSpans":"{rejected}","errorMessage":"no"}}}}"#);
                Answer { body: partial.into(), ..ok() }
            }
            Self::PartialSuccess(rejected) => Answer { body: partial_success(rejected), ..ok() },
        }
    }
}

impl GrpcFault {
    /// Returns the response to a request.
    pub(crate) fn answer(self) -> Answer {
        let ok = Answer::grpc_success;
        let code = |code| Answer::grpc(code, b"");
        match self {
            Self::Code(number) => code(number),
            Self::TrailersOnly(number) => code(number).trailers_only(),
            Self::NonsenseCode => code(0).with_trailer("grpc-status", "well"),
            Self::RetryInfo => code(8)
                .with_trailer("grpc-status-details-bin", retry_info(0, RETRY_INFO.subsec_nanos() as i32)),
            Self::RetryInfoForEver => code(14).with_trailer("grpc-status-details-bin", retry_info(86_400, 0)),
            Self::NegativeRetryInfo => code(14).with_trailer("grpc-status-details-bin", retry_info(-1, -1)),
            Self::BrokenDetails => code(14).with_trailer("grpc-status-details-bin", "!!! no base64 !!!"),
            Self::BrokenMessage => code(14).with_trailer("grpc-message", "%FF%zz"),
            Self::TooLarge => {
                code(8).with_trailer("grpc-message", "received message larger than max (9 vs. 4)")
            }
            Self::NoCode => Answer { trailers: Some(vec![("x-other", "1".to_owned())]), ..ok() },
            Self::NoTrailers => Answer { trailers: None, ..ok() },
            Self::NoMessage => code(0),
            Self::LargeMessage => {
                let mut body = vec![0];
                body.extend((LARGE as u32).to_be_bytes());
                body.resize(5 + LARGE, b' ');
                Answer { body, ..ok() }
            }
            Self::WrongFlag => Answer { body: b"\x01\0\0\0\x04abcd".to_vec(), ..ok() },
            Self::TruncatedMessage => Answer { body: b"\0\0\0\0\x64abc".to_vec(), ..ok() },
            Self::NotOtlp => Answer { body: b"\0\0\0\0\x04\xff\xff\xff\xff".to_vec(), ..ok() },
            Self::Http(status) => Answer::new(status, "text/html", "<html>gateway</html>"),
            Self::HugeHeader => ok().with("x-huge", "x".repeat(100_000)),
            Self::PartialSuccess(rejected) => {
                let message = partial_success(rejected);
                let mut body = vec![0, 0, 0, 0, message.len() as u8];
                body.extend(message);
                Answer { body, ..ok() }
            }
        }
    }
}

fn partial_success(rejected_spans: i64) -> Vec<u8> {
    let partial = ExportTracePartialSuccess { rejected_spans, error_message: "no".to_owned() };
    ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
}

/// Returns the header with the details of a status that ask for a pause.
fn retry_info(seconds: i64, nanos: i32) -> String {
    #[derive(Clone, PartialEq, prost::Message)]
    struct Status {
        #[prost(message, repeated, tag = "3")]
        details: Vec<Any>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct Any {
        #[prost(string, tag = "1")]
        type_url: String,
        #[prost(message, optional, tag = "2")]
        value: Option<RetryInfo>,
    }
    #[derive(Clone, Copy, PartialEq, prost::Message)]
    struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        delay: Option<Delay>,
    }
    #[derive(Clone, Copy, PartialEq, prost::Message)]
    struct Delay {
        #[prost(int64, tag = "1")]
        seconds: i64,
        #[prost(int32, tag = "2")]
        nanos: i32,
    }
    let value = Some(RetryInfo { delay: Some(Delay { seconds, nanos }) });
    let any = Any { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value };
    STANDARD.encode(Status { details: vec![any] }.encode_to_vec())
}
