//! The set-ups of the contenders, all with the same queue and an exporter that counts.

pub(crate) mod exporter;
pub(crate) mod fast;
pub(crate) mod otlp;
pub(crate) mod ours;
pub(crate) mod sdk;
pub(crate) mod web;
pub(crate) mod with_tracing;

/// The size of a queue, which is larger than the number of spans in a turn.
pub(crate) const QUEUE: usize = 100_000;
