//! The connections to backends, and the exchange of one request over them.

mod answer;
mod client;
mod dial;
mod dns;
mod host;
mod knock;
mod link;
mod slots;
mod upload;

pub(super) use self::answer::Answer;
#[cfg(feature = "otlp-grpc")]
pub(super) use self::answer::Cut;
pub(super) use self::dns::Lookups;
pub(super) use self::host::{Host, HostKey, Protocol};
#[cfg(feature = "otlp-grpc")]
pub(super) use self::link::SendError;
pub(super) use self::link::{Link, Post};
pub(super) use self::slots::Slots;
