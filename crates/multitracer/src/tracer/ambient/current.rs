//! The current `Context` of a thread, also while the thread ends.
//!
//! OpenTelemetry keeps the current context in a thread-local variable, and panics if it is used
//! after that variable is destroyed. A destructor of another thread-local variable can do so. A
//! panic there aborts the process. Therefore the functions here first ask a variable of our own,
//! which is destroyed before OpenTelemetry's.

use std::cell::Cell;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard};

use super::frame::Frame;

/// The state of a thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thread {
    /// This library has not used the thread's context yet.
    Unused,
    Alive,
    /// The current context is destroyed, or is about to be.
    Ending,
}

/// A value that is destroyed before the current context of its thread.
struct EndOfThread;

impl Drop for EndOfThread {
    fn drop(&mut self) {
        THREAD.set(Thread::Ending);
    }
}

thread_local! {
    /// A plain value without a destructor, so that reading it is cheap, and possible until the end.
    static THREAD: Cell<Thread> = const { Cell::new(Thread::Unused) };
    static END: EndOfThread = {
        // a thread destroys its variables in the reverse order of their first use
        Context::map_current(|_| ());
        EndOfThread
    };
}

/// Returns `true` while this thread has a current context.
#[inline]
fn has_current() -> bool {
    match THREAD.get() {
        Thread::Alive => true,
        Thread::Ending => false,
        Thread::Unused => use_thread(),
    }
}

/// Prepares a thread whose context this library has not used yet.
#[cold]
fn use_thread() -> bool {
    // another library may have used the context first; then it may be destroyed by now, and panics
    let is_alive = std::panic::catch_unwind(|| END.try_with(|_| ()).is_ok()).unwrap_or(false);
    THREAD.set(if is_alive { Thread::Alive } else { Thread::Ending });
    is_alive
}

/// Returns the current context. A thread that ends has an empty context without telemetry.
#[inline]
pub(crate) fn current_context() -> Context {
    if has_current() { Context::current() } else { Context::new().with_telemetry_suppressed() }
}

/// Calls `f` with the current context. Returns `None` while the thread ends.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(&Context) -> R) -> Option<R> {
    has_current().then(|| Context::map_current(f))
}

/// Makes `cx` the current context. Returns `None` while the thread ends.
#[inline]
pub(crate) fn attach(cx: Context) -> Option<ContextGuard> {
    has_current().then(|| cx.attach())
}

/// Returns `true` if spans that start in `a` and in `b` get the same tracer, parent and baggage.
///
/// Compares addresses, so `false` may also be the answer for equal contexts.
pub(crate) fn is_same_place(a: &Context, b: &Context) -> bool {
    let is_same_frame = match (Frame::of(a), Frame::of(b)) {
        (None, None) => true,
        (Some(a), Some(b)) => a.ptr_eq(b),
        _ => false,
    };
    is_same_frame && span_address(a) == span_address(b) && is_same_baggage(a, b) && {
        a.is_telemetry_suppressed() == b.is_telemetry_suppressed()
    }
}

/// Returns the address of the current span, or `None` without a span.
fn span_address(cx: &Context) -> Option<*const SpanContext> {
    cx.has_active_span().then(|| std::ptr::from_ref(cx.span().span_context()))
}

fn is_same_baggage(a: &Context, b: &Context) -> bool {
    let address = |cx: &Context| cx.get::<opentelemetry::baggage::Baggage>().map(std::ptr::from_ref);
    address(a) == address(b)
}
