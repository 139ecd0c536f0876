//! The work of a handler: each bit of the request's number is a way to call or to spawn a function.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::Shared;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use http::HeaderMap;
use multitracer::propagation::outgoing_headers;
use multitracer::provider::{DispatchedSpan, DispatchingTracer};
use multitracer::{Registry, WithTracerExt as _, async_span, span};
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tracing::instrument::WithSubscriber as _;

use super::board::{Board, Tag};
use super::functions::{
    explode, hang, instrumented, note, outer, plain, step, thin, to_canary, to_gone, to_nobody, to_production,
};
use super::shelf::Shelf;

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The state that all handlers share.
pub(crate) struct Tools {
    pub(crate) registry: Registry,
    pub(crate) board: Arc<Board>,
    pub(crate) shelf: Shelf,
    library: DispatchingTracer,
    worker: mpsc::UnboundedSender<Boxed>,
    queue: mpsc::UnboundedSender<(HeaderMap, Tag)>,
}

impl Tools {
    /// Returns the state, and starts the task that drives the futures of many requests.
    pub(crate) fn start(registry: &Registry, board: &Arc<Board>) -> Arc<Self> {
        let (worker, mut jobs) = mpsc::unbounded_channel::<Boxed>();
        tokio::spawn(async move {
            let mut running = FuturesUnordered::new();
            loop {
                tokio::select! {
                    job = jobs.recv() => match job {
                        Some(job) => running.push(job),
                        None => return,
                    },
                    Some(()) = running.next() => {}
                }
            }
        });
        let (queue, mut messages) = mpsc::unbounded_channel::<(HeaderMap, Tag)>();
        let receiver = registry.clone();
        tokio::spawn(async move {
            while let Some((headers, tag)) = messages.recv().await {
                let received = receiver.receive(&headers);
                match tag.id % 2 {
                    0 => received.scope(|| tokio::spawn(outer(tag))).await.unwrap_or_default(),
                    _ => received.run(outer(tag)).await,
                }
            }
        });
        Arc::new(Self {
            queue,
            registry: registry.clone(),
            board: Arc::clone(board),
            shelf: Shelf::default(),
            library: registry.tracer_provider().tracer("library"),
            worker,
        })
    }

    /// Returns a span of an OpenTelemetry library, for `cx`.
    pub(crate) fn library_span(&self, name: &'static str, tag: &Tag, cx: &Context) -> DispatchedSpan {
        let mut span = self.library.start_with_context(name, cx);
        span.set_attributes([
            KeyValue::new("request.id", tag.id as i64),
            KeyValue::new("visit", tag.visit.to_string()),
        ]);
        span
    }

    /// Sends a message to the queue. A task of its own handles the messages of all requests.
    fn send_message(&self, tag: &Tag) {
        let headers = outgoing_headers();
        let receiver = tag.sends(&headers);
        let _ = self.queue.send((headers, receiver));
    }

    /// Lets the task of all requests drive `future` to its end.
    async fn drive(&self, future: impl Future<Output = ()> + Send + 'static) {
        let (done, wait) = oneshot::channel();
        let job = async move {
            future.await;
            let _ = done.send(());
        };
        if self.worker.send(Box::pin(job)).is_ok() {
            let _ = wait.await;
        }
    }
}

/// The number of a request's work, whose bits are kinds of work.
#[derive(Clone, Copy)]
struct Bits(u32);

impl Bits {
    fn has(self, bit: u32) -> bool {
        self.0 & (1 << bit) != 0
    }
}

/// Does the work of a request, of those kinds whose bits are set.
pub(crate) async fn work(tools: &Arc<Tools>, tag: &Tag, bits: u32) {
    let bits = Bits(bits);
    call_here(tools, tag, bits).await;
    spawn_elsewhere(tag, bits).await;
    share(tools, tag, bits).await;
    visit_others(tools, tag, bits).await;
}

