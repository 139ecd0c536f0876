//! Span ids that name the build of the tracer that made them.
//!
//! A `Context` gives access to its span only through OpenTelemetry's interface, which knows no
//! owner. Therefore the id itself carries the owner. It is a permutation of the build's number and
//! a count, with a key of the process and with the trace id. Such ids look random, differ within a
//! trace, and need no table, no lock and no entry in the context.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use opentelemetry::trace::{SpanContext, SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use super::builds::{BuildNumber, last_build};

/// The number of counts that a thread takes at once.
const BLOCK: u32 = 1 << 12;

/// Odd factors, with their inverses modulo 2^64.
const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
const INVERSES: [u64; 2] = [inverse(FACTORS[0]), inverse(FACTORS[1])];

static KEY: LazyLock<u64> =
    LazyLock::new(|| u64::from_be_bytes(RandomIdGenerator::default().new_span_id().to_bytes()));
static NEXT_BLOCK: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The next count of this thread, and the end of its block.
    static COUNTS: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    /// The trace of the span that the SDK builds next on this thread.
    static NEXT_TRACE: Cell<TraceId> = const { Cell::new(TraceId::INVALID) };
}

/// Returns the build that made `span`. Returns `None` for a remote span and for a foreign one.
pub(in crate::tracer) fn owner(span: &SpanContext) -> Option<BuildNumber> {
    if span.is_remote() || !span.is_valid() {
        return None;
    }
    let number = BuildNumber::new((unscramble(span) >> 32) as u32)?;
    (number <= last_build()).then_some(number)
}

/// Returns `true` if `build` made `span`, and the span is local.
#[inline]
pub(in crate::tracer) fn is_owner(build: BuildNumber, span: &SpanContext) -> bool {
    !span.is_remote() && (unscramble(span) >> 32) as u32 == build.get()
}

/// Returns an id for a span of `build` in `trace`.
pub(in crate::tracer) fn new_span_id(build: BuildNumber, trace: TraceId) -> SpanId {
    loop {
        let plain = (u64::from(build.get()) << 32) | u64::from(next_count());
        let id = SpanId::from(scramble(plain, trace));
        if id != SpanId::INVALID {
            return id;
        }
    }
}

/// Returns a random trace id.
pub(in crate::tracer) fn new_trace_id() -> TraceId {
    RandomIdGenerator::default().new_trace_id()
}

/// Sets the trace of the span that the SDK builds next on this thread.
pub(in crate::tracer) fn expect_trace(trace: TraceId) {
    NEXT_TRACE.set(trace);
}

/// The generator of ids for the SDK's spans of one build.
#[derive(Debug)]
pub(crate) struct OwnedIds(pub(crate) BuildNumber);

impl IdGenerator for OwnedIds {
    fn new_trace_id(&self) -> TraceId {
        NEXT_TRACE.get()
    }

    /// Returns the next span id. The SDK asks for it before it asks for a trace id.
    fn new_span_id(&self) -> SpanId {
        if NEXT_TRACE.get() == TraceId::INVALID {
            expect_trace(new_trace_id());
        }
        new_span_id(self.0, NEXT_TRACE.get())
    }
}

fn next_count() -> u32 {
    let (next, end) = COUNTS.get();
    let next =
        if next == end { NEXT_BLOCK.fetch_add(1, Ordering::Relaxed).wrapping_mul(BLOCK) } else { next };
    let end = if next % BLOCK == 0 { next.wrapping_add(BLOCK) } else { end };
    COUNTS.set((next.wrapping_add(1), end));
    next
}

fn scramble(plain: u64, trace: TraceId) -> u64 {
    let mixed = plain.wrapping_mul(FACTORS[0]);
    (mixed ^ (mixed >> 32)).wrapping_mul(FACTORS[1]) ^ tweak(trace)
}

#[inline]
fn unscramble(span: &SpanContext) -> u64 {
    let id = u64::from_be_bytes(span.span_id().to_bytes());
    let mixed = (id ^ tweak(span.trace_id())).wrapping_mul(INVERSES[1]);
    (mixed ^ (mixed >> 32)).wrapping_mul(INVERSES[0])
}

/// Returns the value that differs by process and trace.
#[inline]
fn tweak(trace: TraceId) -> u64 {
    let trace = u128::from_be_bytes(trace.to_bytes());
    (trace as u64) ^ ((trace >> 64) as u64) ^ *KEY
}

/// Returns the inverse of an odd number modulo 2^64, by Newton's method.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut bits = 3;
    while bits < 64 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse
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
