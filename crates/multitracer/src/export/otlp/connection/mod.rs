//! The connections to backends, and the exchange of one request over them.

mod answer;
mod client;
mod connector;
mod dial;
mod dns;
mod host;
mod knock;
mod link;
mod monitored;
mod protocol;
mod slots;
mod socket;
mod upload;

pub(crate) use self::answer::Answer;
#[cfg(feature = "otlp-grpc")]
pub(crate) use self::answer::Cut;
pub(crate) use self::dns::Lookups;
pub(super) use self::host::{Host, HostKey};
#[cfg(feature = "otlp-grpc")]
pub(super) use self::link::SendError;
pub(super) use self::link::{Link, Post};
#[cfg(feature = "probe")]
pub(crate) use self::monitored::{Monitored, ReadFailure};
pub(super) use self::protocol::Protocol;
pub(super) use self::slots::Slots;
#[cfg(feature = "probe")]
pub(crate) use self::socket::Socket;
