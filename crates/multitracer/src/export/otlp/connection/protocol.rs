//! The protocol over a connection.

/// The protocol over a connection, which decides the versions of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Protocol {
    /// HTTP/1.1, or HTTP/2 if the TLS handshake chooses it.
    #[cfg(feature = "otlp-http")]
    Http,
    /// HTTP/2.
    #[cfg(feature = "otlp-grpc")]
    Grpc,
}

impl Protocol {
    pub(super) fn is_http2_only(self) -> bool {
        match self {
            #[cfg(feature = "otlp-http")]
            Self::Http => false,
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => true,
        }
    }
}
