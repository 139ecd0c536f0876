//! A message of whatever protocol, as a place to go on from.

use std::future::Future;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use super::incoming::{Incoming, Named};
use super::outgoing::Decided;
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
        let incoming = Incoming::read(&self.entered(), headers, self.trusts_baggage());
        let Named { route, same_tracer } = incoming
            .route(self, headers)
            .unwrap_or_else(|| Named { route: self.route(headers), same_tracer: false });
        let cx = route.tracer().context(&enter(&incoming.cx, &route, same_tracer));
        Received { route, cx }
    }

    /// The current context, with this registry in it.
    pub(crate) fn entered(&self) -> Context {
        let cx = Context::current();
        let is_here = match Frame::of(&cx) {
            Some(frame) => frame.tracer().registry().ptr_eq(self),
            None => self.set().is_installed(),
        };
        if is_here { cx } else { self.default_tracer().context(&cx) }
    }
}

/// Notes `route` in `cx`, for what is sent from there; and where the caller's span is of the same tracer, whose it is.
pub(crate) fn enter(cx: &Context, route: &Route, same_tracer: bool) -> Context {
    let mut inside = cx.clone();
    if route.name().is_some() {
        inside = inside.with_value(Decided(route.clone()));
    }
    let tracer = route.tracer();
    let in_force = if same_tracer { tracer.clone().in_force(cx) } else { None };
    match in_force {
        Some(tracer) if cx.span().span_context().is_remote() => Frame::enter_remote(&inside, tracer),
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
