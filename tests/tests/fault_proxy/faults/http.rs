//! Unusual responses over HTTP.

use super::{Effect, TAKEN};

/// The meaning of a response over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpFault {
    /// An error status without further words.
    Status(u16),
    /// 429 with a pause in seconds.
    ThrottledForASecond,
    /// 429 with a pause until a date.
    ThrottledUntilDate,
    /// 429 with a date in the past.
    ThrottledUntilPast,
    /// 429 with a pause that is neither seconds nor a date.
    ThrottledByNonsense,
    /// 429 with a number of seconds that fits no integer.
    ThrottledByOverflow,
    /// 429 with a pause of a day.
    ThrottledForEver,
    /// 503 with a pause in seconds.
    UnavailableForASecond,
    /// A redirect to the backend of another tracer.
    Redirect(u16),
    /// 200 with a web page.
    WebPage,
    /// 401 with a large body.
    LargeRefusal,
    /// 202 or 204 without a body.
    EmptySuccess(u16),
    /// 200 with an unexpected content type.
    WrongContentType,
    /// 200 with a body that claims to be gzip.
    BrokenGzip,
    /// 200 with a body that is not OTLP.
    NotOtlp,
    /// 200 with a body larger than the client reads.
    LargeBody,
    /// 200 with a larger header than the client reads.
    HugeHeader,
    /// 200 with this number of rejected spans.
    PartialSuccess(i64),
}

impl HttpFault {
    pub(crate) const ALL: [Self; 36] = [
        Self::Status(400),
        Self::Status(401),
        Self::Status(403),
        Self::Status(404),
        Self::Status(408),
        Self::Status(413),
        Self::Status(413),
        Self::Status(429),
        Self::Status(431),
        Self::Status(500),
        Self::Status(502),
        Self::Status(502),
        Self::Status(503),
        Self::Status(503),
        Self::Status(504),
        Self::Status(599),
        Self::ThrottledForASecond,
        Self::ThrottledUntilDate,
        Self::ThrottledUntilPast,
        Self::ThrottledByNonsense,
        Self::ThrottledByOverflow,
        Self::ThrottledForEver,
        Self::UnavailableForASecond,
        Self::Redirect(301),
        Self::Redirect(307),
        Self::WebPage,
        Self::LargeRefusal,
        Self::EmptySuccess(202),
        Self::EmptySuccess(204),
        Self::WrongContentType,
        Self::BrokenGzip,
        Self::NotOtlp,
        Self::LargeBody,
        Self::HugeHeader,
        Self::PartialSuccess(1),
        Self::PartialSuccess(i64::MAX),
    ];

    pub(super) fn effect(self) -> Effect {
        match self {
            Self::Status(413) => Effect::TooLarge,
            Self::Status(429 | 502..=504)
            | Self::ThrottledForASecond
            | Self::ThrottledUntilDate
            | Self::ThrottledUntilPast
            | Self::ThrottledByNonsense
            | Self::ThrottledByOverflow
            | Self::ThrottledForEver
            | Self::UnavailableForASecond
            | Self::HugeHeader => Effect::Retried,
            Self::Status(_) | Self::Redirect(_) | Self::WebPage | Self::LargeRefusal => Effect::Refused,
            Self::EmptySuccess(_)
            | Self::WrongContentType
            | Self::BrokenGzip
            | Self::NotOtlp
            | Self::LargeBody => TAKEN,
            Self::PartialSuccess(rejected) => Effect::Taken { rejected },
        }
    }
}
