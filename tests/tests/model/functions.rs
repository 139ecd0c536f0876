//! The traced functions that programs call.

use std::borrow::Cow;

use multitracer::manual::{ManualSpan, SpanBuilder};
use multitracer::{AsTracer, Tracer, TracerChoice};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use crate::futures::BoxFuture;
use crate::program::{AsyncSite, NAMES, Site};

/// A tracer that is chosen by value.
#[derive(Clone, Debug)]
pub(crate) enum ByValue {
    Name(&'static str),
    Handle(Tracer),
}

impl AsTracer for ByValue {
    fn as_tracer(&self) -> TracerChoice<'_> {
        match self {
            Self::Name(name) => name.as_tracer(),
            Self::Handle(tracer) => tracer.as_tracer(),
        }
    }
}

/// The arguments of a traced function.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    pub(crate) name: String,
    /// The index of a name in the source.
    pub(crate) literal: Option<usize>,
    pub(crate) value: Option<ByValue>,
    /// A context whose span is the parent.
    pub(crate) parent: Option<Context>,
    pub(crate) is_enabled: bool,
}

impl Arguments {
    /// Returns the builder of a span with these arguments.
    fn builder(&self) -> SpanBuilder {
        let mut builder = SpanBuilder::new(Cow::from(self.name.clone()));
        if let Some(name) = self.literal {
            builder = builder.tracer(NAMES[name]);
        }
        if let Some(value) = &self.value {
            builder = builder.tracer(value);
        }
        match &self.parent {
            Some(parent) => builder.parent(parent.span().span_context().clone()),
            None => builder,
        }
    }

    pub(crate) fn start(&self) -> ManualSpan {
        self.builder().start()
    }
}

/// Defines the functions with one set of options.
macro_rules! functions {
    ($module:ident, $a:ident, $($options:tt)*) => {
        mod $module {
            use futures_util::Stream;
            use multitracer::{async_span, span, traced};

            use super::Arguments;
            use crate::futures::BoxFuture;

            #[traced(name = $a.name.clone(), enabled = $a.is_enabled, $($options)*)]
            pub(super) fn sync($a: Arguments, work: impl FnOnce()) {
                work();
            }

            pub(super) fn guarded($a: Arguments, work: impl FnOnce()) {
                let _span = span!($a.name.clone(), enabled = $a.is_enabled, $($options)*);
                work();
            }

            #[traced(name = $a.name.clone(), enabled = $a.is_enabled, $($options)*)]
            pub(super) async fn async_fn($a: Arguments, work: BoxFuture) {
                work.await;
            }

            #[traced(name = $a.name.clone(), enabled = $a.is_enabled, $($options)*)]
            pub(super) fn boxed($a: Arguments, work: BoxFuture) -> BoxFuture {
                Box::pin(async move { work.await })
            }

            #[traced(name = $a.name.clone(), enabled = $a.is_enabled, $($options)*)]
            pub(super) fn stream($a: Arguments, work: BoxFuture) -> impl Stream<Item = ()> + Send {
                futures_util::stream::once(work)
            }

            pub(super) fn block($a: Arguments, work: BoxFuture) -> BoxFuture {
                Box::pin(async_span!($a.name.clone(), enabled = $a.is_enabled, $($options)*; work))
            }
        }
    };
}

/// Defines the functions with a choice of tracer, without and with a parent.
macro_rules! tracers {
    ($module:ident, $with_parent:ident, $($options:tt)*) => {
        functions!($module, a, $($options)*);
        functions!($with_parent, a, parent = a.parent.clone().unwrap_or_default(), $($options)*);
    };
}

functions!(ambient, a, kind = "internal");
functions!(ambient_parent, a, parent = a.parent.clone().unwrap_or_default());
tracers!(production, production_parent, tracer = "production");
tracers!(canary, canary_parent, tracer = "canary");
tracers!(beta, beta_parent, tracer = "beta");
tracers!(main, main_parent, tracer = "main");
tracers!(nowhere, nowhere_parent, tracer = "nowhere");
functions!(value, a, tracer = a.value.clone());
functions!(value_parent, a, parent = a.parent.clone().unwrap_or_default(), tracer = a.value.clone());

