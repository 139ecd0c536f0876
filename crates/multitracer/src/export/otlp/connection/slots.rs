//! The places for requests to one host.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Maximum number of requests in progress by tracers whose last response came in time.
const MAX_PROVEN: usize = 128;

/// Maximum number of requests in progress by tracers that have no response yet.
const MAX_NEW: usize = 128;

/// Maximum number of requests in progress by tracers whose last request timed out, and of requests
/// that take longer than [`PATIENCE`].
const MAX_SLOW: usize = 256;

/// Time after which a request makes room for those of other tracers.
const PATIENCE: Duration = Duration::from_millis(500);

/// The experience with the responses to one tracer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// No request got a response yet.
    New,
    /// The last response came in time.
    Proven,
    /// The last request timed out.
    Slow,
}

/// The places for requests to one host, over all tracers.
///
/// A thousand tracers that flush at once therefore do not open a thousand connections. Tracers
/// that got their last response in time do not wait for those that did not.
pub(crate) struct Slots {
    proven: Semaphore,
    new: Semaphore,
    slow: Semaphore,
}

/// The place of one request.
pub(super) struct Slot<'s> {
    slots: &'s Slots,
    permit: Option<SemaphorePermit<'s>>,
    /// `true` for a place among the slow requests.
    is_aside: bool,
}

impl Slots {
    pub(crate) fn new() -> Self {
        let [proven, new, slow] = [MAX_PROVEN, MAX_NEW, MAX_SLOW].map(Semaphore::new);
        Self { proven, new, slow }
    }

    /// Waits for a place.
    pub(super) async fn enter(&self, standing: Standing) -> Slot<'_> {
        // the semaphores are never closed
        let permit = self.of(standing).acquire().await.ok();
        Slot { slots: self, permit, is_aside: standing == Standing::Slow }
    }

    /// Returns `true` if a request does not have to wait.
    #[cfg(test)]
    pub(super) fn has_room(&self, standing: Standing) -> bool {
        self.of(standing).available_permits() > 0
    }

    fn of(&self, standing: Standing) -> &Semaphore {
        match standing {
            Standing::New => &self.new,
            Standing::Proven => &self.proven,
            Standing::Slow => &self.slow,
        }
    }
}

impl Slot<'_> {
    /// Takes a place among the slow requests, once the request takes too long and such a place is
    /// free. Another tracer then gets the place of this one. Returns at once for a place among the
    /// slow requests.
    pub(super) async fn step_aside(&mut self) {
        if self.is_aside {
            return;
        }
        tokio::time::sleep(PATIENCE).await;
        self.permit = self.slots.slow.acquire().await.ok();
        self.is_aside = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn enters_within(slots: &Slots, standing: Standing, limit: Duration) -> bool {
        tokio::time::timeout(limit, slots.enter(standing)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn slow_requests_make_room_for_those_of_other_tracers() {
        let slots = Slots::new();
        let mut slow = Vec::new();
        for _ in 0..MAX_NEW {
            slow.push(slots.enter(Standing::New).await);
        }
        assert!(!enters_within(&slots, Standing::New, PATIENCE / 2).await, "the limit holds");
        assert!(enters_within(&slots, Standing::Proven, Duration::ZERO).await);
        let mut aside = Vec::new();
        for mut slot in slow {
            slot.step_aside().await;
            aside.push(slot);
        }
        assert!(enters_within(&slots, Standing::New, Duration::ZERO).await);
        // more slow requests than there are places for them keep theirs
        for _ in MAX_NEW..MAX_SLOW {
            aside.push(slots.enter(Standing::Slow).await);
        }
        let mut last = slots.enter(Standing::New).await;
        assert!(tokio::time::timeout(PATIENCE * 10, last.step_aside()).await.is_err());
        assert!(last.permit.is_some());
        aside.pop();
        last.step_aside().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_request_needs_one_place() {
        let slots = Slots::new();
        let mut slow = Vec::new();
        for _ in 0..MAX_SLOW {
            slow.push(slots.enter(Standing::Slow).await);
        }
        let mut first = slow.remove(0);
        let mut aside = std::pin::pin!(first.step_aside());
        let _ = tokio::time::timeout(PATIENCE * 2, &mut aside).await;
        slow.pop();
        assert!(enters_within(&slots, Standing::Slow, Duration::ZERO).await, "the free place is for others");
    }
}
