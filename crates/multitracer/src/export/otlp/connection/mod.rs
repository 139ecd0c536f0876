//! The connections to backends, and the exchange of one request over them.

mod answer;
mod client;
mod dns;
mod host;
mod link;

pub(super) use self::answer::Answer;
#[cfg(feature = "otlp-grpc")]
pub(super) use self::answer::Cut;
pub(super) use self::dns::Lookups;
pub(super) use self::host::{Host, HostKey, Protocol};
pub(super) use self::link::Link;
#[cfg(feature = "otlp-grpc")]
pub(super) use self::link::SendError;
