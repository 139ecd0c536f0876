//! The span that tracing-opentelemetry holds for a span of `tracing`.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanContext, Status};

use super::delivery::{Delivery, DeliveryNumber};
use super::dispatched_span::DispatchedSpan;
use super::event::{ConvertedEvent, SpanChanges};
use crate::tracer::LibrarySpan;

/// A [`DispatchedSpan`] that gives back an event whose target is another span.
///
/// tracing-opentelemetry adds an event in up to three calls: it sets the status, then the
/// attributes of an exception, then it adds the event. The first two look like changes that the
/// application makes. Therefore the span holds them until the third call decides.
#[derive(Debug)]
pub(super) struct LayerSpan {
    span: DispatchedSpan,
    held: Option<Box<Held>>,
}

/// Changes that belong to an event of another span, if that event follows.
#[derive(Debug)]
struct Held {
    delivery: DeliveryNumber,
    changes: SpanChanges,
}

impl LayerSpan {
    pub(super) fn new(span: LibrarySpan) -> Self {
        Self { span: DispatchedSpan::new(span), held: None }
    }

    fn delivery_elsewhere(&self) -> Option<DeliveryNumber> {
        Delivery::elsewhere(self.span.span_context().span_id())
    }

    /// Returns the changes that are held for `delivery`.
    fn hold(&mut self, delivery: DeliveryNumber) -> &mut SpanChanges {
        if self.held.as_ref().is_some_and(|held| held.delivery != delivery) {
            self.make_held_changes();
        }
        let held =
            self.held.get_or_insert_with(|| Box::new(Held { delivery, changes: SpanChanges::default() }));
        &mut held.changes
    }

    /// Makes the held changes to this span, because no event followed them.
    fn make_held_changes(&mut self) {
        let Some(held) = self.held.take() else { return };
        if let Some(description) = held.changes.error {
            self.span.set_status(Status::error(description));
        }
        self.span.set_attributes(held.changes.attributes);
    }
}

impl Span for LayerSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if is_from_tracing(&attributes) {
            if let Some(delivery) = self.delivery_elsewhere() {
                let changes = std::mem::take(self.hold(delivery));
                self.held = None;
                return Delivery::give_back(ConvertedEvent { name: name.into(), attributes, changes });
            }
            Delivery::delivered();
        }
        self.span.add_event_with_timestamp(name, timestamp, attributes);
    }

    fn span_context(&self) -> &SpanContext {
        self.span.span_context()
    }

    fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if attribute.key.as_str().starts_with("exception.")
            && let Some(delivery) = self.delivery_elsewhere()
        {
            self.hold(delivery).attributes.push(attribute);
        } else {
            self.span.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        match (status, self.delivery_elsewhere()) {
            (Status::Error { description }, Some(delivery)) => self.hold(delivery).error = Some(description),
            (status, _) => {
                self.make_held_changes();
                self.span.set_status(status);
            }
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.span.update_name(name);
    }

    fn add_link(&mut self, linked: SpanContext, attributes: Vec<KeyValue>) {
        self.span.add_link(linked, attributes);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.make_held_changes();
        self.span.end_with_timestamp(timestamp);
    }
}

/// Returns `true` for the attributes of an event of `tracing`, as tracing-opentelemetry makes them.
fn is_from_tracing(attributes: &[KeyValue]) -> bool {
    matches!(attributes, [level, target, ..] if level.key.as_str() == "level" && target.key.as_str() == "target")
}
