//! Random attributes, span contexts and times.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use crate::random::Random;

/// Few keys, so that a span often gets a key twice.
const KEYS: [&str; 6] = ["a", "b", "db.system.name", "error.type", "code.line.number", ""];

const TEXTS: [&str; 7] =
    ["", "x", "sqlite", "ärger und 数字", "line\nbreak", "\u{0}\u{7f}", "a longer text of a query"];

const STATES: [&str; 4] = ["", "vendor=value", "a=1,b=2", "tenant@system=x,other=y"];

/// More items than a span keeps without limits of its own.
const VERY_MANY: usize = 131;

pub(crate) fn text(random: &mut Random) -> Cow<'static, str> {
    let text = random.pick(&TEXTS);
    if random.chance(50) { Cow::Borrowed(text) } else { Cow::Owned(text.to_owned()) }
}

/// Returns one of the ways to hold a text.
fn string_value(random: &mut Random) -> StringValue {
    let text = random.pick(&TEXTS);
    match random.below(3) {
        0 => text.into(),
        1 => text.to_owned().into(),
        _ => Arc::<str>::from(text).into(),
    }
}

fn number(random: &mut Random) -> f64 {
    // no NaN, which equals nothing
    random.pick(&[0.0, -0.0, 1.5, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY])
}

fn list<T>(random: &mut Random, make: impl Fn(&mut Random) -> T) -> Vec<T> {
    (0..random.below(4)).map(|_| make(random)).collect()
}

fn value(random: &mut Random) -> Value {
    let integer = |random: &mut Random| random.pick(&[0, 1, -1, i64::MIN, i64::MAX]);
    match random.below(9) {
        0 => Value::Bool(random.chance(50)),
        1 | 2 => Value::I64(integer(random)),
        3 => Value::F64(number(random)),
        4 => Value::Array(Array::Bool(list(random, |random| random.chance(50)))),
        5 => Value::Array(Array::I64(list(random, integer))),
        6 => Value::Array(Array::F64(list(random, number))),
        7 => Value::Array(Array::String(list(random, string_value))),
        _ => Value::String(string_value(random)),
    }
}

pub(crate) fn attribute(random: &mut Random) -> KeyValue {
    let key = random.pick(&KEYS);
    let key = match random.below(3) {
        0 => Key::from_static_str(key),
        1 => Key::from(key.to_owned()),
        _ => Key::from(Arc::<str>::from(key)),
    };
    KeyValue::new(key, value(random))
}

/// Returns the length of a list: short, and now and then longer than every limit.
pub(super) fn length(random: &mut Random) -> usize {
    if random.chance(1) { VERY_MANY } else { random.below(6) }
}

pub(crate) fn attributes(random: &mut Random) -> Vec<KeyValue> {
    (0..length(random)).map(|_| attribute(random)).collect()
}

/// Returns a time that is not the time of this run, at times before the epoch.
pub(super) fn time(random: &mut Random) -> SystemTime {
    let nanos = Duration::from_nanos(random.pick(&[0, 1, 999, 1_000_000_000, 1_700_000_000_123_456_789]));
    if random.chance(10) { UNIX_EPOCH - nanos } else { UNIX_EPOCH + nanos }
}

/// Returns a valid span context of a new trace, with any flags and any trace state.
pub(crate) fn span_context(random: &mut Random, is_remote: bool) -> SpanContext {
    let trace = TraceId::from(u128::from(random.next()) << 64 | u128::from(random.next()) | 1);
    let flags = TraceFlags::new(random.pick(&[0, 1, 1, 1, 2, 3, 0xfe, 0xff]));
    let state = random.pick(&STATES).parse().unwrap_or(TraceState::NONE);
    SpanContext::new(trace, SpanId::from(random.next() | 1), flags, is_remote, state)
}

/// Returns a span context for a link, at times an invalid one.
pub(crate) fn contexts(random: &mut Random) -> SpanContext {
    let is_remote = random.chance(50);
    let context = span_context(random, is_remote);
    let (trace, span) = match random.below(12) {
        0 => return SpanContext::NONE,
        1 => (TraceId::INVALID, context.span_id()),
        2 => (context.trace_id(), SpanId::INVALID),
        _ => return context,
    };
    SpanContext::new(trace, span, context.trace_flags(), is_remote, context.trace_state().clone())
}
