//! Unusual frames of HTTP/2.

use super::{Effect, TAKEN};

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

    pub(super) fn effect(self, is_grpc: bool) -> Effect {
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
            Self::ResetAfterHeaders => {
                if is_grpc {
                    Effect::Retried
                } else {
                    TAKEN
                }
            }
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
