//! The kinds of faults.

use std::time::Duration;

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

/// A fault of a connection, from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionFault {
    /// The port refuses connections for a while.
    Refuse,
    /// The proxy closes the connection at once.
    CloseAtOnce,
    /// The proxy resets the connection at once.
    ResetAtOnce,
    /// The proxy reads nothing.
    NeverRead,
    /// The proxy sends garbage, and closes the connection.
    GarbageFirst,
    /// The connection closes in the middle of a request.
    CloseInRequest,
    /// The connection is reset in the middle of a request.
    ResetInRequest,
    /// The connection dies without a word in the middle of a request.
    DieInRequest,
    /// The connection closes in the middle of a response.
    CloseInResponse,
    /// The connection is reset in the middle of a response.
    ResetInResponse,
    /// The connection dies without a word in the middle of a response.
    DieInResponse,
    /// The direction to the client closes in the middle of a request.
    HalfClose,
    /// The bytes pass one by one.
    ByteByByte,
    /// The bytes pass late.
    Lag,
    /// Few bytes pass in a second.
    Narrow,
    /// The response arrives before the request. HTTP/1.1.
    AnswerFirst,
    /// HTTP/2: a GOAWAY before the first request.
    GoAwayAtOnce,
    /// HTTP/2: no stream is allowed.
    NoStreams,
    /// HTTP/2: one stream at a time is allowed.
    OneStream,
    /// HTTP/2: the window of a stream is 0, and never opens.
    NoWindow,
    /// HTTP/2: the windows are small.
    SmallWindow,
    /// HTTP/2: the settings of the client are never acknowledged.
    NoSettings,
    /// TLS: the certificate is for another name.
    WrongName,
    /// TLS: the certificate has expired.
    Expired,
    /// TLS: another authority issued the certificate.
    UnknownAuthority,
    /// TLS: the connection closes in the handshake.
    CloseInHandshake,
    /// TLS: the handshake stalls.
    StallInHandshake,
    /// TLS: no common protocol.
    WrongProtocol,
    /// TLS: the port speaks plain text.
    PlainText,
    /// TLS: the record after the handshake is garbage.
    GarbageRecord,
    /// Plain text: the port speaks TLS.
    TlsOnPlainPort,
}

impl ConnectionFault {
    pub(crate) const ALL: [Self; 16] = [
        Self::Refuse,
        Self::CloseAtOnce,
        Self::ResetAtOnce,
        Self::NeverRead,
        Self::GarbageFirst,
        Self::CloseInRequest,
        Self::ResetInRequest,
        Self::DieInRequest,
        Self::CloseInResponse,
        Self::ResetInResponse,
        Self::DieInResponse,
        Self::HalfClose,
        Self::ByteByByte,
        Self::Lag,
        Self::Narrow,
        Self::AnswerFirst,
    ];
    pub(crate) const HTTP2: [Self; 6] = [
        Self::GoAwayAtOnce,
        Self::NoStreams,
        Self::OneStream,
        Self::NoWindow,
        Self::SmallWindow,
        Self::NoSettings,
    ];
    pub(crate) const TLS: [Self; 8] = [
        Self::WrongName,
        Self::Expired,
        Self::UnknownAuthority,
        Self::CloseInHandshake,
        Self::StallInHandshake,
        Self::WrongProtocol,
        Self::PlainText,
        Self::GarbageRecord,
    ];
}

/// A fault of one request. `None` of [`Script`](crate::script::Script) is a healthy answer.
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
        matches!(
            self,
            Self::Http(HttpFault::ThrottledForEver) | Self::Grpc(GrpcFault::RetryInfoForEver)
        )
    }
}

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

    fn effect(self) -> Effect {
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

/// The bytes of a response over HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http1Fault {
    /// The response comes late, in time.
    Late,
    /// No response comes.
    NoAnswer,
    /// The connection closes without a response.
    Close,
    /// The connection is reset without a response.
    Reset,
    /// The direction to the client closes without a response.
    HalfClose,
    /// The response comes before the body is read.
    EarlyAnswer,
    /// A refusal comes before the body is read.
    EarlyRefusal,
    /// The response has no end of its head.
    TruncatedHead,
    /// The body is shorter than its length.
    TruncatedBody,
    /// The body is longer than its length.
    SurplusBody,
    /// The body never comes.
    StalledBody,
    /// The length is negative.
    NegativeLength,
    /// Two lengths differ.
    TwoLengths,
    /// The size of a chunk is not a number.
    BadChunk,
    /// The last chunk is missing.
    UnendedChunks,
    /// The head has too many headers.
    ManyHeaders,
    /// Garbage comes before the response.
    Garbage,
    /// The bytes come one by one.
    ByteByByte,
    /// `100 Continue` comes first.
    Continue,
    /// `103 Early Hints` comes first.
    EarlyHints,
    /// The response switches the protocol.
    SwitchProtocol,
    /// A second response follows that no request asked for.
    TwoAnswers,
    /// The response announces the close of the connection.
    ConnectionClose,
    /// The connection closes after the response, without a word.
    CloseAfterAnswer,
    /// The response is HTTP/1.0, without a length.
    Http10,
}

