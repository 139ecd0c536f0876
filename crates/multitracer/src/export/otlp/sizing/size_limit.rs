//! The size of a request that a backend takes, as far as its responses show it.

use std::sync::{Mutex, MutexGuard, PoisonError};

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
}

impl SizeLimit {
    /// Returns `true` if a request of `size` bytes is worth sending.
    ///
    /// A size that passed is. So is one a little above it, until the two sizes are close: one
    /// large span makes the first size that passes far too small.
    pub(super) fn allows(&self, size: usize) -> bool {
        match *self.known() {
            // no size is known to pass, so the backend decides
            None | Some(Known { passed: 0, .. }) => true,
            Some(Known { passed, refused }) => {
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
        let (passed, refused) = known.map_or((0, usize::MAX), |known| (known.passed, known.refused));
        // a size that passed once and is too large now says nothing about smaller ones
        let passed = if passed < size { passed } else { 0 };
        *known = Some(Known { passed, refused: refused.min(size) });
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

    #[test]
    fn a_limit_that_moves_is_learnt_again() {
        let limit = SizeLimit::default();
        limit.note_refused(1000);
        limit.note_passed(500);
        limit.note_refused(400);
        assert!(limit.allows(100));
        limit.note_passed(100);
        assert!(limit.allows(200) && !limit.allows(400));
        limit.note_passed(2000);
        assert!(limit.allows(2000));
    }
}
