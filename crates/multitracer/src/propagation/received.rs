//! A message of whatever protocol, as a place to go on from.

use std::future::Future;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use super::incoming::{ChosenRoute, Incoming};
use super::outgoing::RequestRoute;
use crate::registry::Registry;
use crate::routing::{Headers, Route};
use crate::tracer::{Frame, WithTracer};

/// What a message brought: its route, and the context in which to handle it. Comes from [`Registry::receive`].
#[derive(Clone, Debug)]
pub struct Received {
    route: Route,
    cx: Context,
}

impl Registry {
    /// Decides the route of a message and reads the context of who sent it: for queues, jobs and protocols that have no layer here.
    ///
    /// The same rules hold as for a request behind [`http_layer`](Self::http_layer): the sender's span becomes the parent or a link, and trusted
    /// baggage comes first. No span is opened.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// use multitracer::traced;
    ///
    /// #[traced(kind = "consumer")]
    /// async fn handle(payload: &str) {}
    ///
    /// # async fn f(registry: &Registry) {
    /// let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("x-canary-user", "true")];
    /// registry.receive(&headers).run(handle("payload")).await;
    /// # }
    /// ```
    #[must_use]
    pub fn receive<H: Headers + ?Sized>(&self, headers: &H) -> Received {
        let incoming =
            Incoming::from_headers(&self.current_context(), headers, self.snapshot().trusts_baggage());
        let ChosenRoute { route, owns_caller_span } = incoming
            .route(self, headers)
            .unwrap_or_else(|| ChosenRoute { route: self.route(headers), owns_caller_span: false });
        let cx = route.tracer().context(&with_route(&incoming.cx, &route, owns_caller_span));
        Received { route, cx }
    }

    /// The current context, with this registry in it.
    pub(crate) fn current_context(&self) -> Context {
        let cx = Context::current();
        let there = Frame::of(&cx).map_or_else(|| self.is_installed(), |frame| frame.registry().ptr_eq(self));
        if there { cx } else { self.default_tracer().context(&cx) }
    }
}

/// Notes `route` in `cx`, for what is sent from there; and where the caller's span is of the same tracer, whose it is.
pub(crate) fn with_route(cx: &Context, route: &Route, owns_caller_span: bool) -> Context {
    let mut inside = cx.clone();
    if route.name().is_some() {
        inside = inside.with_value(RequestRoute(route.clone()));
    }
    let tracer = route.tracer();
    let core =
        if owns_caller_span { tracer.registry().in_force(cx, Arc::clone(tracer.core())) } else { None };
    match core {
        Some(core) if cx.span().span_context().is_remote() => {
            Frame::enter_remote(&inside, tracer.registry(), &core)
        }
        _ => inside,
    }
}

impl Received {
    /// The route.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// The context: the route's tracer is ambient in it, and the sender's span is the current one.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// Runs `f` there.
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _attached = self.cx.clone().attach();
        f()
    }

    /// Runs `future` there, on whatever thread it is polled.
    pub fn run<F: Future>(&self, future: F) -> WithTracer<F> {
        WithTracer::new(future, self.cx.clone())
    }
}