impl Http1Fault {
    pub(crate) const ALL: [Self; 25] = [
        Self::Late,
        Self::NoAnswer,
        Self::Close,
        Self::Reset,
        Self::HalfClose,
        Self::EarlyAnswer,
        Self::EarlyRefusal,
        Self::TruncatedHead,
        Self::TruncatedBody,
        Self::SurplusBody,
        Self::StalledBody,
        Self::NegativeLength,
        Self::TwoLengths,
        Self::BadChunk,
        Self::UnendedChunks,
        Self::ManyHeaders,
        Self::Garbage,
        Self::ByteByByte,
        Self::Continue,
        Self::EarlyHints,
        Self::SwitchProtocol,
        Self::TwoAnswers,
        Self::ConnectionClose,
        Self::CloseAfterAnswer,
        Self::Http10,
    ];

    fn effect(self) -> Effect {
        match self {
            Self::Late
            | Self::TruncatedBody
            | Self::SurplusBody
            | Self::BadChunk
            | Self::UnendedChunks
            | Self::ByteByByte
            | Self::Continue
            | Self::EarlyHints
            | Self::TwoAnswers
            | Self::ConnectionClose
            | Self::CloseAfterAnswer
            | Self::Http10 => TAKEN,
            Self::EarlyAnswer | Self::StalledBody => Effect::Unclear,
            Self::EarlyRefusal | Self::SwitchProtocol => Effect::NotTaken,
            Self::NoAnswer
            | Self::Close
            | Self::Reset
            | Self::HalfClose
            | Self::TruncatedHead
            | Self::NegativeLength
            | Self::TwoLengths
            | Self::ManyHeaders
            | Self::Garbage => Effect::Retried,
        }
    }
}

/// The frames of a response over HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http2Fault {
    /// The response comes late, in time.
    Late,
    /// No response comes.
    NoAnswer,
    /// The connection closes without a response.
    Close,
    /// The connection is reset without a response.
    ResetConnection,
    /// A GOAWAY says that the request was not processed.
    GoAway,
    /// A GOAWAY comes before the response.
    GoAwayThenAnswer,
    /// A GOAWAY with an error says that the request was not processed.
    GoAwayError,
    /// RST_STREAM with this code comes in place of a response.
    Reset(u32),
    /// RST_STREAM comes in place of the body.
    ResetAfterHeaders,
    /// RST_STREAM comes after the whole response.
    ResetAfterAnswer,
    /// Many pings come before the response.
    PingFlood,
    /// Many settings come before the response.
    SettingsFlood,
    /// Frames of an unknown type come before the response.
    UnknownFrames,
    /// No further stream is allowed.
    NoMoreStreams,
    /// The window of further streams is 0.
    NoMoreWindow,
    /// The body comes in many small frames with padding.
    SmallFrames,
    /// The headers come in two frames.
    SplitHeaders,
    /// The headers never end.
    ContinuationFlood,
    /// The block of headers is garbage.
    BadHeaderBlock,
    /// A frame is larger than allowed.
    LargeFrame,
    /// The body comes before the headers.
    BodyFirst,
    /// The server pushes a response.
    Push,
    /// The window overflows.
    WindowOverflow,
    /// The window grows by 0.
    WindowByZero,
    /// A setting has a forbidden value.
    BadSetting,
    /// The response is HTTP/1.1.
    Http1,
    /// The response has no status.
    NoStatus,
}

impl Http2Fault {
    pub(crate) const ALL: [Self; 33] = [
        Self::Late,
        Self::NoAnswer,
        Self::Close,
        Self::ResetConnection,
        Self::GoAway,
        Self::GoAwayThenAnswer,
        Self::GoAwayError,
        Self::Reset(0),
        Self::Reset(1),
        Self::Reset(2),
        Self::Reset(7),
        Self::Reset(8),
        Self::Reset(11),
        Self::Reset(99),
        Self::ResetAfterHeaders,
        Self::ResetAfterAnswer,
        Self::PingFlood,
        Self::SettingsFlood,
        Self::UnknownFrames,
        Self::NoMoreStreams,
        Self::NoMoreWindow,
        Self::SmallFrames,
        Self::SplitHeaders,
        Self::ContinuationFlood,
        Self::BadHeaderBlock,
        Self::LargeFrame,
        Self::BodyFirst,
        Self::Push,
        Self::WindowOverflow,
        Self::WindowByZero,
        Self::BadSetting,
        Self::Http1,
        Self::NoStatus,
    ];

