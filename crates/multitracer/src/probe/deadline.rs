//! The deadline of all steps of one probe.

use std::future::Future;
use std::time::{Duration, Instant};

use super::outcome::{ProbeOutcome, ProbeStep};

/// The moment at which a probe ends.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    moment: Instant,
    /// The timeout, for the error message.
    timeout: Duration,
}

impl Deadline {
    /// Returns the deadline `timeout` from now. A timeout beyond the range of the clock means one
    /// day.
    pub(super) fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        Self { moment: now.checked_add(timeout).unwrap_or(now + Duration::from_secs(86_400)), timeout }
    }

    pub(super) fn moment(self) -> tokio::time::Instant {
        self.moment.into()
    }

    /// Runs one step until the deadline.
    pub(super) async fn within<T>(
        self,
        step: ProbeStep,
        future: impl Future<Output = T>,
    ) -> Result<T, ProbeOutcome> {
        tokio::time::timeout_at(self.moment.into(), future).await.map_err(|_| {
            let what = match step {
                ProbeStep::Dns => "the name was not resolved",
                ProbeStep::Connect => "no connection",
                ProbeStep::Tls => "no secure connection",
                ProbeStep::Http => "no response",
            };
            ProbeOutcome::unreachable(step, format_args!("{what} within {:?}", self.timeout))
        })
    }
}
