//! The public handle of a tracer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, TraceContextExt as _};

use super::ambient::Frame;
use super::core::{NewSpan, Parent, Started, TracerCore};
use crate::registry::Registry;

/// A tracer of a registry: a project, an environment, a sampler, limits, and a way to a backend.
///
/// Cheap to clone. It stands for the tracer of its name: after a [reload](Registry::reload) that changed it, new traces
/// go where the new configuration says. Comes from [`Registry::tracer`], [`Registry::route`] or [`current_tracer`].
#[derive(Clone)]
pub struct Tracer {
    core: Arc<TracerCore>,
    registry: Registry,
}

impl Tracer {
    pub(crate) fn new(core: Arc<TracerCore>, registry: Registry) -> Self {
        Self { core, registry }
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.core.info.name
    }

    /// The project that its spans went to when this handle was made.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.core.info.project
    }

    /// What its spans carried as `deployment.environment.name` when this handle was made.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.core.info.environment.as_deref()
    }

    /// The registry that it belongs to.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whether it makes spans at all: `false` if it was configured with `enabled: false`, switched off, or shut down.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.registry.in_force(&Context::new(), Arc::clone(&self.core)).is_some_and(|core| core.is_on())
    }

    /// Runs `f` with this tracer as the ambient one: traced functions inside that name no tracer use it.
    ///
    /// Opens no span. For a future, use [`with_tracer`](crate::WithTracerExt::with_tracer): a scope ends when `f` returns,
    /// not when a future that it returned is done.
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _attached = self.context(&Context::current()).attach();
        f()
    }

    /// `cx` with this tracer as the ambient one.
    #[must_use]
    pub fn context(&self, cx: &Context) -> Context {
        match self.registry.in_force(cx, Arc::clone(&self.core)) {
            Some(core) => Frame::enter(cx, &self.registry, &core),
            None => cx.clone(),
        }
    }

    /// Runs `f` in a span of this tracer.
    ///
    /// For code that no attribute can mark; the span is parented as that of a `#[traced]` function would be.
    pub fn in_span<R>(&self, name: impl Into<Cow<'static, str>>, f: impl FnOnce() -> R) -> R {
        let cx = Context::current();
        let core = self.registry.in_force(&cx, Arc::clone(&self.core)).filter(|core| core.is_on());
        let Some(core) = core else { return f() };
        let new = NewSpan {
            name: name.into(),
            kind: SpanKind::Internal,
            parent: Parent::Nearest,
            links: Vec::new(),
            attributes: Vec::new(),
        };
        match core.start(&self.registry, &cx, new, || []) {
            Started::Unsampled => f(),
            Started::Opened { cx, .. } => {
                let result = {
                    let _attached = cx.clone().attach();
                    f()
                };
                cx.span().end();
                result
            }
        }
    }

    pub(crate) fn core(&self) -> &Arc<TracerCore> {
        &self.core
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer")
            .field("name", &self.name())
            .field("project", &self.project())
            .field("environment", &self.environment())
            .finish_non_exhaustive()
    }
}

/// The tracer that an unnamed `#[traced]` function would use here: the ambient one, else the default one of
/// the installed registry, else none.
#[must_use]
pub fn current_tracer() -> Option<Tracer> {
    let cx = Context::current();
    match Frame::of(&cx) {
        Some(frame) => {
            let core = frame.registry().in_force(&cx, Arc::clone(frame.tracer()))?;
            Some(Tracer::new(core, frame.registry().clone()))
        }
        None => {
            let registry = Registry::installed()?;
            Some(Tracer::new(registry.ambient_in(&cx), registry.clone()))
        }
    }
}