/// Calls the function of the module that fits the arguments.
macro_rules! call {
    ($function:ident, $arguments:ident, $work:ident) => {
        match ($arguments.literal, $arguments.value.is_some(), $arguments.parent.is_some()) {
            (None, false, false) => ambient::$function($arguments, $work),
            (None, false, true) => ambient_parent::$function($arguments, $work),
            (None, true, false) => value::$function($arguments, $work),
            (None, true, true) => value_parent::$function($arguments, $work),
            (Some(0), _, false) => production::$function($arguments, $work),
            (Some(0), _, true) => production_parent::$function($arguments, $work),
            (Some(1), _, false) => canary::$function($arguments, $work),
            (Some(1), _, true) => canary_parent::$function($arguments, $work),
            (Some(2), _, false) => beta::$function($arguments, $work),
            (Some(2), _, true) => beta_parent::$function($arguments, $work),
            (Some(3), _, false) => main::$function($arguments, $work),
            (Some(3), _, true) => main_parent::$function($arguments, $work),
            (Some(_), _, false) => nowhere::$function($arguments, $work),
            (Some(_), _, true) => nowhere_parent::$function($arguments, $work),
        }
    };
    (boxed $function:ident, $arguments:ident, $work:ident, $as_future:expr) => {
        match ($arguments.literal, $arguments.value.is_some(), $arguments.parent.is_some()) {
            (None, false, false) => $as_future(ambient::$function($arguments, $work)),
            (None, false, true) => $as_future(ambient_parent::$function($arguments, $work)),
            (None, true, false) => $as_future(value::$function($arguments, $work)),
            (None, true, true) => $as_future(value_parent::$function($arguments, $work)),
            (Some(0), _, false) => $as_future(production::$function($arguments, $work)),
            (Some(0), _, true) => $as_future(production_parent::$function($arguments, $work)),
            (Some(1), _, false) => $as_future(canary::$function($arguments, $work)),
            (Some(1), _, true) => $as_future(canary_parent::$function($arguments, $work)),
            (Some(2), _, false) => $as_future(beta::$function($arguments, $work)),
            (Some(2), _, true) => $as_future(beta_parent::$function($arguments, $work)),
            (Some(3), _, false) => $as_future(main::$function($arguments, $work)),
            (Some(3), _, true) => $as_future(main_parent::$function($arguments, $work)),
            (Some(_), _, false) => $as_future(nowhere::$function($arguments, $work)),
            (Some(_), _, true) => $as_future(nowhere_parent::$function($arguments, $work)),
        }
    };
}

/// Runs `work` in a traced function.
pub(crate) fn run(site: Site, arguments: Arguments, work: impl FnOnce()) {
    match site {
        Site::Traced => call!(sync, arguments, work),
        Site::Macro => call!(guarded, arguments, work),
        Site::Builder if arguments.is_enabled => arguments.builder().in_scope(work),
        Site::Builder => work(),
    }
}

/// Calls a traced function that runs `work` when it is polled.
pub(crate) fn call(site: AsyncSite, arguments: Arguments, work: BoxFuture) -> BoxFuture {
    match site {
        AsyncSite::AsyncFn => call!(boxed async_fn, arguments, work, as_future),
        AsyncSite::Boxed => call!(boxed, arguments, work),
        AsyncSite::Macro => call!(block, arguments, work),
        AsyncSite::Stream => call!(boxed stream, arguments, work, drain),
        AsyncSite::Builder if arguments.is_enabled => Box::pin(arguments.builder().in_future(work)),
        AsyncSite::Builder => work,
    }
}

fn as_future(future: impl Future<Output = ()> + Send + 'static) -> BoxFuture {
    Box::pin(future)
}

fn drain(stream: impl futures_util::Stream<Item = ()> + Send + 'static) -> BoxFuture {
    Box::pin(futures_util::StreamExt::for_each(stream, |()| std::future::ready(())))
}
