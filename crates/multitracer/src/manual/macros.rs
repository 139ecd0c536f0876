//! The macros `span!` and `async_span!`, whose expansion is a call site like that of `#[traced]`.

/// Starts a span for the rest of the scope, for code that `#[traced]` cannot mark.
///
/// Takes the span's name, then options of `#[traced]` in any order. The options are `tracer = ..`,
/// `kind = ".."`, `parent = ..`, `links = ..`, `enabled = ..` and `fields(..)`. The rules for the
/// tracer, the parent and sampling are those of a `#[traced]` function, and so is the cost. Fields
/// are evaluated only if the span is recorded.
///
/// Returns a [`SpanGuard`](crate::manual::SpanGuard). Keep it in a variable such as `_span`; the
/// pattern `_` drops it at once. The guard is not `Send`, so it cannot be held across an `.await`
/// in a spawned task. Use [`async_span!`](crate::async_span) for futures.
///
/// ```
/// use multitracer::span;
///
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let canary = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("canary").in_memory(&canary);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// # registry.scope(|| {
/// for batch in [vec![1, 2], vec![3]] {
///     let size = batch.len();
///     let _span = span!("batch", tracer = "canary", kind = "consumer", fields(batch.size = size));
///     // ..
/// }
/// # });
/// # assert_eq!(canary.spans().len(), 2);
/// # assert_eq!(canary.spans()[0].attributes.last().unwrap().key.as_str(), "batch.size");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! span {
    ($name:expr $(, $($options:tt)*)?) => {
        $crate::__span!(@options $name; [enter]; []; []; []; []; $($($options)*)?)
    };
}

/// Returns a future that runs an `async` block or any other future in a span.
///
/// Takes the arguments of [`span!`](crate::span), then `;` and the future. The span's parent is the
/// span that is current here, so the result can be spawned. The span starts at the first poll, and
/// ends with the future or its drop. An `Err` as the future's output marks the span as failed.
/// Fields are evaluated here, not at the first poll.
///
/// ```
/// use multitracer::async_span;
///
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder, WithTracerExt as _};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let canary = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("canary").in_memory(&canary);
/// # let registry = Registry::builder().tracer(tracer).build().unwrap();
/// # let tracer = registry.default_tracer();
/// # async {
/// let answer = async_span!("ask", kind = "client", fields(attempt = 1); async { 42 }).await;
/// # assert_eq!(answer, 42);
/// # }.with_tracer(&tracer).await;
/// # assert_eq!(canary.spans()[0].name, "ask");
/// # }
/// ```
#[macro_export]
macro_rules! async_span {
    ($name:expr $(, $($rest:tt)*)?) => {
        $crate::__span!(@split $name; []; $($($rest)*)?)
    };
    ($name:expr; $future:expr $(,)?) => {
        $crate::__span!(@options $name; [defer $future]; []; []; []; [];)
    };
}

