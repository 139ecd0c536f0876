//! The size of a request that a backend takes, as far as its responses show it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Time after which a limit is forgotten. The backend may have raised it.
const FORGET_AFTER: Duration = Duration::from_secs(600);

/// The size limit of a backend, learnt by one exporter. Sizes are in bytes before compression.
#[derive(Default)]
pub(crate) struct SizeLimit(Mutex<Option<Known>>);

/// The sizes that are known once a request was too large.
#[derive(Clone, Copy)]
struct Known {
    /// The largest size that passed since; 0 if none did.
    passed: usize,
    /// The smallest size that was refused.
    refused: usize,
    /// The time of its refusal.
    refused_at: Instant,
}

impl SizeLimit {
    /// Returns `true` if a request of `size` bytes is worth sending.
    ///
    /// A size that passed is. So is one a little above it, until the two sizes are close: one
    /// large span makes the first size that passes far too small.
    pub(super) fn allows(&self, size: usize) -> bool {
        let mut known = self.known();
        if known.is_some_and(|known| known.refused_at.elapsed() >= FORGET_AFTER) {
            *known = None;
        }
        match *known {
            // no size is known to pass, so the backend decides
            None | Some(Known { passed: 0, .. }) => true,
            Some(Known { passed, refused, .. }) => {
                size <= passed || (size <= passed.saturating_mul(2) && size < refused / 4 * 3)
            }
        }
    }

    /// Notes that the backend took a request of `size` bytes.
    pub(super) fn note_passed(&self, size: usize) {
        if let Some(known) = &mut *self.known() {
            known.passed = known.passed.max(size);
            // the backend has raised its limit
            known.refused = known.refused.max(size.saturating_add(1));
        }
    }

    /// Notes that a request of `size` bytes was too large.
    pub(super) fn note_refused(&self, size: usize) {
        let mut known = self.known();
        let new = Known { passed: 0, refused: size, refused_at: Instant::now() };
        let before = known.unwrap_or(new);
        // a size that passed once and is too large now says nothing about smaller ones
        let passed = if before.passed < size { before.passed } else { 0 };
        // a larger size, such as that of a single span, says nothing about the limit
        *known = Some(Known { passed, ..if before.refused < size { before } else { new } });
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_passed_bounds_the_next_ones() {
        let limit = SizeLimit::default();
        limit.note_passed(500);
        assert!(limit.allows(usize::MAX), "nothing was too large yet");
        limit.note_refused(1000);
        assert!(limit.allows(1000), "nothing is known to pass");
        limit.note_passed(500);
        for (size, allowed) in [(500, true), (740, true), (750, false), (990, false), (1000, false)] {
            assert_eq!(limit.allows(size), allowed, "{size}");
        }
        limit.note_refused(740);
        assert!(limit.allows(500) && !limit.allows(600));
    }

    #[test]
    fn one_large_span_does_not_keep_the_limit_small() {
        let limit = SizeLimit::default();
        limit.note_refused(4_000_000);
        let mut size = 1000;
        limit.note_passed(size);
        while limit.allows(size * 2) {
            size *= 2;
            limit.note_passed(size);
        }
        assert!(size > 1_400_000, "{size}");
    }

    /// Sends requests of `size` bytes to a backend that takes up to `max`, for as long as the limit
    /// allows them. Returns the number of requests that were refused.
    fn send(limit: &SizeLimit, size: usize, max: usize) -> usize {
        let mut refusals = 0;
        // a request that is not allowed is halved
        let mut size = size;
        while size > 1 {
            if limit.allows(size) {
                if size <= max {
                    limit.note_passed(size);
                    break;
                }
                limit.note_refused(size);
                refusals += 1;
            }
            size /= 2;
        }
        refusals
    }

    #[test]
    fn a_limit_that_falls_is_learnt_again() {
        let limit = SizeLimit::default();
        assert_eq!([send(&limit, 1000, 600), send(&limit, 1000, 600)], [1, 0]);
        assert_eq!([send(&limit, 1000, 300), send(&limit, 1000, 300)], [1, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_rises_is_learnt_after_some_minutes() {
        let limit = SizeLimit::default();
        assert_eq!(send(&limit, 1000, 100), 4);
        tokio::time::advance(FORGET_AFTER / 2).await;
        assert_eq!(send(&limit, 1000, 2000), 0);
        assert!(!limit.allows(1000), "the limit holds for a while");
        tokio::time::advance(FORGET_AFTER / 2).await;
        assert!(limit.allows(1000));
        // a limit that stays costs one round of refusals
        assert_eq!([send(&limit, 1000, 100), send(&limit, 1000, 100)], [4, 0]);
    }
}
