//! The delivery of a `tracing` event to its target span.

use std::cell::{Cell, RefCell};

use opentelemetry::trace::SpanId;
use tracing::Event;

use super::event::ConvertedEvent;

/// Maximum number of deliveries of one thread. The oldest are those of events that panicked.
const MAX_DELIVERIES: usize = 64;

thread_local! {
    /// The deliveries of this thread. The innermost is last.
    ///
    /// A value's `Debug` can log, so an event can occur while another is recorded. If `Debug`
    /// panics, its event stays here; [`Delivery::begin`] and [`Delivery::end`] remove it later.
    static DELIVERIES: RefCell<Vec<Delivery>> = const { RefCell::new(Vec::new()) };
    static NEXT_NUMBER: Cell<u64> = const { Cell::new(0) };
}

/// The delivery of one event.
///
/// tracing-opentelemetry adds every event to the current span of `tracing`. The innermost span may
/// be unknown to `tracing`. Then that span is the target, and spans of `tracing` give the event
/// back to the delivery.
#[derive(Debug)]
pub(super) struct Delivery {
    number: DeliveryNumber,
    /// The place of the event in memory, which no other event has at the same time.
    event: usize,
    /// The span that gets the event. An invalid identifier means that no span gets it, `None` that
    /// every span accepts it.
    target: Option<SpanId>,
    progress: Progress,
}

/// The number of a delivery in its thread, which is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DeliveryNumber(u64);

/// The work of tracing-opentelemetry for an event.
#[derive(Debug)]
enum Progress {
    /// No span of `tracing` has received the event.
    Open,
    /// The target has received the event.
    Delivered,
    /// Another span has received the event, and has given it back.
    Returned(ConvertedEvent),
}

/// The work that remains at the end of a delivery.
#[derive(Debug)]
pub(super) enum Remaining {
    Nothing,
    /// The event is to be recorded on the current span.
    Record,
    /// The event is to be added to the current span.
    Add(ConvertedEvent),
}

impl Delivery {
    /// Starts the delivery of an event. Without a target, every span accepts the event.
    pub(super) fn begin(event: &Event<'_>, target: Option<SpanId>) {
        let number = DeliveryNumber(NEXT_NUMBER.get());
        NEXT_NUMBER.set(number.0 + 1);
        let delivery = Self { number, event: place(event), target, progress: Progress::Open };
        with_deliveries(|deliveries| {
            deliveries.retain(|other| other.event != delivery.event);
            if deliveries.len() >= MAX_DELIVERIES {
                deliveries.remove(0);
            }
            deliveries.push(delivery);
        });
    }

    /// Ends the delivery of an event, and those of events inside it that panicked.
    pub(super) fn end(event: &Event<'_>) -> Remaining {
        let place = place(event);
        let ended = with_deliveries(|deliveries| {
            let at = deliveries.iter().rposition(|delivery| delivery.event == place)?;
            let mut ended = deliveries.drain(at..);
            let delivery = ended.next()?;
            // the innermost delivery notes the progress, also if it is left over from a panic
            Some(match ended.next_back() {
                Some(innermost) => Self { progress: innermost.progress, ..delivery },
                None => delivery,
            })
        });
        match ended.flatten() {
            None | Some(Self { target: None | Some(SpanId::INVALID), .. }) => Remaining::Nothing,
            Some(delivery) => match delivery.progress {
                Progress::Open => Remaining::Record,
                Progress::Delivered => Remaining::Nothing,
                Progress::Returned(event) => Remaining::Add(event),
            },
        }
    }

    /// Returns the innermost delivery if its target is another span than `span`.
    pub(super) fn elsewhere(span: SpanId) -> Option<DeliveryNumber> {
        with_deliveries(|deliveries| {
            let innermost = deliveries.last()?;
            (innermost.target? != span).then_some(innermost.number)
        })?
    }

    /// Notes that the target of the innermost delivery has received the event.
    pub(super) fn delivered() {
        with_deliveries(|deliveries| {
            if let Some(innermost) = deliveries.last_mut() {
                innermost.progress = Progress::Delivered;
            }
        });
    }

    /// Gives an event back to the innermost delivery.
    pub(super) fn give_back(event: ConvertedEvent) {
        with_deliveries(|deliveries| {
            if let Some(innermost) = deliveries.last_mut() {
                innermost.progress = Progress::Returned(event);
            }
        });
    }
}

/// Calls `f` with the deliveries of this thread, unless the thread ends.
fn with_deliveries<R>(f: impl FnOnce(&mut Vec<Delivery>) -> R) -> Option<R> {
    DELIVERIES
        .try_with(|deliveries| deliveries.try_borrow_mut().ok().map(|mut deliveries| f(&mut deliveries)))
        .ok()?
}

fn place(event: &Event<'_>) -> usize {
    std::ptr::from_ref(event).addr()
}
