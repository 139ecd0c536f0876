//! Decisions about a future that was called before: `with_tracer` and its kin.
//!
//! A traced future keeps the context of its call. A decision that was made later, around that
//! future, replaces it. The future learns of the decision at its first poll, from a list of the
//! decisions whose futures this thread polls.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, RawWakerVTable, Waker};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use super::current::{current_context, is_same_place};
use super::frame::Frame;

/// The number of decisions that this process has made.
static MADE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The decisions whose futures this thread polls, innermost last.
    static POLLED: RefCell<Vec<Polled>> = const { RefCell::new(Vec::new()) };
}

/// A decision about a future: the context in which the future runs.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) cx: Context,
    number: u64,
    /// The context in which the decision was made.
    made_in: Context,
}

/// A decision whose future is polled.
struct Polled {
    decision: Arc<Decision>,
    task: TaskIdentity,
}

/// The identity of a waker, which every executor gives a task of its own.
type TaskIdentity = (*const (), *const RawWakerVTable);

impl Decision {
    pub(super) fn new(cx: Context, made_in: Context) -> Self {
        Self { cx, number: MADE.fetch_add(1, Ordering::Relaxed) + 1, made_in }
    }
}

/// The call of a future: its context, and its time.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) cx: Context,
    /// The number of decisions that had been made.
    time: u64,
}

impl Call {
    pub(crate) fn here() -> Self {
        Self { cx: current_context(), time: MADE.load(Ordering::Relaxed) }
    }

    /// Takes over the context of a later decision, as `future.with_tracer(..)` is one. The future
    /// is polled for the first time.
    pub(crate) fn follow_decision(&mut self, task: &TaskContext<'_>) {
        if let Some(decided) = self.decided_by(identity(task.waker())) {
            self.cx = decided;
        }
    }

    /// Returns the context in which a future that was never polled drops its values.
    pub(crate) fn into_drop_context(self) -> Context {
        self.decided_by(identity(Waker::noop())).unwrap_or(self.cx)
    }

    /// Returns the context that a decision gives to the future, which `task` polls or drops.
    fn decided_by(&self, task: TaskIdentity) -> Option<Context> {
        if self.time == MADE.load(Ordering::Relaxed) {
            return None;
        }
        let innermost = POLLED.try_with(|polled| {
            let polled = polled.borrow();
            let Polled { decision, task } = polled.last()?;
            (decision.number > self.time).then(|| (Arc::clone(decision), *task))
        });
        let (decision, polled_by) = innermost.ok().flatten()?;
        if is_empty(&decision.cx) {
            return None;
        }
        let is_direct = is_same_place(&decision.cx, &current_context());
        let is_about_call = polled_by == task || is_same_place(&decision.made_in, &self.cx);
        (is_direct && is_about_call).then(|| decision.cx.clone())
    }
}

/// A guard that lists a decision while its future is polled or dropped.
#[derive(Debug)]
pub(super) struct PolledGuard(());

impl PolledGuard {
    pub(super) fn new(decision: &Arc<Decision>, task: &TaskContext<'_>) -> Option<Self> {
        Self::list(decision, identity(task.waker()))
    }

    /// Lists a decision while its future is dropped, which no executor does.
    pub(super) fn dropping(decision: &Arc<Decision>) -> Option<Self> {
        Self::list(decision, identity(Waker::noop()))
    }

    fn list(decision: &Arc<Decision>, task: TaskIdentity) -> Option<Self> {
        let polled = Polled { decision: Arc::clone(decision), task };
        POLLED.try_with(|list| list.borrow_mut().push(polled)).ok()?;
        Some(Self(()))
    }
}

impl Drop for PolledGuard {
    fn drop(&mut self) {
        // the decision may hold the last handle of a span, which must not drop under the borrow
        let polled = POLLED.try_with(|list| list.borrow_mut().pop());
        drop(polled);
    }
}

/// Returns `true` for a context without a tracer and a span, in which there is nothing to decide.
fn is_empty(cx: &Context) -> bool {
    Frame::of(cx).is_none() && !cx.span().span_context().is_valid()
}

fn identity(waker: &Waker) -> TaskIdentity {
    (waker.data(), waker.vtable())
}
