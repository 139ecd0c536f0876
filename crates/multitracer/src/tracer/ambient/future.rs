//! A tracer for the whole life of a future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;
use pin_project_lite::pin_project;

use super::frame::Frame;
use crate::tracer::choice::as_tracer::AsTracer;
use crate::tracer::named::Tracer;

/// Gives futures a tracer.
pub trait WithTracerExt: Future + Sized {
    /// Runs this future with `tracer` as the ambient one, on whatever thread it is polled.
    ///
    /// The choice is made, and the current OpenTelemetry context taken, when this is called; so a task spawned
    /// with the result keeps the span that is current here as its parent.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use multitracer::WithTracerExt as _;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&InMemoryExporter::new())).build().unwrap();
    /// let canary = registry.tracer("canary").unwrap();
    /// let name = async { multitracer::current_tracer().unwrap().name().to_owned() };
    /// assert_eq!(tokio::spawn(name.with_tracer(&canary)).await.unwrap(), "canary");
    /// # }
    /// ```
    fn with_tracer<T: AsTracer + ?Sized>(self, tracer: &T) -> WithTracer<Self> {
        let current = Context::current();
        let chosen = Tracer::chosen(&current, tracer.as_tracer(), &"with_tracer");
        let cx = match chosen.and_then(|tracer| tracer.in_force(&current)) {
            Some(tracer) => Frame::enter(&current, tracer),
            None => current,
        };
        WithTracer { inner: self, cx }
    }

    /// Runs this future with the tracer and the span that are current here, on whatever thread it is polled: what a task
    /// wants that is spawned, say in a `JoinSet`. For `tokio::spawn` there is [`spawn`](crate::spawn).
    fn with_current_tracer(self) -> WithTracer<Self> {
        WithTracer::new(self, Context::current())
    }
}

impl<F: Future> WithTracerExt for F {}

pin_project! {
    /// A future with a tracer of its own; see [`WithTracerExt::with_tracer`].
    #[must_use = "futures do nothing unless polled"]
    pub struct WithTracer<F> {
        #[pin]
        inner: F,
        cx: Context,
    }
}

impl<F> WithTracer<F> {
    pub(crate) fn new(inner: F, cx: Context) -> Self {
        Self { inner, cx }
    }
}

impl<F: Future> Future for WithTracer<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _attached = this.cx.clone().attach();
        this.inner.poll(task)
    }
}

impl<F> std::fmt::Debug for WithTracer<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WithTracer").finish_non_exhaustive()
    }
}
