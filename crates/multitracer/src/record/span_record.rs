//! The data of a span, from its start to its export.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};

#[cfg(feature = "tracing")]
use super::activity::busy_attribute;
use super::code_place::CodePlace;
use super::details::Details;
use super::limits::{
    MAX_TEXT_BYTES, RecordLimits, cut_event, cut_link, cut_status, cut_text, is_long, remove_long_keys,
    shorten, truncate,
};
use super::reuse::{empty_record, keep_list};
use super::scope::RecordScope;
use super::size::{SIZE_UNIT, data_size};
use super::trace_state::shortened;

/// The data of a span, from its start to its export.
#[derive(Clone, Debug)]
pub(crate) struct SpanRecord {
    pub(crate) trace: TraceId,
    pub(crate) id: SpanId,
    pub(crate) flags: TraceFlags,
    pub(super) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) parent: SpanId,
    pub(crate) is_parent_remote: bool,
    /// The number of `code.*` attributes within the limit.
    pub(super) code_attributes: u8,
    pub(super) dropped_attributes: u32,
    pub(super) code: Option<CodePlace>,
    /// The time that a span of `tracing` was entered.
    pub(super) busy: Option<Duration>,
    pub(crate) start_time: SystemTime,
    /// The start time, until the span ends.
    pub(crate) end_time: SystemTime,
    pub(super) attributes: Vec<KeyValue>,
    /// The number of attributes that were moved out with the record.
    pub(super) moved_attributes: usize,
    /// Data that few spans have.
    pub(super) details: Option<Box<Details>>,
    /// The library that made the span.
    pub(super) scope: RecordScope,
    /// Estimated memory in bytes, once the span has ended: a multiple of [`SIZE_UNIT`].
    pub(super) size: usize,
}

impl Default for SpanRecord {
    fn default() -> Self {
        Self {
            trace: TraceId::INVALID,
            id: SpanId::INVALID,
            flags: TraceFlags::default(),
            name: Cow::Borrowed(""),
            kind: SpanKind::Internal,
            parent: SpanId::INVALID,
            is_parent_remote: false,
            code_attributes: 0,
            dropped_attributes: 0,
            code: None,
            busy: None,
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            moved_attributes: 0,
            details: None,
            scope: RecordScope::Own,
            size: 0,
        }
    }
}

/// The record of an open span, whose memory is used again.
pub(crate) type BoxedRecord = Box<SpanRecord>;

impl SpanRecord {
    /// Starts the record of a span under `parent`. An invalid parent makes a root.
    #[inline]
    pub(crate) fn start(
        context: &SpanContext,
        name: Cow<'static, str>,
        kind: SpanKind,
        parent: Option<&SpanContext>,
        start_time: SystemTime,
    ) -> Box<Self> {
        let mut record = empty_record();
        record.trace = context.trace_id();
        record.id = context.span_id();
        record.flags = context.trace_flags();
        record.set_name(name);
        record.kind = kind;
        record.parent = parent.map_or(SpanId::INVALID, SpanContext::span_id);
        record.is_parent_remote = parent.is_some_and(SpanContext::is_remote);
        record.start_time = start_time;
        record.end_time = start_time;
        record.set_trace_state(context.trace_state());
        record
    }

