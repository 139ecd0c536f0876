//! The parts that the programs of this package share: numbers of the process, and backends in other
//! processes.

mod backend;
mod counting;
mod failing;
mod process;

pub use self::backend::{Backend, ReceivedCounts};
pub use self::counting::CountingBackend;
pub use self::failing::{Arrivals, FailingBackend, OutageKind, Protocol};
pub use self::process::{argument, cpu_time, resident, threads};

use std::io;

/// Runs a backend if this process was started as one, and returns `true` when the backend has
/// ended.
///
/// Every program that starts a backend calls this before anything else.
///
/// # Errors
///
/// Fails if no port can be opened.
pub fn run_backend_if_asked() -> io::Result<bool> {
    Ok(Backend::run_if_asked()? || CountingBackend::run_if_asked()? || FailingBackend::run_if_asked()?)
}
