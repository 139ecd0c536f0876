//! The calls on a span: every method of `Span`, which `SpanRef` has too.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanContext, SpanRef, Status};

use super::values::{attribute, attributes, contexts, text, time};
use crate::random::Random;

/// A call of one method.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    SetAttribute(KeyValue),
    SetAttributes(Vec<KeyValue>),
    AddEvent(Cow<'static, str>, Vec<KeyValue>),
    AddEventAt(Cow<'static, str>, SystemTime, Vec<KeyValue>),
    AddLink(SpanContext, Vec<KeyValue>),
    SetStatus(Status),
    UpdateName(Cow<'static, str>),
    RecordError(Cow<'static, str>),
    End,
    EndAt(SystemTime),
}

#[derive(Debug)]
struct Failure(Cow<'static, str>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}

/// Calls the method that both kinds of spans have. The result is the number of attributes that
/// `set_attributes` took out of its iterator.
macro_rules! call {
    ($call:expr, $span:expr) => {{
        let mut taken = 0;
        match $call.clone() {
            Call::SetAttribute(attribute) => $span.set_attribute(attribute),
            Call::SetAttributes(attributes) => {
                $span.set_attributes(attributes.into_iter().inspect(|_| taken += 1));
            }
            Call::AddEvent(name, attributes) => $span.add_event(name, attributes),
            Call::AddEventAt(name, at, attributes) => $span.add_event_with_timestamp(name, at, attributes),
            Call::AddLink(context, attributes) => $span.add_link(context, attributes),
            Call::SetStatus(status) => $span.set_status(status),
            Call::UpdateName(name) => $span.update_name(name),
            Call::RecordError(text) => $span.record_error(&Failure(text)),
            Call::End => $span.end(),
            Call::EndAt(at) => $span.end_with_timestamp(at),
        }
        taken
    }};
}

impl Call {
    pub(crate) fn random(random: &mut Random) -> Self {
        match random.below(24) {
            0..4 => Self::SetAttribute(attribute(random)),
            4..7 => Self::SetAttributes(attributes(random)),
            7..9 => Self::AddEvent(text(random), attributes(random)),
            9..12 => Self::AddEventAt(text(random), time(random), attributes(random)),
            12..15 => Self::AddLink(contexts(random), attributes(random)),
            15..19 => Self::SetStatus(match random.below(5) {
                0 => Status::Ok,
                1 => Status::Unset,
                _ => Status::error(text(random)),
            }),
            19 => Self::UpdateName(text(random)),
            20 | 21 => Self::RecordError(text(random)),
            22 => Self::End,
            _ => Self::EndAt(time(random)),
        }
    }

    /// Makes the call, and returns the number of attributes that `set_attributes` took.
    pub(crate) fn on_span<S: Span>(&self, span: &mut S) -> usize {
        call!(self, span)
    }

    /// Makes the call on the span of a context.
    pub(crate) fn on_current(&self, span: &SpanRef<'_>) -> usize {
        call!(self, span)
    }
}
