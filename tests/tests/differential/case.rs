//! One case: a seed and its program, which is shrunk if it deviates.

use super::compare::{Outcome, check};
use super::generate::generate;
use super::shrink::shrink;
use super::world::World;

/// Runs the program of a seed. Deviations come with the smallest program that shows them.
pub(crate) fn check_case(seed: u64, world: &World) -> Outcome {
    let program = generate(seed, &world.settings);
    let mut outcome = check(&program, world);
    if outcome.deviations.is_some() {
        let (smallest, text) = shrink(&program, world);
        outcome.deviations = Some(format!("case {seed}:\n{smallest}{text}{:#?}\n", world.settings));
    }
    outcome
}
