//! The threads for writes to files and to the console.

use std::io;
use std::panic::resume_unwind;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// A handle to the threads for writes to files and to the console.
///
/// A hung disk, or a pipe that nobody reads, blocks a write without end. Therefore a write runs on
/// a thread that no other kind of exporter needs. Each file, and the console, is written by one
/// thread at a time: the other exports wait without a thread, within their time limits.
#[derive(Clone, Debug)]
pub(crate) struct WriteThreads(Handle);

impl WriteThreads {
    pub(in crate::export) fn new(handle: &Handle) -> Self {
        Self(handle.clone())
    }

    /// Runs a write on a thread of its own. If this future is dropped, a write that has not begun
    /// never begins, and one in progress continues.
    pub(crate) async fn run(
        &self,
        write: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        let mut task = JoinSet::new();
        task.spawn_blocking_on(write, &self.0);
        match task.join_next().await {
            Some(Ok(written)) => written,
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_) => Err(io::Error::other("the write was stopped")),
            },
            None => Err(io::Error::other("the write has no thread")),
        }
    }
}
