//! Numbers of this process, and its arguments.

use std::env;
use std::fs;
use std::str::FromStr;
use std::time::Duration;

/// Returns the resident memory of this process in KiB, or zero on systems other than Linux.
#[must_use]
pub fn resident() -> u64 {
    status("VmRSS:")
}

/// Returns the number of threads of this process, or zero on systems other than Linux.
#[must_use]
pub fn threads() -> u64 {
    status("Threads:")
}

fn status(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Returns the argument at this position, or `default`. Arguments that Cargo adds do not count.
#[must_use]
pub fn argument<T: FromStr>(position: usize, default: T) -> T {
    arguments().get(position).and_then(|text| text.parse().ok()).unwrap_or(default)
}

pub(crate) fn arguments() -> Vec<String> {
    env::args().skip(1).filter(|argument| argument != "--bench").collect()
}

/// Returns the time that all threads of this process have spent on a processor, in the program and
/// in the kernel. Zero on systems other than Unix.
#[must_use]
pub fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    }
    #[cfg(not(unix))]
    Duration::ZERO
}
