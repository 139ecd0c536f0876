//! The kinds of faults, and their effects on the client's counts.

mod connection;
mod grpc;
mod http;
mod http1;
mod http2;

use std::time::Duration;

pub(crate) use self::connection::ConnectionFault;
pub(crate) use self::grpc::GrpcFault;
pub(crate) use self::http::HttpFault;
pub(crate) use self::http1::Http1Fault;
pub(crate) use self::http2::Http2Fault;

/// The pause of [`GrpcFault::RetryInfo`].
pub(crate) const RETRY_INFO: Duration = Duration::from_millis(400);

/// The effect of a request on the client's counts, by `docs/design.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The backend took the request and says so. It rejected this number of its spans.
    Taken { rejected: i64 },
    /// The backend refused the request for good.
    Refused,
    /// The backend took nothing that the client could know of. The client sends the request again.
    Retried,
    /// The request is too large. The client sends its halves.
    TooLarge,
    /// The backend took nothing. The client may give up or send the request again.
    NotTaken,
    /// The client may think that the backend took the request, or send it again.
    Unclear,
}

pub(crate) const TAKEN: Effect = Effect::Taken { rejected: 0 };

/// A fault of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestFault {
    /// The meaning of a response over HTTP.
    Http(HttpFault),
    /// The bytes of a response over HTTP/1.1.
    Http1(Http1Fault),
    /// The frames of a response over HTTP/2.
    Http2(Http2Fault),
    /// The meaning of a response over gRPC.
    Grpc(GrpcFault),
}

impl RequestFault {
    /// Returns the effect on the client's counts.
    pub(crate) fn effect(self, is_grpc: bool) -> Effect {
        match self {
            Self::Http(fault) => fault.effect(),
            Self::Http1(fault) => fault.effect(),
            Self::Http2(fault) => fault.effect(is_grpc),
            Self::Grpc(fault) => fault.effect(),
        }
    }

    /// Returns the pause that the response asks for, if its length is known.
    pub(crate) fn pause(self) -> Option<Duration> {
        match self {
            Self::Http(HttpFault::ThrottledForASecond | HttpFault::UnavailableForASecond) => {
                Some(Duration::from_secs(1))
            }
            Self::Grpc(GrpcFault::RetryInfo) => Some(RETRY_INFO),
            fault if fault.is_endless() => Some(Duration::from_secs(600)),
            _ => None,
        }
    }

    /// Returns `true` if the client may send nothing more for minutes.
    pub(crate) fn is_endless(self) -> bool {
        matches!(self, Self::Http(HttpFault::ThrottledForEver) | Self::Grpc(GrpcFault::RetryInfoForEver))
    }
}
