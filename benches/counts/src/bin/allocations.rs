//! Counts the allocations of each path, and prints one line of JSON for each.
//!
//! `allocations ENDPOINT [NAME]`
#![expect(clippy::print_stdout, reason = "another process reads the standard output")]

use std::alloc::System;
use std::env;

use alloc_tracker::Allocator;
use multitracer_counts::{PATHS, count_allocations};

#[global_allocator]
static ALLOCATOR: Allocator<System> = Allocator::system();

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let endpoint = arguments.first().map_or("", String::as_str);
    let only = arguments.get(1);
    for path in PATHS.iter().filter(|path| only.is_none_or(|only| only == path.name)) {
        let counted = count_allocations(path, endpoint);
        println!("{}", serde_json::json!([path.name, counted.count, counted.bytes]));
    }
}
