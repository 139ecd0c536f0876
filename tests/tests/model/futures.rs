//! Small futures of the interpreter.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll};

use crate::run::Env;
use crate::threads::with_subscriber;

pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A future that is polled and dropped with a subscriber.
///
/// A span of `tracing` must be entered and closed with its own subscriber, because the registry of
/// `tracing-subscriber` closes spans through the subscriber of the thread.
struct Subscribed {
    env: Arc<Env>,
    subscriber: usize,
    inner: Option<BoxFuture>,
}

impl Future for Subscribed {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<()> {
        let Self { env, subscriber, inner } = &mut *self;
        let Some(inner) = inner else { return Poll::Ready(()) };
        with_subscriber(&env.world, *subscriber, || inner.as_mut().poll(task))
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        let inner = self.inner.take();
        with_subscriber(&self.env.world, self.subscriber, || drop(inner));
    }
}

/// Returns a future that is polled and dropped with a subscriber.
pub(crate) fn subscribed(env: Arc<Env>, subscriber: usize, inner: BoxFuture) -> BoxFuture {
    Box::pin(Subscribed { env, subscriber, inner: Some(inner) })
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
