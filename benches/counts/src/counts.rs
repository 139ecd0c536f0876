//! The counts of one path.

use super::allocations::Allocations;
use super::callgrind::Instructions;

/// The counts of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// The instructions, if they were counted.
    pub instructions: Option<Instructions>,
    /// The allocations, if they were counted.
    pub allocations: Option<Allocations>,
}
