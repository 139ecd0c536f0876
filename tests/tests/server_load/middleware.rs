//! The middleware inside the layer, for HTTP and gRPC.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{HeaderMap, Request};
use multitracer::{KeyValue, enrich_span};
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower::{Layer, Service};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use super::board::Tag;
use super::jobs::{ENDS, End, INNERS, Inner, named};
use super::work::Tools;

/// The instructions of a request, which its headers carry.
#[derive(Clone)]
pub(crate) struct Orders {
    pub(crate) tag: Tag,
    pub(crate) work: u32,
    pub(crate) end: End,
}

/// Labels the span of each request, extracts the headers again, and sets a `tracing` subscriber.
#[derive(Clone)]
pub(crate) struct Inside<S> {
    inner: S,
    tools: Arc<Tools>,
    subscriber: Dispatch,
}

/// Returns the layer that adds [`Inside`].
pub(crate) fn inside<S>(tools: &Arc<Tools>) -> impl Layer<S, Service = Inside<S>> + Clone + use<S> {
    let tools = Arc::clone(tools);
    // the subscriber sees the functions of this test alone, and is no global one
    let own = Targets::new().with_target("servers", tracing::Level::TRACE);
    let layer = multitracer::tracing_layer().with_filter(own);
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(layer));
    tower::layer::layer_fn(move |inner| Inside {
        inner,
        tools: Arc::clone(&tools),
        subscriber: subscriber.clone(),
    })
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

impl<S> Inside<S> {
    /// Reads the instructions, and puts the request's number on the server span.
    fn orders(&self, headers: &HeaderMap) -> Option<Orders> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let id: u64 = text("x-id")?.parse().ok()?;
        let tag = Tag::new(&self.tools.board, id);
        tag.ran("server");
        enrich_span([KeyValue::new("request.id", id as i64), KeyValue::new("visit", tag.visit.to_string())]);
        Some(Orders { tag, work: text("x-work")?.parse().ok()?, end: named(&ENDS, text("x-end")?)? })
    }

    /// Returns the context for the rest of the request.
    fn context(&self, headers: &HeaderMap, tag: &Tag) -> Context {
        let current = Context::current();
        let headers = Headers(headers);
        let inner = headers.get("x-inner").and_then(|inner| named(&INNERS, inner));
        let extract = || match tag.id % 2 {
            0 => TraceContextPropagator::new().extract_with_context(&current, &headers),
            _ => self.tools.registry.propagator().extract_with_context(&current, &headers),
        };
        match inner {
            Some(Inner::Attach) => extract(),
            Some(Inner::Span) => {
                let cx = extract();
                tag.ran("inner");
                let span = self.tools.library_span("inner", tag, &cx);
                cx.with_span(span)
            }
            _ => current,
        }
    }
}

impl<S, B> Service<Request<B>> for Inside<S>
where
    S: Service<Request<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Some(orders) = self.orders(request.headers()) else {
            return Box::pin(self.inner.call(request));
        };
        let cx = self.context(request.headers(), &orders.tag);
        let end = orders.end;
        request.extensions_mut().insert(orders);
        let _attached = cx.clone().attach();
        let future = self.inner.call(request);
        let future = async move {
            let result = future.await;
            if end == End::PanicUncaught {
                std::panic::resume_unwind(Box::new("as the request asked"));
            }
            result
        };
        Box::pin(future.with_context(cx).with_subscriber(self.subscriber.clone()))
    }
}
