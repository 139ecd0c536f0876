//! Allocations of the hot paths, against their budgets.
//!
//! `benches/counts/run` counts more paths, and compares them with a file.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test may panic, and shows its numbers")]

use std::alloc::System;

use alloc_tracker::Allocator;
use multitracer_counts::{Path, count_allocations, start_receiver};

#[global_allocator]
static ALLOCATOR: Allocator<System> = Allocator::system();

/// The most allocations of a call. A sampled span has 3 attributes.
const BUDGETS: &[(&str, f64)] = &[
    ("off, sync", 0.0),
    ("off, async", 0.0),
    ("root of an installed registry", 4.0),
    ("root of an entered registry", 4.0),
    ("child", 4.0),
    ("child, unsampled", 0.0),
    ("poll in a span", 0.0),
    ("poll without a span", 0.0),
    ("route over 10 rules", 0.0),
    ("assign a variant", 0.0),
    ("root, until its batch is dropped", 4.0),
    ("root, until its bytes are sent", 4.0),
    ("child, until its batch is dropped", 4.0),
    ("child, until its bytes are sent", 4.0),
];

// one test: another one would allocate at the same time
#[test]
fn hot_paths_keep_their_budgets_of_allocations() {
    let endpoint = start_receiver().expect("a port on loopback");
    let mut wrong = Vec::new();
    for &(name, budget) in BUDGETS {
        let path = Path::named(name).expect(name);
        let counted = count_allocations(&path, &endpoint).count;
        println!("{name}: {counted:.3} of {budget}");
        if counted > budget {
            wrong.push(format!("{name}: {counted:.3} of {budget}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
