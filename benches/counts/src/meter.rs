//! The loop that is counted.

use std::fmt;
use std::hint::black_box;

/// The number of calls in a counted loop: the default size of a batch.
pub const CALLS: u64 = 512;

/// A counter of one path's calls.
///
/// ```
/// use multitracer_counts::{CALLS, Meter};
///
/// let (mut calls, mut counted) = (0, 0);
/// Meter::new(1, &mut |run| {
///     run();
///     counted += 1;
/// })
/// .calls(0, &|| 0, || calls += 1);
/// // the same number of calls runs before, so that caches and queues have their usual size
/// assert_eq!((calls, counted), (2 * CALLS, 1));
/// ```
pub struct Meter<'m> {
    batches: u64,
    measure: &'m mut dyn FnMut(&mut dyn FnMut()),
}

impl<'m> Meter<'m> {
    /// Creates a meter. `measure` gets the work and runs it between two readings of a counter.
    pub fn new(batches: u64, measure: &'m mut dyn FnMut(&mut dyn FnMut())) -> Self {
        Self { batches, measure }
    }

    /// Counts [`CALLS`] calls of `call`, on this thread.
    ///
    /// `flush` exports all ended spans, outside of the count, and returns the number of the spans
    /// that have arrived so far.
    ///
    /// # Panics
    ///
    /// Panics unless `spans` spans arrive for each call.
    pub fn calls(&mut self, spans: u64, flush: &dyn Fn() -> u64, mut call: impl FnMut()) {
        let before = flush();
        measured(CALLS, &mut call);
        let warm = flush();
        (self.measure)(&mut || measured_calls(CALLS, &mut call));
        assert_eq!(warm - before, spans * CALLS, "spans of the first round");
        assert_eq!(flush() - warm, spans * CALLS, "spans of the counted round");
    }

    /// Counts batches of [`CALLS`] calls of `call`, each with one span. Each batch is exported
    /// before the next one begins, because spans use the memory of exported ones again.
    ///
    /// # Panics
    ///
    /// Panics unless all spans arrive.
    pub fn batches(&mut self, flush: &dyn Fn() -> u64, mut call: impl FnMut()) {
        measured(2 * CALLS, &mut call);
        let before = flush();
        let (batches, mut after) = (self.batches, 0);
        (self.measure)(&mut || {
            for _ in 0..batches {
                measured(CALLS, &mut call);
                after = flush();
            }
        });
        assert_eq!(after - before, batches * CALLS, "spans");
    }
}

impl fmt::Debug for Meter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("batches", &self.batches).finish_non_exhaustive()
    }
}

/// Callgrind counts only while this function runs. It finds the function by its name.
#[inline(never)]
fn measured_calls(calls: u64, call: &mut impl FnMut()) {
    measured(calls, call);
    // keeps the loop inside of this function: a jump to its end would leave the function first
    black_box(());
}

#[inline(always)]
fn measured(calls: u64, call: &mut impl FnMut()) {
    for _ in 0..calls {
        black_box(&mut *call)();
    }
}