    fn effect(self, is_grpc: bool) -> Effect {
        match self {
            Self::Late
            | Self::GoAwayThenAnswer
            | Self::PingFlood
            | Self::SettingsFlood
            | Self::UnknownFrames
            | Self::NoMoreStreams
            | Self::NoMoreWindow
            | Self::SmallFrames
            | Self::SplitHeaders => TAKEN,
            // the status of HTTP promises that the backend took the spans; gRPC's comes last
            Self::ResetAfterHeaders if is_grpc => Effect::Retried,
            Self::ResetAfterHeaders => TAKEN,
            Self::ResetAfterAnswer | Self::NoStatus => Effect::Unclear,
            Self::NoAnswer
            | Self::Close
            | Self::ResetConnection
            | Self::GoAway
            | Self::GoAwayError
            | Self::Reset(_)
            | Self::ContinuationFlood
            | Self::BadHeaderBlock
            | Self::LargeFrame
            | Self::BodyFirst
            | Self::Push
            | Self::WindowOverflow
            | Self::WindowByZero
            | Self::BadSetting
            | Self::Http1 => Effect::Retried,
        }
    }
}

/// The meaning of a response over gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrpcFault {
    /// This code, in trailers.
    Code(u8),
    /// This code, in the headers.
    TrailersOnly(u8),
    /// A code that is no number.
    NonsenseCode,
    /// `RESOURCE_EXHAUSTED` with a pause.
    RetryInfo,
    /// `UNAVAILABLE` with a pause of a day.
    RetryInfoForEver,
    /// `UNAVAILABLE` with a negative pause.
    NegativeRetryInfo,
    /// `UNAVAILABLE` with details that are not base64.
    BrokenDetails,
    /// `UNAVAILABLE` with a message that is not UTF-8.
    BrokenMessage,
    /// `RESOURCE_EXHAUSTED` because of the size.
    TooLarge,
    /// Trailers without a code.
    NoCode,
    /// A body without trailers.
    NoTrailers,
    /// `OK` without a message.
    NoMessage,
    /// A message larger than the client reads.
    LargeMessage,
    /// A message that claims to be compressed.
    WrongFlag,
    /// A message that is shorter than its length.
    TruncatedMessage,
    /// A message that is not OTLP.
    NotOtlp,
    /// This HTTP status with a web page.
    Http(u16),
    /// A larger header than the client reads.
    HugeHeader,
    /// `OK` with this number of rejected spans.
    PartialSuccess(i64),
}

impl GrpcFault {
    pub(crate) const ALL: [Self; 42] = [
        Self::Code(1),
        Self::Code(2),
        Self::Code(3),
        Self::Code(4),
        Self::Code(5),
        Self::Code(6),
        Self::Code(7),
        Self::Code(8),
        Self::Code(9),
        Self::Code(10),
        Self::Code(11),
        Self::Code(12),
        Self::Code(13),
        Self::Code(14),
        Self::Code(15),
        Self::Code(16),
        Self::Code(99),
        Self::TrailersOnly(0),
        Self::TrailersOnly(3),
        Self::TrailersOnly(14),
        Self::NonsenseCode,
        Self::RetryInfo,
        Self::RetryInfoForEver,
        Self::NegativeRetryInfo,
        Self::BrokenDetails,
        Self::BrokenMessage,
        Self::TooLarge,
        Self::TooLarge,
        Self::NoCode,
        Self::NoTrailers,
        Self::NoMessage,
        Self::LargeMessage,
        Self::WrongFlag,
        Self::TruncatedMessage,
        Self::NotOtlp,
        Self::Http(200),
        Self::Http(404),
        Self::Http(413),
        Self::Http(502),
        Self::HugeHeader,
        Self::PartialSuccess(2),
        Self::PartialSuccess(-7),
    ];

    fn effect(self) -> Effect {
        match self {
            Self::Code(0) | Self::TrailersOnly(0) => TAKEN,
            Self::Code(code) | Self::TrailersOnly(code) => match code {
                1 | 4 | 10 | 11 | 14 | 15 => Effect::Retried,
                _ => Effect::Refused,
            },
            Self::NonsenseCode | Self::Http(200 | 404) => Effect::Refused,
            Self::TooLarge | Self::Http(413) => Effect::TooLarge,
            Self::RetryInfo
            | Self::RetryInfoForEver
            | Self::NegativeRetryInfo
            | Self::BrokenDetails
            | Self::BrokenMessage
            | Self::NoCode
            | Self::NoTrailers
            | Self::HugeHeader
            | Self::Http(_) => Effect::Retried,
            Self::NoMessage | Self::LargeMessage | Self::WrongFlag | Self::TruncatedMessage | Self::NotOtlp => TAKEN,
            Self::PartialSuccess(rejected) => Effect::Taken { rejected },
        }
    }
}
