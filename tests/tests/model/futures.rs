//! Small futures of the interpreter.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use crate::run::Env;
use crate::threads::with_subscriber;

pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Polls a future with a subscriber.
pub(crate) fn subscribed(env: Arc<Env>, subscriber: usize, mut inner: BoxFuture) -> BoxFuture {
    Box::pin(poll_fn(move |task| with_subscriber(&env.world, subscriber, || inner.as_mut().poll(task))))
}

/// Returns a future that is pending once.
pub(crate) fn yield_once() -> impl Future<Output = ()> + Send {
    let mut is_done = false;
    poll_fn(move |task| {
        if std::mem::replace(&mut is_done, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Returns a future that is pending forever, and says so.
pub(crate) fn pending(is_stuck: &AtomicBool) -> impl Future<Output = ()> + Send {
    poll_fn(move |_| {
        is_stuck.store(true, Ordering::Relaxed);
        Poll::Pending
    })
}

/// Awaits a future until it is done or pending forever, and drops it.
pub(crate) fn select(is_stuck: &AtomicBool, inner: BoxFuture) -> impl Future<Output = ()> + Send {
    let mut inner = Some(inner);
    poll_fn(move |task| {
        let Some(future) = &mut inner else { return Poll::Ready(()) };
        let is_ready = future.as_mut().poll(task).is_ready();
        if is_ready || is_stuck.swap(false, Ordering::Relaxed) {
            inner = None;
            return Poll::Ready(());
        }
        Poll::Pending
    })
}
