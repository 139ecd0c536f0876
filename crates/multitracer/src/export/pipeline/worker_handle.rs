//! The handle of a worker, and the commands that it sends.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::results::{Done, Failure, Outcome};
use crate::export::exporter::ShutdownState;
use crate::export::queue::Queue;

/// Time limit for the shutdown of an exporter, and for the last exports of a pipeline that was
/// dropped without a shutdown.
pub(super) const EXPORTER_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// A request to empty the queue now.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) kind: CommandKind,
    /// Receives the result.
    pub(super) done: Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommandKind {
    /// The worker exports all queued spans and continues.
    Flush,
    /// The worker exports all queued spans, shuts the exporter down and ends.
    Shutdown,
}

/// The queue of a worker, and the channels to it.
pub(super) struct WorkerHandle {
    pub(super) queue: Arc<Queue>,
    pub(super) commands: mpsc::UnboundedSender<Command>,
    pub(super) shutdown: watch::Sender<ShutdownState>,
    /// The outcome of the shutdown, once the worker has ended.
    pub(super) outcome: Arc<OnceLock<Outcome>>,
}

impl WorkerHandle {
    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Sends a command. A worker that was shut down gives the outcome of its shutdown again. So
    /// does the worker of a tracer that a reload retired, whose spans a flush finds exported.
    pub(super) fn send(&self, command: Command) {
        if let Err(mpsc::error::SendError(Command { kind, done })) = self.commands.send(command) {
            let outcome = self.outcome.get().cloned().unwrap_or(Err(Failure::Stopped));
            // a retired tracer has no deadline
            let is_retired = *self.shutdown.borrow() == ShutdownState::Running;
            let is_refused = kind == CommandKind::Flush && !is_retired;
            done.send(if is_refused { Err(Failure::ShutDown) } else { outcome });
        }
    }

    /// Refuses later spans, and sets the deadline of the shutdown, if there is one. The earliest
    /// deadline counts.
    pub(super) fn close(&self, deadline: Option<Instant>) {
        self.queue.close();
        if let Some(deadline) = deadline {
            // the clock of the caller's runtime may stand still
            let deadline = tokio::time::Instant::from_std(deadline);
            self.shutdown.send_if_modified(|state| {
                let is_earlier = match *state {
                    ShutdownState::Running => true,
                    ShutdownState::StoppingBy(other) => deadline < other,
                    ShutdownState::Abandoned => false,
                };
                if is_earlier {
                    *state = ShutdownState::StoppingBy(deadline);
                }
                is_earlier
            });
        }
    }

    /// Counts all remaining spans as dropped, and stops their exports.
    pub(super) fn abandon(&self) {
        self.queue.abandon();
        self.shutdown.send_replace(ShutdownState::Abandoned);
    }
}

impl Drop for WorkerHandle {
    /// Sets a deadline for the last exports, because no shutdown can set one later.
    fn drop(&mut self) {
        self.close(Some(now() + EXPORTER_SHUTDOWN_TIMEOUT));
    }
}

/// Returns the time of the exports' clock, which an application cannot pause.
#[cfg(not(test))]
fn now() -> Instant {
    Instant::now()
}

/// Returns the time of the exports' clock. It is the clock of the current runtime, because tests
/// run workers there.
#[cfg(test)]
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
