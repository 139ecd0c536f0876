//! The turns of the contenders of a row.

use super::Failure;
use super::Turn;
use super::protocol::Process;
use crate::rows::Row;

/// The number and the length of turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// The number of times that all processes start anew.
    pub(crate) generations: usize,
    /// The number of starts in rows of long turns.
    pub(crate) long_generations: usize,
    /// The number of turns of each process.
    pub(crate) rounds: usize,
    /// The number of turns of each process in rows of long turns.
    pub(crate) long_rounds: usize,
    /// The length of a turn in milliseconds.
    pub(crate) milliseconds: f64,
    /// `true` for turns of fixed size that are short.
    pub(crate) is_quick: bool,
}

/// Lets the contenders of a row take turns, and returns the turns of each.
///
/// A slow moment of the machine affects all of them. New processes get new addresses, which change
/// the speed of code.
pub(crate) fn measure(row: &Row, effort: &Effort) -> Result<Vec<Vec<Turn>>, Failure> {
    let (generations, rounds) = if row.is_long {
        (effort.long_generations, effort.long_rounds)
    } else {
        (effort.generations, effort.rounds)
    };
    let mut turns = vec![Vec::new(); row.contenders.len()];
    for _ in 0..generations {
        let mut running = Vec::new();
        for (name, _) in row.contenders {
            let mut process = Process::start(row.name, name)?;
            let units = process.calibrate(effort.milliseconds, effort.is_quick)?;
            process.turn(units)?;
            running.push((process, units));
        }
        for _ in 0..rounds {
            for ((process, units), turns) in running.iter_mut().zip(&mut turns) {
                turns.push(process.turn(*units)?);
            }
        }
    }
    Ok(turns)
}
