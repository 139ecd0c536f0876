//! The limits of a `tracestate`.

use opentelemetry::trace::{SpanContext, TraceState};

use super::size::TEXT_OVERHEAD;

/// The most members of a list, by
/// [W3C](https://www.w3.org/TR/trace-context-2/#tracestate-header-field-values).
const MAX_MEMBERS: usize = 32;

/// The most characters of the whole list. W3C asks services to keep at least as many.
const MAX_LENGTH: usize = 512;

/// Members that are longer leave first.
const LONG_MEMBER: usize = 128;

/// Returns the trace state within its limits, or `None` if it is within them.
///
/// Whole members leave, in the order of W3C's
/// [rules](https://www.w3.org/TR/trace-context-2/#tracestate-limits): those of more than 128
/// characters, then those at the end.
#[inline]
pub(super) fn shortened(state: &TraceState) -> Option<TraceState> {
    let mut members = state.into_iter();
    // most traces have no state
    let first = length(members.next()?);
    let total = members.fold(first, |sum, member| sum + 1 + length(member));
    let is_too_long = total > MAX_LENGTH || state.into_iter().len() > MAX_MEMBERS;
    is_too_long.then(|| shorten(state))
}

/// Returns a span context whose trace state is within its limits, or `None` if this one is.
pub(crate) fn with_short_state(context: &SpanContext) -> Option<SpanContext> {
    let state = shortened(context.trace_state())?;
    let (trace, span, flags) = (context.trace_id(), context.span_id(), context.trace_flags());
    Some(SpanContext::new(trace, span, flags, context.is_remote(), state))
}

/// Returns the length of a member in the header field.
fn length((key, value): (&str, &str)) -> usize {
    key.len() + 1 + value.len()
}

#[cold]
fn shorten(state: &TraceState) -> TraceState {
    let mut members: Vec<_> = state.into_iter().take(MAX_MEMBERS).collect();
    let is_too_long = |members: &[_]| {
        let commas = members.len().saturating_sub(1);
        members.iter().copied().map(length).sum::<usize>() + commas > MAX_LENGTH
    };
    while is_too_long(&members) {
        let long = members.iter().rposition(|member| length(*member) > LONG_MEMBER);
        members.remove(long.unwrap_or(members.len() - 1));
    }
    TraceState::from_key_value(members).unwrap_or_default()
}

/// Estimates the memory of a trace state in bytes: two texts for each member.
pub(super) fn trace_state_size(state: &TraceState) -> usize {
    state.into_iter().map(|(key, value)| 2 * TEXT_OVERHEAD + key.len() + value.len()).sum()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn state(members: &[(String, String)]) -> TraceState {
        TraceState::from_key_value(members.iter().cloned()).unwrap()
    }

    fn members(count: usize, length: usize) -> Vec<(String, String)> {
        (0..count).map(|n| (format!("k{n}"), "v".repeat(length))).collect()
    }

    #[test]
    fn a_state_within_the_limits_stays() {
        assert_eq!(shortened(&TraceState::NONE), None);
        assert_eq!(shortened(&state(&members(32, 4))), None);
        // 2 + 1 + 256 and 2 + 1 + 249 characters, and a comma
        let longest = [("k0".to_owned(), "v".repeat(256)), ("k1".to_owned(), "v".repeat(249))];
        assert_eq!(shortened(&state(&longest)), None);
    }

    #[test]
    fn long_members_leave_first() {
        let mut list = members(5, 100);
        list[1].1 = "w".repeat(200);
        let short = shortened(&state(&list)).unwrap();
        let kept: Vec<_> = short.into_iter().map(|(key, _)| key).collect();
        assert_eq!(kept, ["k0", "k2", "k3", "k4"]);
    }

    #[test]
    fn members_at_the_end_leave_next() {
        let short = shortened(&state(&members(32, 60))).unwrap();
        assert_eq!(short.into_iter().len(), 8);
        assert_eq!(short.into_iter().last().unwrap().0, "k7");
        assert!(short.header().len() <= MAX_LENGTH);
    }

    #[test]
    fn a_list_of_long_members_keeps_the_first_of_them() {
        let short = shortened(&state(&members(32, 256))).unwrap();
        assert_eq!(short.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), ["k0"]);
    }
}
