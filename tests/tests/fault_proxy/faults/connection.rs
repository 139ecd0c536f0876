//! The faults of connections.

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
