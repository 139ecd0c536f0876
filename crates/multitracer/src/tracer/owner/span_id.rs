//! Span ids that name the build of the tracer that made them.
//!
//! A `Context` gives access to its span only through OpenTelemetry's interface, which knows no
//! owner. Therefore the id itself carries the owner. It is a permutation of the build's number and
//! a count, with a key of the process and with the trace id. Such ids look random, differ within a
//! trace, and need no table, no lock and no entry in the context.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use super::builds::{BuildNumber, last_build};
use super::scramble::{name_in_trace, named_by_trace, scramble, unscramble};

/// The number of counts that a thread takes at once.
const BLOCK: u32 = 1 << 12;

/// The bit beside the build's number in a trace id whose first span is not sampled. A process makes
/// fewer than 2^31 builds.
const UNSAMPLED: u64 = 1 << 63;

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

/// Returns the ids of the first span of a new trace of `build`. The trace id names that span.
pub(in crate::tracer) fn new_root(build: BuildNumber) -> (TraceId, SpanId) {
    root_with(build, right_half(), true)
}

/// Returns a random right half of a trace id, by which a ratio samples.
pub(in crate::tracer) fn right_half() -> u64 {
    u64::from_be_bytes(RandomIdGenerator::default().new_span_id().to_bytes())
}

/// Returns the ids of the first span of a new trace of `build`. The trace id ends with `right_half`
/// and names that span.
pub(in crate::tracer) fn root_with(
    build: BuildNumber,
    right_half: u64,
    is_sampled: bool,
) -> (TraceId, SpanId) {
    let mark = if is_sampled { 0 } else { UNSAMPLED };
    loop {
        let plain = (u64::from(build.get()) << 32) | u64::from(next_count());
        let trace = name_in_trace(plain | mark, right_half);
        let span = scramble(plain, trace);
        if span != SpanId::INVALID {
            return (trace, span);
        }
    }
}

/// Returns the first span of a trace and its build, if the trace began in this process and its id
/// names that span.
///
/// The trace of another process passes for one of this process with a probability of the number of
/// builds in 2^31.
pub(in crate::tracer) fn root_of(trace: TraceId) -> Option<(BuildNumber, SpanContext)> {
    let named = named_by_trace(trace);
    let plain = named & !UNSAMPLED;
    let build = BuildNumber::new((plain >> 32) as u32).filter(|build| *build <= last_build())?;
    let span = scramble(plain, trace);
    let flags = if plain == named { TraceFlags::SAMPLED } else { TraceFlags::default() };
    Some((build, SpanContext::new(trace, span, flags, false, TraceState::NONE)))
}

/// Returns the ids of the first span of a new trace of `build`. The trace id is random.
pub(in crate::tracer) fn new_unnamed_root(build: BuildNumber) -> (TraceId, SpanId) {
    let trace = new_trace_id();
    (trace, new_span_id(build, trace))
}

/// Returns the ids of a root that is not sampled, with the right half of `trace`. The trace id
/// names the root.
pub(in crate::tracer) fn unsampled_root(build: BuildNumber, trace: TraceId) -> (TraceId, SpanId) {
    let [_, right_half] = halves(trace);
    root_with(build, right_half, false)
}

/// Returns the left and the right half of a trace id.
fn halves(trace: TraceId) -> [u64; 2] {
    let both = u128::from_be_bytes(trace.to_bytes());
    [(both >> 64) as u64, both as u64]
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
    fn a_trace_id_names_its_first_span() {
        let build = BuildNumber::next();
        let mut traces = HashSet::new();
        for _ in 0..10_000 {
            let (trace, root) = new_root(build);
            assert_eq!(owner(&span(trace, root, false)), Some(build));
            assert_eq!(root_of(trace), Some((build, span(trace, root, false))));
            assert_ne!(new_span_id(build, trace), root);
            assert!(traces.insert(trace));
            assert_eq!(root_of(new_trace_id()), None);
        }
    }

    #[test]
    fn a_trace_id_names_its_first_span_that_is_not_sampled() {
        let build = BuildNumber::next();
        for _ in 0..10_000 {
            let random = right_half();
            let (trace, root) = root_with(build, random, false);
            let expected = SpanContext::new(trace, root, TraceFlags::default(), false, TraceState::NONE);
            assert_eq!(owner(&expected), Some(build));
            assert_eq!(root_of(trace), Some((build, expected)));
            assert_eq!(trace.to_bytes()[8..], random.to_be_bytes());
        }
    }

    #[test]
    fn random_ids_have_no_owner() {
        let random = RandomIdGenerator::default();
        for _ in 0..100_000 {
            assert_eq!(owner(&span(random.new_trace_id(), random.new_span_id(), false)), None);
        }
    }
}
