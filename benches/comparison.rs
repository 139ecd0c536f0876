//! A comparison of contenders that run in turns.
//!
//! A slow moment of the machine affects all of them.

use std::fmt;
use std::time::{Duration, Instant};

use super::argument;

/// The time that a contender runs before the next contender does.
const TURN: Duration = Duration::from_millis(4);

impl fmt::Debug for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comparison").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Work that runs the given number of times.
type Run<'f> = Box<dyn FnMut(u64) + 'f>;

/// One row of a table: the first contender beside the others.
///
/// ```
/// use multitracer_benches::Comparison;
///
/// Comparison::new("addition")
///     .contender("by one", |times| (0..times).for_each(|n| drop(std::hint::black_box(n + 1))))
///     .contender("by two", |times| (0..times).for_each(|n| drop(std::hint::black_box(n + 2))))
///     .budget("by two", 1.5);
/// ```
pub struct Comparison<'f> {
    name: &'static str,
    contenders: Vec<(&'static str, Run<'f>)>,
    budgets: Vec<(&'static str, f64)>,
}

impl<'f> Comparison<'f> {
    /// Creates a row without contenders.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, contenders: Vec::new(), budgets: Vec::new() }
    }

    /// Adds a contender. `run` gets the number of times to do its work.
    #[must_use]
    pub fn contender(mut self, name: &'static str, run: impl FnMut(u64) + 'f) -> Self {
        self.contenders.push((name, Box::new(run)));
        self
    }

    /// Sets the budget of the first contender: at most `ratio` times the time of `peer`.
    #[must_use]
    pub fn budget(mut self, peer: &'static str, ratio: f64) -> Self {
        self.budgets.push((peer, ratio));
        self
    }

    /// Runs all contenders, and prints the row.
    ///
    /// The row holds the median time of each contender, and the median ratio of the first contender
    /// to it.
    #[expect(clippy::print_stdout, reason = "the row is for a terminal")]
    pub fn run(mut self) {
        let rounds: usize = argument(0, 61);
        let counts: Vec<u64> = self.contenders.iter_mut().map(|(_, run)| count(run)).collect();
        let mut taken: Vec<Vec<f64>> = vec![Vec::with_capacity(rounds); self.contenders.len()];
        for _ in 0..rounds {
            for (((_, run), &count), taken) in self.contenders.iter_mut().zip(&counts).zip(&mut taken) {
                taken.push(nanoseconds(run, count));
            }
        }
        let first = taken.first().cloned().unwrap_or_default();
        for (at, ((name, _), taken)) in self.contenders.iter().zip(&taken).enumerate() {
            let title = if at == 0 { self.name } else { "" };
            let mine = median(taken.clone());
            print!("{title:<40} {name:>12} {mine:>7.1} ns");
            if at > 0 {
                let ratio = median(first.iter().zip(taken).map(|(first, other)| first / other).collect());
                print!(" {ratio:>7.2}x");
                if let Some((_, budget)) = self.budgets.iter().find(|(peer, _)| peer == name) {
                    print!(" {budget:>7.2}x {}", if ratio <= *budget { "kept" } else { "MISSED" });
                }
            }
            println!();
        }
    }
}

/// Returns the number of runs that fill a turn.
fn count(run: &mut dyn FnMut(u64)) -> u64 {
    let mut count: u64 = 64;
    loop {
        // the fastest run counts, because another program may have used the processor
        let fastest = (0..3).map(|_| nanoseconds(run, count)).fold(f64::INFINITY, f64::min);
        if fastest * count as f64 >= TURN.as_nanos() as f64 || count >= 1 << 24 {
            return count;
        }
        count *= 2;
    }
}

/// Returns the nanoseconds of one run.
fn nanoseconds(run: &mut dyn FnMut(u64), count: u64) -> f64 {
    let started = Instant::now();
    run(count);
    let taken = started.elapsed().as_nanos();
    taken as f64 / count as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
