//! The health of an exporter, which is logged when it changes.

use std::time::{Duration, Instant};

use crate::export::outcome::ExportOutcome;

/// Minimum time between two log lines about a full queue.
const FULL_QUEUE_INTERVAL: Duration = Duration::from_secs(60);

/// The log of an exporter's problems. A broken backend is logged once and not with each batch.
#[derive(Debug, Default)]
pub(super) struct Health {
    status: Status,
    /// The last log line about a full queue.
    full_queue: Option<FullQueueWarning>,
}

/// The outcome of the last export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Healthy,
    /// The backend accepts requests and rejects some spans, or sends a message.
    Complaining,
    Failing,
}

#[derive(Clone, Copy, Debug)]
struct FullQueueWarning {
    at: Instant,
    /// Spans that the queue had refused by then.
    refused: u64,
}

impl Health {
    /// Logs the outcome of an export of `spans` spans, if the status changes.
    pub(super) fn report(&mut self, tracer: &str, spans: usize, outcome: &ExportOutcome) {
        let before = self.status;
        self.status = match outcome {
            Ok(success) => match success.complaint() {
                None => {
                    if before != Status::Healthy {
                        tracing::info!(target: "multitracer", tracer, "export works again");
                    }
                    Status::Healthy
                }
                Some(complaint) => {
                    if before != Status::Complaining {
                        let rejected = success.rejected;
                        tracing::warn!(target: "multitracer", tracer, spans, rejected, complaint, "exported with a complaint");
                    }
                    Status::Complaining
                }
            },
            Err(error) => {
                if before != Status::Failing {
                    let error = &*error.message;
                    tracing::warn!(target: "multitracer", tracer, spans, error, "export failed, spans dropped");
                }
                Status::Failing
            }
        };
    }

    /// Logs that the queue has refused spans, at most once per minute. `refused` is their total
    /// number.
    pub(super) fn report_refused(&mut self, tracer: &str, refused: u64) {
        let before = self.full_queue.map_or(0, |warning| warning.refused);
        let is_due = self.full_queue.is_none_or(|warning| warning.at.elapsed() >= FULL_QUEUE_INTERVAL);
        if refused > before && is_due {
            let spans = refused - before;
            // noted first, because a subscriber can panic
            self.full_queue = Some(FullQueueWarning { at: Instant::now(), refused });
            tracing::warn!(target: "multitracer", tracer, spans, "the queue was full, spans dropped");
        }
    }
}
