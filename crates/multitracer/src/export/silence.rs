//! The silence of exports: nothing that they do becomes a span or an event of this library.
//!
//! A suppressed `Context` is not enough, because a library can leave it: h2 opens its spans with
//! `parent: None`. Therefore the threads of exports have a mark, which every start of a span and
//! every event asks for.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

thread_local! {
    /// `true` while this thread works for exports. It has no destructor, so that it can be read
    /// until the thread ends.
    static IS_EXPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Returns `true` if this thread works for exports. Nothing on it becomes a span or an event.
#[inline]
pub(crate) fn is_export_thread() -> bool {
    IS_EXPORTING.get()
}

/// Marks this thread as one of the exporters', until the thread ends.
pub(super) fn mark_export_thread() {
    IS_EXPORTING.set(true);
}

/// A mark of this thread that is removed when the guard is dropped.
#[derive(Debug)]
pub(crate) struct SilenceGuard {
    was_exporting: bool,
    /// Keeps the guard on its thread.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl SilenceGuard {
    pub(crate) fn enter() -> Self {
        Self { was_exporting: IS_EXPORTING.replace(true), _not_send: std::marker::PhantomData }
    }
}

impl Drop for SilenceGuard {
    fn drop(&mut self) {
        IS_EXPORTING.set(self.was_exporting);
    }
}

/// A future that works for exports on a runtime of the application. It is polled and dropped in
/// silence.
#[derive(Debug)]
#[cfg_attr(not(any(test, feature = "probe")), expect(dead_code, reason = "only probes run elsewhere"))]
pub(crate) struct Silenced<F> {
    /// `None` once the future has ended.
    future: Option<Pin<Box<F>>>,
}

#[cfg_attr(not(any(test, feature = "probe")), expect(dead_code, reason = "only probes run elsewhere"))]
impl<F> Silenced<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future: Some(Box::pin(future)) }
    }
}

impl<F: Future> Future for Silenced<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _silence = SilenceGuard::enter();
        let Some(future) = &mut self.future else { return Poll::Pending };
        let output = future.as_mut().poll(cx);
        if output.is_ready() {
            self.future = None;
        }
        output
    }
}

impl<F> Drop for Silenced<F> {
    fn drop(&mut self) {
        let _silence = SilenceGuard::enter();
        self.future = None;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    /// A value that notes if it is dropped in silence.
    struct Noted<'a>(&'a Cell<Option<bool>>);

    impl Drop for Noted<'_> {
        fn drop(&mut self) {
            self.0.set(Some(is_export_thread()));
        }
    }

    #[test]
    fn guards_nest_and_restore_the_mark() {
        assert!(!is_export_thread());
        let outer = SilenceGuard::enter();
        drop(SilenceGuard::enter());
        assert!(is_export_thread());
        drop(outer);
        assert!(!is_export_thread());
    }

    #[test]
    fn a_silenced_future_is_polled_and_dropped_in_silence() {
        let dropped = Cell::new(None);
        let noted = Noted(&dropped);
        let mut ready = pin!(Silenced::new(async move {
            let _noted = noted;
            is_export_thread()
        }));
        let cx = &mut Context::from_waker(Waker::noop());
        assert_eq!((ready.as_mut().poll(cx), dropped.take()), (Poll::Ready(true), Some(true)));
        let noted = Noted(&dropped);
        drop(Silenced::new(async move {
            let _noted = noted;
            std::future::pending::<()>().await;
        }));
        assert_eq!((dropped.take(), is_export_thread()), (Some(true), false));
    }
}
