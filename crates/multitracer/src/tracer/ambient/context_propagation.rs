//! Helpers that keep the tracer and the span when work moves to another thread or task.

use std::future::Future;
use std::thread;

use tokio::task::JoinHandle;

use super::current::{attach, current_context};
use super::future::{WithTracer, WithTracerExt as _};

/// Wraps a closure so that it runs with the tracer and the span that are current now.
///
/// Use it for code that runs a closure on another thread: scoped threads, `rayon::spawn`, a thread
/// pool. The context is taken when `carry` is called, not when the closure runs. A closure that
/// returns a future needs [`carry_async`], because `carry` ends before the future is polled.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// use multitracer::carry;
///
/// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
/// # let registry = Registry::builder().tracer(canary).build()?;
/// let name = || multitracer::current_tracer().map(|tracer| tracer.name().to_owned());
/// registry.scope(|| {
///     std::thread::scope(|threads| {
///         let thread = threads.spawn(carry(name));
///         assert_eq!(thread.join().unwrap().as_deref(), Some("canary"));
///     });
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn carry<R>(f: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let cx = current_context();
    move || {
        let _attached = attach(cx);
        f()
    }
}

/// Wraps a closure that returns a future, so that the future runs with the tracer and the span that
/// are current now.
///
/// Use it for a callback that a library runs in a task of its own, such as a WebSocket after the
/// upgrade: `upgrade.on_upgrade(carry_async(|socket| async move { .. }))`. The context is taken
/// when `carry_async` is called. The closure and each poll of its future run in that context.
/// Inside the closure, [`with_current_tracer`](crate::WithTracerExt::with_current_tracer) would be
/// too late: it takes the context of the task that calls the closure.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// use multitracer::{carry_async, current_tracer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
/// # let registry = Registry::builder().tracer(canary).build()?;
/// let greet = registry.tracer("canary")?.scope(|| {
///     carry_async(|name| async move {
///         let tracer = current_tracer().map(|tracer| tracer.name().to_owned());
///         format!("hello {name}, from {}", tracer.unwrap_or_default())
///     })
/// });
/// // a library calls the closure later, in a task of its own
/// assert_eq!(tokio::spawn(async { greet("Ada").await }).await?, "hello Ada, from canary");
/// # Ok(())
/// # }
/// ```
pub fn carry_async<A, F: Future>(f: impl FnOnce(A) -> F) -> impl FnOnce(A) -> WithTracer<F> {
    let cx = current_context();
    move |argument| {
        // a traced function takes the context of its call
        let future = {
            let _attached = attach(cx.clone());
            f(argument)
        };
        WithTracer::new(future, cx)
    }
}

/// Wraps a closure as [`carry`] does, for code that calls it many times, also on many threads at
/// once.
///
/// The parallel iterators of rayon take such closures.
///
/// ```
/// # let items = [1, 2];
/// let ranked: Vec<i32> = items.iter().map(multitracer::carry_fn(|item| item * 2)).collect();
/// # assert_eq!(ranked, [2, 4]);
/// ```
pub fn carry_fn<A, R>(f: impl Fn(A) -> R) -> impl Fn(A) -> R {
    let cx = current_context();
    move |argument| {
        let _attached = attach(cx.clone());
        f(argument)
    }
}

/// Spawns a Tokio task that keeps the tracer and the span that are current now.
///
/// Otherwise it is `tokio::spawn`. The span may end before the task does; spans that the task
/// starts later are still its children.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder, WithTracerExt as _};
/// use multitracer::current_tracer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
/// # let registry = Registry::builder().tracer(canary).build()?;
/// # let canary = registry.default_tracer();
/// # async {
/// let task = multitracer::spawn(async {
///     current_tracer().map(|tracer| tracer.name().to_owned())
/// });
/// assert_eq!(task.await.unwrap().as_deref(), Some("canary"));
/// # }.with_tracer(&canary).await;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// Panics outside of a Tokio runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.with_current_tracer())
}

/// Runs a closure that blocks on Tokio's blocking threads, with the tracer and the span that are
/// current now.
///
/// Otherwise it is `tokio::task::spawn_blocking`.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder, WithTracerExt as _};
/// use multitracer::{spawn_blocking, traced};
///
/// #[traced]
/// fn read_file() {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let spans = InMemoryExporter::new();
/// # let canary = TracerBuilder::new("canary").in_memory(&spans);
/// # let registry = Registry::builder().tracer(canary).build()?;
/// # let canary = registry.default_tracer();
/// # async {
/// spawn_blocking(read_file).await.unwrap();
/// # }.with_tracer(&canary).await;
/// # assert_eq!(spans.spans().len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// Panics outside of a Tokio runtime.
#[track_caller]
pub fn spawn_blocking<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    let cx = current_context();
    tokio::task::spawn_blocking(move || {
        let _attached = attach(cx);
        f()
    })
}

/// Starts a thread that keeps the tracer and the span that are current now.
///
/// Otherwise it is `std::thread::spawn`.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// use multitracer::{spawn_thread, traced};
///
/// #[traced]
/// fn compact() {}
///
/// # let spans = InMemoryExporter::new();
/// # let canary = TracerBuilder::new("canary").in_memory(&spans);
/// # let registry = Registry::builder().tracer(canary).build()?;
/// # registry.scope(|| {
/// spawn_thread(compact).join().unwrap();
/// # });
/// # assert_eq!(spans.spans().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// Panics if the system cannot start a thread.
pub fn spawn_thread<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> thread::JoinHandle<R> {
    let cx = current_context();
    thread::spawn(move || {
        let _attached = attach(cx);
        f()
    })
}