    /// Returns `true` if the record holds no span, or its data was moved out.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.id == SpanId::INVALID
    }

    /// Sets the name, up to the maximum length.
    #[inline]
    pub(crate) fn set_name(&mut self, name: Cow<'static, str>) {
        self.name = name;
        self.cut_name();
    }

    #[inline]
    pub(super) fn cut_name(&mut self) {
        if is_long(&self.name) {
            cut_text(&mut self.name);
        }
    }

    #[cfg(any(test, feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Sets the trace state, which few spans have.
    #[inline]
    pub(super) fn set_trace_state(&mut self, state: &TraceState) {
        if *state != TraceState::NONE {
            self.keep_trace_state(state);
        }
    }

    #[cold]
    fn keep_trace_state(&mut self, state: &TraceState) {
        self.details_mut().trace_state = shortened(state).unwrap_or_else(|| state.clone());
    }

    /// Sets the place in the source, before any attribute is set.
    pub(crate) fn set_code(&mut self, code: CodePlace, limits: &RecordLimits) {
        let kept = code.len().min(limits.attributes);
        self.code_attributes = kept as u8;
        self.dropped_attributes += code.len() - kept;
        self.code = Some(code);
    }

    /// Sets the time that the span was entered, which is two attributes.
    #[cfg(feature = "tracing")]
    pub(crate) fn set_busy(&mut self, busy: Duration, limits: &RecordLimits) {
        let used = self.attributes.len() + usize::from(self.code_attributes);
        let room = (limits.attributes as usize).saturating_sub(used);
        if room >= 2 {
            self.busy = Some(busy);
            return;
        }
        if room == 1 {
            self.attributes.push(busy_attribute(busy));
        }
        self.dropped_attributes += 2 - room as u32;
    }

    pub(crate) fn set_scope(&mut self, scope: Arc<InstrumentationScope>) {
        self.scope = RecordScope::Library(scope);
    }

    /// Adds attributes. Those above the maximum are counted as dropped.
    pub(crate) fn add_attributes(&mut self, mut attributes: Vec<KeyValue>, limits: &RecordLimits) {
        if self.attributes.is_empty() {
            keep_list(std::mem::replace(&mut self.attributes, attributes));
        } else {
            self.attributes.append(&mut attributes);
        }
        let room = limits.attributes - u32::from(self.code_attributes);
        self.dropped_attributes += truncate(&mut self.attributes, room);
    }

    /// Adds the attributes that `fill` writes to the list. Those above the maximum are counted as
    /// dropped. Returns the result of `fill`.
    #[inline]
    pub(crate) fn fill_attributes<R>(
        &mut self,
        fill: impl FnOnce(&mut Vec<KeyValue>) -> R,
        limits: &RecordLimits,
    ) -> R {
        let result = fill(&mut self.attributes);
        let room = limits.attributes - u32::from(self.code_attributes);
        self.dropped_attributes += truncate(&mut self.attributes, room);
        result
    }

    /// Adds an attribute, or counts it as dropped if the span has its maximum.
    pub(crate) fn set_attribute(&mut self, attribute: KeyValue, limits: &RecordLimits) {
        if self.attributes.len() + usize::from(self.code_attributes) < limits.attributes as usize {
            self.attributes.push(attribute);
        } else {
            self.dropped_attributes += 1;
        }
    }

    /// Sets the events that are known at the start.
    pub(crate) fn set_first_events(&mut self, mut events: Vec<Event>, limits: &RecordLimits) {
        let dropped_count = truncate(&mut events, limits.events);
        for event in &mut events {
            cut_event(event, limits);
        }
        let all = &mut self.details_mut().events;
        (all.events, all.dropped_count) = (events, dropped_count);
    }

    /// Adds an event, or counts it as dropped if the span has its maximum.
    pub(crate) fn add_event(
        &mut self,
        name: Cow<'static, str>,
        time: SystemTime,
        attributes: Vec<KeyValue>,
        limits: &RecordLimits,
    ) {
        let all = &mut self.details_mut().events;
        if all.events.len() < limits.events as usize {
            let mut event = Event::new(name, time, attributes, 0);
            cut_event(&mut event, limits);
            all.events.push(event);
        } else {
            all.dropped_count += 1;
        }
    }

    /// Sets the links that are known at the start.
    pub(crate) fn set_first_links(&mut self, mut links: Vec<Link>, limits: &RecordLimits) {
        let dropped_count = truncate(&mut links, limits.links);
        for link in &mut links {
            cut_link(link, limits);
        }
        let all = &mut self.details_mut().links;
        (all.links, all.dropped_count) = (links, dropped_count);
    }

    /// Adds a link, or counts it as dropped if the span has its maximum.
    pub(crate) fn add_link(&mut self, linked: SpanContext, attributes: Vec<KeyValue>, limits: &RecordLimits) {
        let all = &mut self.details_mut().links;
        if all.links.len() < limits.links as usize {
            let mut link = Link::new(linked, attributes, 0);
            cut_link(&mut link, limits);
            all.links.push(link);
        } else {
            all.dropped_count += 1;
        }
    }

    /// Sets the status, unless the span has one of a higher rank: `Ok`, then `Error`, then `Unset`.
    pub(crate) fn set_status(&mut self, mut status: Status) {
        cut_status(&mut status);
        let current = &mut self.details_mut().status;
        if status > *current {
            *current = status;
        }
    }

    /// Cuts the texts of all attributes.
    fn shorten(&mut self, max: u32) {
        let mut attributes = Vec::new();
        self.add_code_attributes(&mut attributes);
        attributes.append(&mut self.attributes);
        self.attributes = attributes;
        (self.code, self.code_attributes) = (None, 0);
        shorten(&mut self.attributes, max);
        if let Some(details) = &mut self.details {
            for event in &mut details.events.events {
                shorten(&mut event.attributes, max);
            }
            for link in &mut details.links.links {
                shorten(&mut link.attributes, max);
            }
        }
    }

    /// Removes all attributes whose keys are too long.
    #[cold]
    fn trim(&mut self) {
        self.dropped_attributes += remove_long_keys(&mut self.attributes);
        if let Some(details) = &mut self.details {
            for event in &mut details.events.events {
                event.dropped_attributes_count += remove_long_keys(&mut event.attributes);
            }
            for link in &mut details.links.links {
                link.dropped_attributes_count += remove_long_keys(&mut link.attributes);
            }
        }
    }

    /// Ends the span: cuts its texts if `limits` ask for it, and estimates its size.
    #[inline]
    pub(crate) fn end(&mut self, time: SystemTime, limits: &RecordLimits) {
        self.end_time = time;
        if let Some(max) = limits.value_length {
            self.shorten(max);
        }
        self.estimate_size();
    }

    /// Estimates the memory of the span. Trims a large span first.
    #[inline]
    pub(super) fn estimate_size(&mut self) {
        self.size = self.estimated_size();
        if self.size > MAX_TEXT_BYTES {
            self.trim();
            self.size = self.estimated_size();
        }
    }

    #[inline]
    fn estimated_size(&self) -> usize {
        let (details, scope) = (self.details.as_deref(), self.scope.owned());
        let size = size_of::<Self>() + data_size(&self.name, &self.attributes, details, scope);
        size.next_multiple_of(SIZE_UNIT)
    }

    fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }
}