/// The implementation of `span!` and `async_span!`. Not part of the public interface.
#[doc(hidden)]
#[macro_export]
macro_rules! __span {
    // the future follows the `;`
    (@split $name:expr; [$($options:tt)*]; ; $future:expr $(,)?) => {
        $crate::__span!(@options $name; [defer $future]; []; []; []; []; $($options)*)
    };
    (@split $name:expr; [$($options:tt)*]; $next:tt $($rest:tt)*) => {
        $crate::__span!(@split $name; [$($options)* $next]; $($rest)*)
    };
    (@split $name:expr; [$($options:tt)*];) => {
        ::core::compile_error!("`async_span!` needs `;` and a future at its end")
    };

    (@options $n:expr; $w:tt; $t:tt; $k:tt; $s:tt; $f:tt; , $($rest:tt)*) => {
        $crate::__span!(@options $n; $w; $t; $k; $s; $f; $($rest)*)
    };
    (@options $n:expr; $w:tt; []; $k:tt; $s:tt; $f:tt; tracer = $tracer:literal $(, $($rest:tt)*)?) => {
        $crate::__span!(@options $n; $w; [$tracer]; $k; $s; $f; $($($rest)*)?)
    };
    (@options $n:expr; $w:tt; $t:tt; $k:tt; [$($s:tt)*]; $f:tt; tracer = $tracer:expr $(, $($rest:tt)*)?) => {
        $crate::__span!(@options $n; $w; $t; $k; [$($s)* (tracer &$tracer)]; $f; $($($rest)*)?)
    };
    (@options $n:expr; $w:tt; $t:tt; []; $s:tt; $f:tt; kind = $kind:literal $(, $($rest:tt)*)?) => {
        $crate::__span!(@options $n; $w; $t; [$kind]; $s; $f; $($($rest)*)?)
    };
    (@options $n:expr; $w:tt; $t:tt; $k:tt; [$($s:tt)*]; $f:tt; parent = $parent:expr $(, $($rest:tt)*)?) => {
        $crate::__span!(@options $n; $w; $t; $k; [$($s)* (parent $parent)]; $f; $($($rest)*)?)
    };
    (@options $n:expr; $w:tt; $t:tt; $k:tt; [$($s:tt)*]; $f:tt; links = $links:expr $(, $($rest:tt)*)?) => {
        $crate::__span!(@options $n; $w; $t; $k; [$($s)* (links $links)]; $f; $($($rest)*)?)
    };
    (@options $n:expr; $w:tt; $t:tt; $k:tt; [$($s:tt)*]; $f:tt; enabled = $enabled:expr $(, $($rest:tt)*)?) => {
        $crate::__span!(@options $n; $w; $t; $k; [$($s)* (enabled $enabled)]; $f; $($($rest)*)?)
    };
    (@options $n:expr; $w:tt; $t:tt; $k:tt; $s:tt; []; fields($($fields:tt)*) $(, $($rest:tt)*)?) => {
        $crate::__span!(@options $n; $w; $t; $k; $s; [$($fields)*]; $($($rest)*)?)
    };
    (@options $n:expr; $w:tt; $t:tt; $k:tt; $s:tt; $f:tt; $other:tt $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "unexpected `", ::core::stringify!($other), "`: expected `tracer = ..`, `kind = \"..\"`, `parent = ..`, ",
            "`links = ..`, `enabled = ..` or `fields(..)`, each at most once"
        ))
    };

    (@options $n:expr; [enter]; [$($tracer:literal)?]; [$($kind:literal)?]; [$($s:tt)*]; [$($fields:tt)*];) => {{
        let __entered = $crate::__span!(@site ($($tracer)?) ($($kind)?)).enter_with(|__options| {
            __options.name($n);
            $crate::__span!(@set __options $($s)*);
        });
        __entered.record(|__attributes| { $crate::__span!(@fields __attributes $($fields)*); });
        $crate::__private::entered(__entered)
    }};
    (@options $n:expr; [defer $future:expr]; [$($tracer:literal)?]; [$($kind:literal)?]; [$($s:tt)*]; [$($fields:tt)*];) => {{
        #[allow(unused_mut)]
        let mut __deferred = $crate::__span!(@site ($($tracer)?) ($($kind)?)).defer_with(|__options| {
            __options.name($n);
            $crate::__span!(@set __options $($s)*);
        });
        __deferred.record(|__attributes| { $crate::__span!(@fields __attributes $($fields)*); });
        $crate::__private::Traced::observed(__deferred, $future, |__output, __outcome| {
            use $crate::__private::outcome::AnyValue as _;
            $crate::__private::outcome::Observed(__output).observe(__outcome);
        })
    }};

    (@site ($($tracer:literal)?) ($($kind:literal)?)) => {{
        enum __MultitracerSite {}
        $(static __MULTITRACER_TRACER: $crate::__private::Literal = $crate::__private::Literal::new($tracer);)?
        $crate::__private::site("", ::core::any::type_name::<__MultitracerSite>)
            .kind(const { $crate::__private::kind($crate::__private::first([$($kind)?])) })
            $(.tracer({ $crate::__span!(@unused $tracer); &__MULTITRACER_TRACER }))?
    }};
    (@unused $tracer:literal) => {};

    (@set $options:ident) => {};
    (@set $options:ident ($method:ident $value:expr) $($rest:tt)*) => {
        $options.$method($value);
        $crate::__span!(@set $options $($rest)*);
    };

    (@fields $attributes:ident) => {
        let _ = $attributes;
    };
    (@fields $attributes:ident $key:literal $($rest:tt)*) => {
        $crate::__span!(@value $attributes ($key) $($rest)*);
    };
    (@fields $attributes:ident $($key:ident).+ $(, $($rest:tt)*)?) => {
        $attributes.set($crate::__span!(@key $($key).+), &$($key).+);
        $crate::__span!(@fields $attributes $($($rest)*)?);
    };
    (@fields $attributes:ident $($key:ident).+ = $($rest:tt)*) => {
        $crate::__span!(@value $attributes ($crate::__span!(@key $($key).+)) = $($rest)*);
    };
    (@value $attributes:ident ($key:expr) = %$value:expr $(, $($rest:tt)*)?) => {
        $attributes.display($key, &$value);
        $crate::__span!(@fields $attributes $($($rest)*)?);
    };
    (@value $attributes:ident ($key:expr) = ?$value:expr $(, $($rest:tt)*)?) => {
        $attributes.debug($key, &$value);
        $crate::__span!(@fields $attributes $($($rest)*)?);
    };
    (@value $attributes:ident ($key:expr) = $value:expr $(, $($rest:tt)*)?) => {
        $attributes.set($key, &$value);
        $crate::__span!(@fields $attributes $($($rest)*)?);
    };
    (@key $first:ident $(. $more:ident)*) => {
        ::core::concat!(::core::stringify!($first) $(, ".", ::core::stringify!($more))*)
    };
}
