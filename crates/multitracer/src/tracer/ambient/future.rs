//! Futures that run under a tracer from their first poll to their last.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;
use pin_project_lite::pin_project;

use super::current::{attach, current_context};
use super::decision::{Decision, PolledGuard};
use super::dropping::DropContext;
use crate::tracer::choice::as_tracer::{AsTracer, TracerChoice};
use crate::tracer::resolve::Chosen;

/// Methods that run a future under a tracer.
///
/// Every future has them.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// use multitracer::{WithTracerExt as _, traced};
///
/// #[traced]
/// async fn fetch() {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let spans = InMemoryExporter::new();
/// # let canary = TracerBuilder::new("canary").in_memory(&spans);
/// # let registry = Registry::builder().tracer(canary).build()?;
/// let canary = registry.tracer("canary")?;
/// fetch().with_tracer(&canary).await;
/// assert_eq!(spans.spans()[0].name, "fetch");
/// # Ok(())
/// # }
/// ```
pub trait WithTracerExt: Future + Sized {
    /// Runs this future with `tracer` as the ambient tracer, on every thread that polls it.
    /// Destructors of its values run under `tracer` too, wherever the future is dropped.
    ///
    /// The call chooses the tracer and takes the current OpenTelemetry context. A task that is
    /// spawned with the result therefore keeps the span that is current now as its parent.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use multitracer::WithTracerExt as _;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(canary).build()?;
    /// let canary = registry.tracer("canary")?;
    /// let name = async { multitracer::current_tracer().map(|tracer| tracer.name().to_owned()) };
    /// assert_eq!(tokio::spawn(name.with_tracer(&canary)).await?.as_deref(), Some("canary"));
    /// # Ok(())
    /// # }
    /// ```
    fn with_tracer<T: AsTracer + ?Sized>(self, tracer: &T) -> WithTracer<Self> {
        let current = current_context();
        let cx = match tracer.as_tracer() {
            TracerChoice::Ambient => current.clone(),
            choice => Chosen::of(&current, choice, &"with_tracer").enter(&current),
        };
        WithTracer::decided(self, Decision::new(cx, current))
    }

    /// Runs this future with the tracer and the span that are current now, on every thread that
    /// polls it.
    ///
    /// Use it for a task that a `JoinSet` spawns. [`spawn`](crate::spawn) stands for
    /// `tokio::spawn`.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use multitracer::{WithTracerExt as _, traced};
    /// use tokio::task::JoinSet;
    ///
    /// #[traced]
    /// async fn fetch() {}
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let spans = InMemoryExporter::new();
    /// # let canary = TracerBuilder::new("canary").in_memory(&spans);
    /// # let registry = Registry::builder().tracer(canary).build()?;
    /// # let canary = registry.default_tracer();
    /// # async {
    /// let mut tasks = JoinSet::new();
    /// tasks.spawn(fetch().with_current_tracer());
    /// tasks.join_all().await;
    /// # }.with_tracer(&canary).await;
    /// # assert_eq!(spans.spans().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    fn with_current_tracer(self) -> WithTracer<Self> {
        WithTracer::new(self, current_context())
    }
}

impl<F: Future> WithTracerExt for F {}

pin_project! {
    /// A future that runs under a tracer. Comes from [`WithTracerExt::with_tracer`].
    ///
    /// Name the type to store such a future in a struct of your own:
    ///
    /// ```
    /// use multitracer::WithTracer;
    ///
    /// struct Job<F> {
    ///     work: WithTracer<F>,
    /// }
    /// # use multitracer::WithTracerExt as _;
    /// # let job = Job { work: async {}.with_current_tracer() };
    /// # drop(job.work);
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct WithTracer<F> {
        #[pin]
        inner: F,
        // after the future, so that it is dropped under its tracer
        listed: Option<PolledGuard>,
        dropping: DropContext,
        decision: Arc<Decision>,
    }

    impl<F> PinnedDrop for WithTracer<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.dropping.enter(&this.decision.cx);
            *this.listed = PolledGuard::dropping(this.decision);
        }
    }
}

impl<F> WithTracer<F> {
    pub(crate) fn new(inner: F, cx: Context) -> Self {
        Self::decided(inner, Decision::new(cx, current_context()))
    }

    fn decided(inner: F, decision: Decision) -> Self {
        Self { inner, listed: None, dropping: DropContext::default(), decision: Arc::new(decision) }
    }
}

impl<F: Future> Future for WithTracer<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _attached = attach(this.decision.cx.clone());
        let _polled = PolledGuard::new(this.decision, task);
        this.inner.poll(task)
    }
}

impl<F> std::fmt::Debug for WithTracer<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WithTracer").finish_non_exhaustive()
    }
}