/// Calls functions in the task of the handler.
async fn call_here(tools: &Arc<Tools>, tag: &Tag, bits: Bits) {
    if bits.has(0) {
        step(tag.clone()).await;
    }
    if bits.has(1) {
        let audit = tag.visit("audit");
        tokio::join!(step(tag.clone()), async { note(&audit) });
    }
    if bits.has(6) {
        tokio::select! {
            biased;
            () = hang(tag.clone()) => {}
            () = step(tag.clone()) => {}
        }
    }
    if bits.has(10) {
        instrumented(tag.clone()).await;
    }
    if bits.has(16) {
        tag.ran("library");
        let _span = opentelemetry::trace::mark_span_as_active(tools.library_span(
            "library",
            tag,
            &Context::current(),
        ));
        plain(tag);
    }
    if bits.has(17) {
        tag.ran("manual");
        let _span = span!("manual", fields(request.id = tag.id as i64, visit = &*tag.visit));
        plain(tag);
    }
}

/// Calls functions that other tasks and threads run.
async fn spawn_elsewhere(tag: &Tag, bits: Bits) {
    if bits.has(2) {
        tokio::spawn(outer(tag.clone())).await.unwrap_or_default();
    }
    if bits.has(4) {
        let own = tag.clone();
        let inside = async move {
            plain(&own);
            step(own).await;
        };
        multitracer::spawn(inside).await.unwrap_or_default();
    }
    if bits.has(5) {
        let own = tag.clone();
        multitracer::spawn_blocking(move || plain(&own)).await.unwrap_or_default();
    }
    if bits.has(8) {
        // without a context and an installed registry there is no span
        let nowhere = tag.nowhere();
        tokio::spawn(async move { step(nowhere).await }).await.unwrap_or_default();
    }
    if bits.has(11) {
        tokio::spawn(thin(tag.clone())).await.unwrap_or_default();
    }
    if bits.has(13) {
        // nobody waits for this task
        let detached = step(tag.clone());
        tokio::spawn(async move {
            yield_now().await;
            detached.await;
        });
    }
    if bits.has(15) {
        tokio::spawn(explode(tag.clone())).await.unwrap_or_default();
    }
    if bits.has(18) {
        let future = step(tag.clone());
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || runtime.block_on(future)).await.unwrap_or_default();
    }
    if bits.has(19) {
        let own = tag.clone();
        let future = async_span!("in_task", fields(request.id = tag.id as i64, visit = &*tag.visit); async move {
            own.ran("in_task");
            step(own).await;
        });
        tokio::spawn(future).await.unwrap_or_default();
    }
    if bits.has(20) {
        let inside = instrumented(tag.clone()).with_current_subscriber();
        multitracer::spawn(inside).await.unwrap_or_default();
    }
}

/// Calls functions whose futures other tasks drive, too.
async fn share(tools: &Arc<Tools>, tag: &Tag, bits: Bits) {
    if bits.has(9) {
        tools.drive(step(tag.clone())).await;
    }
    if bits.has(12) {
        let shared: Shared<_> = step(tag.clone()).boxed().shared();
        let (here, there) = (shared.clone(), tokio::spawn(shared));
        here.await;
        there.await.unwrap_or_default();
    }
    if bits.has(21) {
        // the next request of this connection polls it
        tools.shelf.put(tag, step(tag.clone()).boxed().shared());
    }
    if bits.has(22) {
        let shared = step(tag.clone()).boxed().shared();
        tools.shelf.put(tag, shared.clone());
        shared.await;
    }
    if let Some(theirs) = tools.shelf.take(tag) {
        theirs.await;
    }
}

/// Calls functions that choose another tracer, and sends headers.
async fn visit_others(tools: &Arc<Tools>, tag: &Tag, bits: Bits) {
    if bits.has(3) {
        tokio::spawn(to_canary(tag.visit("canary"))).await.unwrap_or_default();
    }
    if bits.has(7) {
        to_production(tag.visit("production")).await;
    }
    if bits.has(14)
        && let Ok(audit) = tools.registry.tracer("audit")
    {
        step(tag.visit("audit+")).with_tracer(&audit).await;
        let canary = tag.visit("canary");
        let inside = async { to_canary(canary).await };
        inside.with_tracer(&audit).await;
    }
    if bits.has(23) {
        tag.sends(&outgoing_headers());
    }
    if bits.has(24) {
        to_gone(tag.visit("gone")).await;
    }
    if bits.has(25) {
        to_nobody(tag.nowhere()).await;
    }
    if bits.has(26) {
        tools.send_message(tag);
    }
    if bits.has(27)
        && let Ok(canary) = tools.registry.tracer("canary")
    {
        let tag = tag.visit("canary");
        canary.scope(|| tools.send_message(&tag));
    }
}
