//! Span ids that name the build of the tracer that made them.
//!
//! A `Context` gives access to its span only through OpenTelemetry's interface, which knows no
//! owner. Therefore the id itself carries the owner. It is a permutation of the build's number and
//! a count, with a key of the process and with the trace id. Such ids look random, differ within a
//! trace, and need no table, no lock and no entry in the context.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use opentelemetry::trace::{SpanContext, SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use super::builds::{BuildNumber, last_build};
use super::scramble::{scramble, unscramble};

/// The number of counts that a thread takes at once.
const BLOCK: u32 = 1 << 12;

static NEXT_BLOCK: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The next count of this thread, and the end of its block.
    static COUNTS: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// Returns the build that made `span`. Returns `None` for a remote span and for a foreign one.
pub(in crate::tracer) fn owner(span: &SpanContext) -> Option<BuildNumber> {
    if span.is_remote() || !span.is_valid() {
        return None;
    }
    let number = BuildNumber::new((unscramble(span.span_id(), span.trace_id()) >> 32) as u32)?;
    (number <= last_build()).then_some(number)
}

/// Returns `true` if `build` made `span`, and the span is local.
#[inline]
pub(in crate::tracer) fn is_owner(build: BuildNumber, span: &SpanContext) -> bool {
    !span.is_remote() && (unscramble(span.span_id(), span.trace_id()) >> 32) as u32 == build.get()
}

/// Returns an id for a span of `build` in `trace`.
pub(in crate::tracer) fn new_span_id(build: BuildNumber, trace: TraceId) -> SpanId {
    loop {
        let plain = (u64::from(build.get()) << 32) | u64::from(next_count());
        let id = scramble(plain, trace);
        if id != SpanId::INVALID {
            return id;
        }
    }
}

/// Returns a random trace id.
pub(in crate::tracer) fn new_trace_id() -> TraceId {
    RandomIdGenerator::default().new_trace_id()
}

fn next_count() -> u32 {
    let (next, end) = COUNTS.get();
    let next =
        if next == end { NEXT_BLOCK.fetch_add(1, Ordering::Relaxed).wrapping_mul(BLOCK) } else { next };
    let end = if next % BLOCK == 0 { next.wrapping_add(BLOCK) } else { end };
    COUNTS.set((next.wrapping_add(1), end));
    next
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use opentelemetry::trace::{TraceFlags, TraceState};

    use super::*;

    fn span(trace: TraceId, id: SpanId, is_remote: bool) -> SpanContext {
        SpanContext::new(trace, id, TraceFlags::SAMPLED, is_remote, TraceState::NONE)
    }

    #[test]
    fn an_id_names_its_build_in_every_trace() {
        let builds = [BuildNumber::next(), BuildNumber::next()];
        for _ in 0..1_000 {
            let trace = new_trace_id();
            for build in builds {
                let made = span(trace, new_span_id(build, trace), false);
                assert_eq!(owner(&made), Some(build));
                assert!(is_owner(build, &made));
                let received = span(trace, made.span_id(), true);
                assert_eq!(owner(&received), None);
            }
        }
    }

    #[test]
    fn ids_differ_within_a_trace_and_across_threads() {
        let (build, trace) = (BuildNumber::next(), new_trace_id());
        let make = || (0..20_000).map(|_| new_span_id(build, trace)).collect::<Vec<_>>();
        let other = std::thread::scope(|threads| threads.spawn(make).join());
        let ids: HashSet<_> = make().into_iter().chain(other.unwrap_or_default()).collect();
        assert_eq!(ids.len(), 40_000);
    }

    #[test]
    fn random_ids_have_no_owner() {
        let random = RandomIdGenerator::default();
        for _ in 0..100_000 {
            assert_eq!(owner(&span(random.new_trace_id(), random.new_span_id(), false)), None);
        }
    }
}
