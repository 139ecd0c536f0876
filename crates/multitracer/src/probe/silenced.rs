//! The silence of a probe, which runs on a runtime of the application.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::export::SilenceGuard;

/// A future that is polled and dropped in silence: nothing in it becomes a span or an event.
#[derive(Debug)]
pub(super) struct Silenced<F> {
    /// `None` once the future has ended.
    future: Option<Pin<Box<F>>>,
}

impl<F> Silenced<F> {
    pub(super) fn new(future: F) -> Self {
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
    use std::cell::Cell;
    use std::pin::pin;
    use std::task::Waker;

    use super::*;
    use crate::export::is_export_thread;

    /// A value that notes if it is dropped in silence.
    struct Noted<'a>(&'a Cell<Option<bool>>);

    impl Drop for Noted<'_> {
        fn drop(&mut self) {
            self.0.set(Some(is_export_thread()));
        }
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
