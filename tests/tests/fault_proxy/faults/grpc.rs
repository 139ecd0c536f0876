//! Unusual responses over gRPC.

use super::{Effect, TAKEN};

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

    pub(super) fn effect(self) -> Effect {
        match self {
            Self::Code(0)
            | Self::TrailersOnly(0)
            | Self::NoMessage
            | Self::LargeMessage
            | Self::WrongFlag
            | Self::TruncatedMessage
            | Self::NotOtlp => TAKEN,
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
            Self::PartialSuccess(rejected) => Effect::Taken { rejected },
        }
    }
}
