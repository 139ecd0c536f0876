//! `span!` and `async_span!`: a call site of their own, like that of `#[traced]`.

/// Opens a span for the rest of the scope: the same as `#[traced]`, for code that no attribute can mark.
///
/// Takes the span's name, then any of `#[traced]`'s own `tracer = ..`, `kind = ".."`, `parent = ..`, `links = ..`,
/// `enabled = ..` and `fields(..)`, in any order. The tracer, the parent and the sampling are decided as for a function, at the
/// same cost; fields are evaluated only if the span is recorded. Gives a [`SpanGuard`](crate::manual::SpanGuard): keep it in a variable whose
/// name is not just `_`. It cannot be held across an `.await` of a task that moves between threads; for futures, use
/// [`async_span!`](crate::async_span).
///
/// ```
/// use multitracer::span;
///
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let canary = InMemoryExporter::new();
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&canary)).build()?;
/// # registry.scope(|| {
/// for batch in [vec![1, 2], vec![3]] {
///     let _span = span!("batch", tracer = "canary", kind = "consumer", fields(batch.size = batch.len()));
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

/// A future in a span: the same as `#[traced]` on an `async fn`, for an `async` block or any other future.
///
/// Takes what [`span!`](crate::span) takes, then `;` and the future. The span's parent is the span that is current here, so the
/// result may be spawned; the span starts at the first poll and ends with the future or its drop. If the future gives a `Result`
/// that is an `Err`, the span has failed. Fields are evaluated here.
///
/// ```
/// use multitracer::async_span;
///
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder, WithTracerExt as _};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let canary = InMemoryExporter::new();
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&canary)).build().unwrap();
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

/// What the two expand by. Not part of the public interface.
#[doc(hidden)]
#[macro_export]
macro_rules! __span {
    // the future stands behind the `;`
    (@split $name:expr; [$($options:tt)*]; ; $future:expr $(,)?) => {
        $crate::__span!(@options $name; [defer $future]; []; []; []; []; $($options)*)
    };
    (@split $name:expr; [$($options:tt)*]; $next:tt $($rest:tt)*) => {
        $crate::__span!(@split $name; [$($options)* $next]; $($rest)*)
    };
    (@split $name:expr; [$($options:tt)*];) => {
        ::core::compile_error!("`async_span!` wants a `;` and the future at its end")
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
            "`", ::core::stringify!($other), "` is none of `tracer = ..`, `kind = \"..\"`, `parent = ..`, `links = ..`, ",
            "`enabled = ..`, `fields(..)`, or stands here twice"
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
