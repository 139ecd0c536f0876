//! Functions without tracing.

use std::hint::black_box;
use std::num::ParseIntError;

#[inline(never)]
pub(crate) fn bare(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
pub(crate) fn result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

pub(crate) async fn bare_async(n: u64) -> u64 {
    black_box(n)
}

pub(crate) async fn result_async(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

pub(crate) fn trace(leaves: u64) -> u64 {
    (0..leaves).map(bare).sum()
}
