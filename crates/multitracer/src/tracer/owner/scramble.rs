//! A permutation of 64-bit numbers, which makes span ids look random.

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

/// Odd factors, with their inverses modulo 2^64.
const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
const INVERSES: [u64; 2] = [inverse(FACTORS[0]), inverse(FACTORS[1])];

/// The key of this process. The first build sets it, so it is there before the first span.
static KEY: AtomicU64 = AtomicU64::new(0);

/// Sets the key of this process, unless it is set.
pub(super) fn ensure_key() {
    let random = u64::from_be_bytes(RandomIdGenerator::default().new_span_id().to_bytes());
    // another thread may set the key at the same time: all use the first one
    KEY.compare_exchange(0, random, Ordering::Relaxed, Ordering::Relaxed).ok();
}

/// Returns the span id that stands for `plain` in `trace`.
pub(super) fn scramble(plain: u64, trace: TraceId) -> SpanId {
    let mixed = plain.wrapping_mul(FACTORS[0]);
    SpanId::from((mixed ^ (mixed >> 32)).wrapping_mul(FACTORS[1]) ^ tweak(trace))
}

/// Returns the number that `span` stands for in `trace`.
#[inline]
pub(super) fn unscramble(span: SpanId, trace: TraceId) -> u64 {
    let id = u64::from_be_bytes(span.to_bytes());
    let mixed = (id ^ tweak(trace)).wrapping_mul(INVERSES[1]);
    (mixed ^ (mixed >> 32)).wrapping_mul(INVERSES[0])
}

/// Returns a trace id that stands for `plain`. Its right half is `random`, because other services
/// sample by that half.
pub(super) fn name_in_trace(plain: u64, random: u64) -> TraceId {
    let mixed = (plain ^ trace_tweak(random)).wrapping_mul(FACTORS[1]);
    let left = (mixed ^ (mixed >> 32)).wrapping_mul(FACTORS[0]);
    TraceId::from((u128::from(left) << 64) | u128::from(random))
}

/// Returns the number that a trace id stands for.
pub(super) fn named_by_trace(trace: TraceId) -> u64 {
    let trace = u128::from_be_bytes(trace.to_bytes());
    let mixed = ((trace >> 64) as u64).wrapping_mul(INVERSES[0]);
    (mixed ^ (mixed >> 32)).wrapping_mul(INVERSES[1]) ^ trace_tweak(trace as u64)
}

/// Returns the value that differs by process and by the right half of a trace id.
#[inline]
fn trace_tweak(random: u64) -> u64 {
    random.wrapping_mul(FACTORS[0]).rotate_left(32) ^ KEY.load(Ordering::Relaxed)
}

/// Returns the value that differs by process and trace.
#[inline]
fn tweak(trace: TraceId) -> u64 {
    let trace = u128::from_be_bytes(trace.to_bytes());
    (trace as u64) ^ ((trace >> 64) as u64) ^ KEY.load(Ordering::Relaxed)
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
