//! The data of a span of `tracing`, from its creation to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::Context;
use opentelemetry::trace::{Event, Link, Status};

use super::creation_tracer::Origin;
use super::event::ConvertedEvent;
use super::span_ext::SpanChanges;
use super::span_fields::SpanFields;
use crate::record::BoxedRecord;

/// The data of a span of `tracing`, which the extensions of the span and threads share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<SpanState>,
    /// `true` once the span has ended, to be read without the lock.
    is_closed: AtomicBool,
}

/// A handle of the data of a span.
pub(super) type SharedState = Arc<Shared>;

/// The entry in the extensions of a span.
#[derive(Debug)]
pub(super) struct InExtensions(pub(super) SharedState);

/// The data of a span of `tracing`.
#[derive(Debug)]
pub(super) struct SpanState {
    pub(super) phase: Phase,
    pub(super) times: Times,
    /// `true` if the span has a shadow.
    pub(super) has_shadow: bool,
    /// `true` if the context of the span is known to have a frame.
    pub(super) has_frame: bool,
}

impl SpanState {
    pub(super) fn new(phase: Phase, created: SystemTime) -> Self {
        Self { phase, times: Times::new(created), has_shadow: false, has_frame: false }
    }
}

impl Default for SpanState {
    fn default() -> Self {
        Self::new(Phase::Closed, SystemTime::UNIX_EPOCH)
    }
}

impl From<SpanState> for Shared {
    fn from(state: SpanState) -> Self {
        Self { state: Mutex::new(state), is_closed: AtomicBool::new(false) }
    }
}

impl Shared {
    /// Locks the data. The caller runs no code of users meanwhile.
    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, SpanState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the data of a span that has ended.
    #[inline]
    pub(super) fn fill(&mut self, state: SpanState) {
        *self.state.get_mut().unwrap_or_else(PoisonError::into_inner) = state;
        *self.is_closed.get_mut() = false;
    }

    /// Returns `true` if the span has ended.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Notes that the span has ended.
    #[inline]
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Returns `true` if the span has not started, and has a shadow that may have changes.
    pub(super) fn has_changes(&self) -> bool {
        matches!(&self.lock().phase, Phase::Pending(pending) if pending.has_shadow)
    }
}

/// The phase of a span.
///
/// A span starts when it is first entered, used as a parent, or closed. Until then its parent can
/// change.
#[derive(Debug)]
pub(super) enum Phase {
    /// A span that has not started.
    Pending(PendingSpan),
    /// A span that starts on a thread, which holds the lock until the span has a context.
    Starting(StartingSpan),
    /// A span that has started, and is current in this context.
    Started(Context),
    /// A span that has ended.
    Closed,
}

/// The context of a span that starts on another thread.
pub(super) type StartingSpan = Arc<Mutex<Option<Context>>>;

/// Waits for a span that starts on another thread.
pub(super) fn wait_for(starting: &StartingSpan) -> Option<Context> {
    starting.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A span that has not started.
#[derive(Debug)]
pub(super) struct PendingSpan {
    /// The context of the span's parent.
    pub(super) cx: Context,
    pub(super) origin: Origin,
    /// Name, kind, start time, place and attributes.
    pub(super) record: BoxedRecord,
    /// Data that few spans have before they start.
    pub(super) extra: Option<Box<PendingExtra>>,
    /// `true` if a shadow collects changes of this span.
    pub(super) has_shadow: bool,
}

/// Data that few spans have before they start.
#[derive(Debug, Default)]
pub(super) struct PendingExtra {
    pub(super) events: Vec<Event>,
    pub(super) links: Vec<Link>,
    pub(super) status: Status,
}

impl PendingSpan {
    pub(super) fn extra(&mut self) -> &mut PendingExtra {
        self.extra.get_or_insert_default()
    }

    /// Records fields.
    pub(super) fn record(&mut self, mut fields: SpanFields) {
        self.record.prepared_attributes().append(&mut fields.attributes);
        if let Some(name) = fields.name {
            self.record.prepare_name(name);
        }
        if let Some(kind) = fields.kind {
            self.record.kind = kind;
        }
        if let Some(status) = fields.status {
            self.extra().status = status;
        }
    }

    /// Makes the changes that a shadow collected.
    pub(super) fn change(&mut self, changes: SpanChanges) {
        if let Some(parent) = changes.parent {
            if self.origin == Origin::Context {
                self.origin = Origin::of(&self.cx);
            }
            self.cx = parent;
        }
        self.record.prepared_attributes().extend(changes.attributes);
        if changes.status != Status::Unset {
            self.extra().status = changes.status;
        }
        if !changes.links.is_empty() || !changes.events.is_empty() {
            let extra = self.extra();
            extra.links.extend(changes.links);
            extra.events.extend(changes.events);
        }
    }

    /// Adds an event that names this span as its parent.
    pub(super) fn add_event(&mut self, event: ConvertedEvent) {
        let extra = self.extra.get_or_insert_default();
        if let Some(description) = event.changes.error
            && (!description.is_empty() || extra.status == Status::Unset)
        {
            extra.status = Status::error(description);
        }
        extra.events.push(Event::new(event.name, SystemTime::now(), event.attributes, 0));
        self.record.prepared_attributes().extend(event.changes.attributes);
    }
}

/// The times of a span.
#[derive(Debug)]
pub(super) struct Times {
    /// The time of the last change, once the span was entered.
    last: SystemTime,
    busy: Duration,
    /// The number of places that have entered the span.
    entered: u32,
    has_exited: bool,
}

impl Times {
    pub(super) fn new(created: SystemTime) -> Self {
        Self { last: created, busy: Duration::ZERO, entered: 0, has_exited: false }
    }

    /// Notes that the span is entered. Without a time, the busy time is not known.
    pub(super) fn enter(&mut self, now: impl FnOnce() -> Option<SystemTime>) {
        if self.entered == 0
            && let Some(now) = now()
        {
            self.last = now;
        }
        self.entered += 1;
    }

    /// Notes that the span is exited.
    pub(super) fn exit(&mut self, now: SystemTime) {
        self.entered = self.entered.saturating_sub(1);
        self.has_exited = true;
        if self.entered == 0 {
            // the clock may have been set back
            self.busy += now.duration_since(self.last).unwrap_or_default();
            self.last = now;
        }
    }

    /// Returns the time of the last exit.
    pub(super) fn end(&self) -> Option<SystemTime> {
        self.has_exited.then_some(self.last)
    }

    /// Returns the time that the span was entered.
    pub(super) fn busy(&self) -> Duration {
        self.busy
    }
}
