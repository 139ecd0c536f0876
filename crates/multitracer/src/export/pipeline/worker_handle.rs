//! The handle of a worker, and the commands that it sends.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::export::exporter::ShutdownState;
use crate::export::queue::Queue;

/// A request to empty the queue now.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) kind: CommandKind,
    /// Receives the result.
    pub(super) done: oneshot::Sender<Result<(), String>>,
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
    queue: Arc<Queue>,
    commands: mpsc::UnboundedSender<Command>,
    shutdown: watch::Sender<ShutdownState>,
}

impl WorkerHandle {
    pub(super) fn new(
        queue: Arc<Queue>,
        commands: mpsc::UnboundedSender<Command>,
        shutdown: watch::Sender<ShutdownState>,
    ) -> Self {
        Self { queue, commands, shutdown }
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Sends a command. Returns `false` if the worker has ended.
    pub(super) fn send(&self, command: Command) -> bool {
        self.commands.send(command).is_ok()
    }

    /// Refuses later spans, and sets the deadline of the shutdown, if there is one.
    pub(super) fn close(&self, deadline: Option<Instant>) {
        self.queue.close();
        if let Some(deadline) = deadline {
            self.shutdown.send_replace(ShutdownState::StoppingBy(deadline));
        }
    }

    /// Counts all remaining spans as dropped, and stops their exports.
    pub(super) fn abandon(&self) {
        self.queue.abandon();
        self.shutdown.send_replace(ShutdownState::Abandoned);
    }
}
