//! The route and the context of a message of any protocol.

use std::future::Future;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use super::incoming::{CallerSpan, ChosenRoute, Incoming};
use super::outgoing::RequestRoute;
use crate::registry::Registry;
use crate::routing::{Headers, Route};
use crate::tracer::{Chosen, Frame, Readiness, WithTracer, attach, current_context};

/// The route of a message and the context in which to handle it.
///
/// [`Registry::receive`] returns it.
///
/// ```
/// use multitracer::current_tracer;
///
/// # let registry = multitracer::Registry::from_yaml(r#"
/// # default_tracer: production
/// # tracers: {production: {exporter: console}, canary: {exporter: console}}
/// # routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
/// # "#)?;
/// let received = registry.receive(&[("x-canary-user", "true")]);
/// assert_eq!(received.route().name(), Some("canary-users"));
/// received.scope(|| {
///     // functions called here are traced by `canary`
///     assert_eq!(current_tracer().unwrap().name(), "canary");
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Received {
    route: Route,
    cx: Context,
}

impl Registry {
    /// Routes a message and reads the sender's context from its headers.
    ///
    /// Use it for queues, jobs and protocols that have no layer here. The rules are those of
    /// `Registry::http_layer`: `remote_parent` decides if the sender's span becomes the parent or a
    /// link, and a route that trusted baggage names takes precedence. The function starts no span.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// use multitracer::traced;
    ///
    /// #[traced(kind = "consumer")]
    /// async fn handle(payload: &str) {}
    ///
    /// # async fn f(registry: &Registry) {
    /// let headers = [
    ///     ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ///     ("x-canary-user", "true"),
    /// ];
    /// registry.receive(&headers).run(handle("payload")).await;
    /// # }
    /// ```
    #[must_use]
    pub fn receive<H: Headers + ?Sized>(&self, headers: &H) -> Received {
        let trusted = self.trusts_baggage();
        let incoming = Incoming::from_headers(&self.current_context(), headers, trusted);
        let ChosenRoute { route, caller } = incoming.route(self, headers).unwrap_or_else(|| ChosenRoute {
            route: self.route(headers),
            caller: incoming.caller_elsewhere(),
        });
        let cx = Arriving::new(incoming.cx, &route, caller).enter();
        let cx = match Chosen::Named(route.tracer().clone()).readiness(&cx) {
            Readiness::Silent(silent) => silent,
            Readiness::Ready(_) | Readiness::Unchanged => cx,
        };
        Received { route, cx }
    }

    /// Returns the current context, inside of this registry, for a request that arrives.
    ///
    /// The default tracer is ambient in it if another registry was current.
    pub(crate) fn current_context(&self) -> Context {
        let cx = current_context();
        // the frame of the request is the first
        let is_empty = Frame::of(&cx).is_none() && !cx.has_active_span();
        let is_current = is_empty || Self::of(&cx).is_some_and(|registry| registry.ptr_eq(self));
        if is_current { cx } else { self.default_tracer().context(&cx) }
    }
}

/// The context of a request that arrives, and the frame that it gets.
pub(crate) struct Arriving {
    pub(crate) cx: Context,
    pub(crate) frame: Frame,
}

impl Arriving {
    /// Adds the route of a request to `cx`. The remote span in `cx` belongs to `caller`.
    pub(crate) fn new(cx: Context, route: &Route, caller: CallerSpan) -> Self {
        let cx = match route.name() {
            Some(_) => cx.with_value(RequestRoute(route.clone())),
            None => cx,
        };
        let tracer = route.tracer().clone().in_force(&cx).unwrap_or_else(|| route.tracer().clone());
        let owner = match caller {
            CallerSpan::Route => Some(tracer.core().id()),
            CallerSpan::DefaultTracer => Some(tracer.set().default_id()),
            CallerSpan::Nobody => None,
        };
        let frame = Frame::arriving(&cx, tracer, owner);
        Self { cx, frame }
    }

    /// Returns the context with the route and the route's tracer.
    pub(crate) fn enter(self) -> Context {
        self.frame.add_to(&self.cx)
    }
}

impl Received {
    /// Returns the route of the message.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Returns the context of the message.
    ///
    /// The route's tracer is ambient in it, and the sender's span is current.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// Runs `f` in the context of the message.
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _attached = attach(self.cx.clone());
        f()
    }

    /// Returns a future that polls `future` in the context of the message, on any thread.
    pub fn run<F: Future>(&self, future: F) -> WithTracer<F> {
        WithTracer::new(future, self.cx.clone())
    }
}
