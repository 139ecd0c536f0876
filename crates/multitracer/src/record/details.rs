//! The data that few spans have.

use opentelemetry::trace::{Status, TraceState};
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

/// The data that few spans have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub(crate) trace_state: TraceState,
    pub(crate) events: SpanEvents,
    pub(crate) links: SpanLinks,
    pub(crate) status: Status,
}
