//! The threads and executors that programs run on.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::world::World;

type Job = (Box<dyn FnOnce() + Send>, Sender<()>);

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().unwrap();
    static IS_IN_RUNTIME: Cell<bool> = const { Cell::new(false) };
    static SUBSCRIBER: Cell<usize> = const { Cell::new(0) };
    static OTHER_THREAD: Sender<Job> = start_other_thread();
}

fn start_other_thread() -> Sender<Job> {
    let (sender, jobs) = channel::<Job>();
    thread::spawn(move || {
        IS_IN_RUNTIME.set(true);
        for (job, done) in jobs {
            job();
            let _ = done.send(());
        }
    });
    sender
}

/// Runs `job` on another thread, which has no context.
pub(crate) fn on_other_thread(job: impl FnOnce() + Send + 'static) {
    let (done, wait) = channel();
    OTHER_THREAD.with(|sender| sender.send((Box::new(job), done)).unwrap());
    wait.recv().unwrap();
}

/// Runs `f` where no runtime may be entered, as on the threads of a program.
pub(crate) fn without_runtime(f: impl FnOnce()) {
    let before = IS_IN_RUNTIME.replace(true);
    f();
    IS_IN_RUNTIME.set(before);
}

/// Runs `f` with a subscriber of `world`.
pub(crate) fn with_subscriber<R>(world: &World, subscriber: usize, f: impl FnOnce() -> R) -> R {
    struct Reset(usize);
    impl Drop for Reset {
        fn drop(&mut self) {
            SUBSCRIBER.set(self.0);
        }
    }
    let _reset = Reset(SUBSCRIBER.replace(subscriber));
    tracing::dispatcher::with_default(&world.subscribers[subscriber], f)
}

/// Returns the number of this thread's subscriber.
pub(crate) fn subscriber() -> usize {
    SUBSCRIBER.get()
}

/// The waker of an executor that polls until its future is done.
struct NestedExecutor;

impl Wake for NestedExecutor {
    fn wake(self: Arc<Self>) {}
}

/// Runs a future on this thread's runtime, or on a small executor inside of another one.
pub(crate) fn block_on(outermost: impl Future<Output = ()>) {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            IS_IN_RUNTIME.set(false);
        }
    }
    if !IS_IN_RUNTIME.replace(true) {
        let _reset = Reset;
        return RUNTIME.with(|runtime| runtime.block_on(outermost));
    }
    let mut future = Box::pin(outermost);
    // every executor has a waker of its own
    let waker = Waker::from(Arc::new(NestedExecutor));
    let mut task = TaskContext::from_waker(&waker);
    for _ in 0..100_000 {
        if let Poll::Ready(()) = future.as_mut().poll(&mut task) {
            return;
        }
    }
    unreachable!("the program waits for something that cannot happen");
}
