//! The delivery of a `tracing` event to its target span.

use std::cell::Cell;

use opentelemetry::trace::SpanId;

thread_local! {
    static CURRENT: Cell<Option<EventDelivery>> = const { Cell::new(None) };
}

/// The event that this thread delivers at the moment.
///
/// tracing-opentelemetry adds every event to the current span of `tracing`. The innermost span may
/// be unknown to `tracing`. Then that span is the target, and spans of `tracing` ignore the event.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventDelivery {
    /// The span that gets the event. An invalid identifier means that no span gets it.
    pub(super) target: SpanId,
    /// `true` if tracing-opentelemetry added the event to the target.
    pub(super) is_delivered: bool,
}

impl EventDelivery {
    /// Starts the delivery of an event. Without a target, every span accepts the event.
    pub(super) fn begin(target: Option<SpanId>) {
        CURRENT.set(target.map(|target| Self { target, is_delivered: false }));
    }

    /// Ends the delivery and returns its outcome, if the event had a target.
    pub(super) fn end() -> Option<Self> {
        CURRENT.take()
    }

    /// Returns `true` if `span` accepts the change that tracing-opentelemetry makes to it now.
    ///
    /// Outside a delivery, every span accepts changes.
    pub(super) fn is_for(span: SpanId) -> bool {
        match CURRENT.get() {
            None => true,
            Some(delivery) if delivery.target == span => {
                CURRENT.set(Some(Self { is_delivered: true, ..delivery }));
                true
            }
            Some(_) => false,
        }
    }
}
