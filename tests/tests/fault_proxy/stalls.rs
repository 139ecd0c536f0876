//! The times at which the machine was too busy for any time limit.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The interval of the looks at the clock.
const INTERVAL: Duration = Duration::from_millis(20);

/// The shortest delay of a look that counts as a stall.
const SHORTEST: Duration = Duration::from_millis(60);

/// The time around a response that a stall puts in doubt.
const AROUND: Duration = Duration::from_millis(400);

/// A time from one moment to a later one.
type Span = (Instant, Instant);

static STALLS: Mutex<Vec<Span>> = Mutex::new(Vec::new());

/// Looks at the clock again and again, and notes the stalls.
pub(crate) async fn watch() {
    let mut before = Instant::now();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = Instant::now();
        if now - before > INTERVAL + SHORTEST {
            STALLS.lock().unwrap_or_else(PoisonError::into_inner).push((before, now));
        }
        before = now;
    }
}

/// Returns `true` if a client may have given up a request from `began` until after `responded`.
pub(crate) fn is_near((began, responded): Span) -> bool {
    let stalls = STALLS.lock().unwrap_or_else(PoisonError::into_inner);
    stalls.iter().any(|(from, to)| *from < responded + AROUND && began < *to + AROUND)
}

/// Returns the number of stalls.
pub(crate) fn count() -> usize {
    STALLS.lock().unwrap_or_else(PoisonError::into_inner).len()
}
