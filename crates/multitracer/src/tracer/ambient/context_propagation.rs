//! Work that leaves the thread or the task, and keeps tracer and span.

use std::future::Future;
use std::thread;

use opentelemetry::Context;
use tokio::task::JoinHandle;

use super::future::WithTracerExt as _;

/// `f` with the tracer and the span that are current here, wherever it is called: for `std::thread::spawn`, scoped threads,
/// `rayon::spawn`, `tokio::task::spawn_blocking`, and other code that takes a closure away.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&InMemoryExporter::new())).build()?;
/// registry.scope(|| {
///     std::thread::scope(|threads| {
///         threads.spawn(multitracer::carry(|| assert_eq!(multitracer::current_tracer().unwrap().name(), "canary")));
///     });
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn carry<R>(f: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let cx = Context::current();
    move || {
        let _attached = cx.attach();
        f()
    }
}

/// As [`carry`], for a closure that is called many times, on many threads at once: what the iterators of rayon take.
///
/// ```
/// # let items = [1, 2];
/// let ranked: Vec<i32> = items.iter().map(multitracer::carry_fn(|item| item * 2)).collect();
/// # assert_eq!(ranked, [2, 4]);
/// ```
pub fn carry_fn<A, R>(f: impl Fn(A) -> R) -> impl Fn(A) -> R {
    let cx = Context::current();
    move |argument| {
        let _attached = cx.clone().attach();
        f(argument)
    }
}

/// `tokio::spawn`, and the task keeps the tracer and the span that are current here.
///
/// The span may end before the task does; the task's spans stay its children.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder, WithTracerExt as _};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&InMemoryExporter::new())).build().unwrap();
/// # let canary = registry.default_tracer();
/// # async {
/// let name = multitracer::spawn(async { multitracer::current_tracer().unwrap().name().to_owned() });
/// assert_eq!(name.await.unwrap(), "canary");
/// # }.with_tracer(&canary).await;
/// # }
/// ```
///
/// # Panics
///
/// Outside of a Tokio runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.with_current_tracer())
}

/// `tokio::task::spawn_blocking`, and the closure keeps the tracer and the span that are current here.
///
/// # Panics
///
/// Outside of a Tokio runtime.
#[track_caller]
pub fn spawn_blocking<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    let cx = Context::current();
    tokio::task::spawn_blocking(move || {
        let _attached = cx.attach();
        f()
    })
}

/// `std::thread::spawn`, and the thread keeps the tracer and the span that are current here.
///
/// # Panics
///
/// When the system cannot start a thread.
pub fn spawn_thread<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> thread::JoinHandle<R> {
    let cx = Context::current();
    thread::spawn(move || {
        let _attached = cx.attach();
        f()
    })
}
