//! Counts of allocations.

use alloc_tracker::Session;

use super::meter::{CALLS, Meter};
use super::paths::{Path, Threads};

/// The batches after which a path of all threads is counted.
const BATCHES: u64 = 16;

/// The allocations of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Allocations {
    /// The number of allocations. A reallocation counts as one.
    pub count: f64,
    /// The number of allocated bytes.
    pub bytes: f64,
}

/// Counts the allocations of `path`. `endpoint` is an OTLP receiver over HTTP.
///
/// The program has [`alloc_tracker::Allocator`] as its global allocator. Without it, or while
/// another thread is busy, the numbers are wrong.
#[must_use]
pub fn count_allocations(path: &Path, endpoint: &str) -> Allocations {
    let session = Session::new();
    let operation = session.operation(path.name);
    let calls = match path.threads {
        Threads::Calling => {
            let mut measure = |run: &mut dyn FnMut()| {
                let span = operation.measure_thread();
                run();
                drop(span);
            };
            path.run(&mut Meter::new(1, &mut measure), endpoint);
            CALLS
        }
        Threads::All => {
            let mut measure = |run: &mut dyn FnMut()| {
                let span = operation.measure_process();
                run();
                drop(span);
            };
            path.run(&mut Meter::new(BATCHES, &mut measure), endpoint);
            BATCHES * CALLS
        }
    };
    let report = session.to_report();
    let per_call = |total: u64| total as f64 / calls as f64;
    report.operations().next().map_or_else(Allocations::default, |(_, operation)| Allocations {
        count: per_call(operation.total_allocations_count()),
        bytes: per_call(operation.total_bytes_allocated()),
    })
}
