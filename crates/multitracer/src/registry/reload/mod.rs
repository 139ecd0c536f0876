//! Reloads of a registry that is in use.

pub(super) mod changes;
pub(super) mod draining;
mod replace;
#[cfg(feature = "watch")]
pub(super) mod watch;
