//! Unusual bytes of HTTP/1.1.

use super::{Effect, TAKEN};

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

    pub(super) fn effect(self) -> Effect {
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
