//! The attributes `busy_ns` and `idle_ns` of a span of `tracing`.

use std::time::Duration;

use opentelemetry::KeyValue;

/// Returns the attributes of a span that was entered for the time `busy` of its whole duration.
pub(super) fn activity(busy: Duration, duration: Duration) -> [KeyValue; 2] {
    [busy_attribute(busy), KeyValue::new("idle_ns", nanoseconds(duration.saturating_sub(busy)))]
}

/// Returns the attribute `busy_ns`.
pub(super) fn busy_attribute(busy: Duration) -> KeyValue {
    KeyValue::new("busy_ns", nanoseconds(busy))
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
