//! A contender of a row, and its turns.

use std::hint::black_box;
use std::time::Instant;

use multitracer_benches::cpu_time;
use serde::{Deserialize, Serialize};

use super::Arrivals;

/// The work of a turn: units whose time is divided, and spans that have to arrive.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    pub(crate) units: u64,
    pub(crate) spans: u64,
}

/// The size of a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    /// As many units as fill the time of a turn, and at most this many.
    Fill(u64),
    /// This many units, and fewer in a quick run.
    Fixed(u64, u64),
}

/// The measurements of a turn.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Turn {
    /// Spans that were made.
    pub(crate) made: u64,
    /// Spans that arrived.
    pub(crate) arrived: u64,
    /// The time of the work, without the wait for the spans, in nanoseconds.
    pub(crate) time: f64,
    /// One value for each metric of the row.
    pub(crate) values: Vec<f64>,
    /// Spans that neither arrived nor were counted as dropped by the contender itself.
    pub(crate) unaccounted: Option<u64>,
}

/// A contender that is set up in its own process.
pub(crate) struct Contender {
    pub(crate) size: Size,
    pub(crate) turn: Box<dyn FnMut(u64) -> Turn>,
}

impl Contender {
    /// Creates a contender with turns of its own kind.
    pub(crate) fn new(size: Size, turn: impl FnMut(u64) -> Turn + 'static) -> Self {
        Self { size, turn: Box::new(turn) }
    }

    /// Creates a contender whose turns measure wall time and processor time of a unit.
    ///
    /// The wall time is that of the calling thread. The processor time is that of the whole process
    /// until the spans have arrived.
    pub(crate) fn timed(mut run: impl FnMut(u64) -> Done + 'static, mut arrivals: Arrivals) -> Self {
        let turn = move |size: u64| {
            let (cpu, started) = (cpu_time(), Instant::now());
            let done = run(size);
            let wall = started.elapsed();
            let arrived = arrivals.wait(done.spans);
            let cpu = cpu_time() - cpu;
            let each = |nanoseconds: u128| nanoseconds as f64 / done.units.max(1) as f64;
            Turn {
                made: done.spans,
                arrived,
                time: wall.as_nanos() as f64,
                values: vec![each(wall.as_nanos()), each(cpu.as_nanos())],
                unaccounted: None,
            }
        };
        Self::new(Size::Fill(20_000_000), turn)
    }

    /// Sets the maximum number of units in a turn.
    pub(crate) fn at_most(mut self, units: u64) -> Self {
        self.size = Size::Fill(units);
        self
    }
}

/// Calls `f` this many times.
pub(crate) fn times<R>(n: u64, mut f: impl FnMut() -> R) {
    for _ in 0..n {
        black_box(f());
    }
}
