//! The functions under test, written once for each contender.

pub(crate) mod by_hand;
pub(crate) mod fast;
pub(crate) mod ours;
pub(crate) mod plain;
pub(crate) mod polling;
pub(crate) mod with_tracing;
