//! A tracer's handle; which tracer is ambient; switching from one to another.

mod ambient;
mod as_tracer;
mod context_propagation;
mod core;
mod enabled;
mod future;
mod interned_name;
mod named;
mod otel_span;
mod sampling;
mod span_limit;
mod span_owners;
mod tagged_span;
mod tracer_name;
mod unsampled;

pub use self::as_tracer::{AsTracer, TracerChoice};
pub use self::context_propagation::{carry, carry_fn, spawn, spawn_blocking, spawn_thread};
pub use self::future::{WithTracer, WithTracerExt};
pub use self::named::{Tracer, current_tracer};
pub use self::tracer_name::TracerName;

pub(crate) use self::ambient::{Around, Frame, around, build_around};
pub(crate) use self::core::{Counts, NewSpan, Parent, Started, Switch, TracerCore, TracerInfo};
pub(crate) use self::enabled::any_tracer_enabled;
pub(crate) use self::future::chosen;
pub(crate) use self::interned_name::{NameId, TracerId};
pub(crate) use self::otel_span::LibrarySpan;
pub(crate) use self::sampling::{Sampling, SharedSampling};
pub(crate) use self::span_limit::SpanLimit;
#[cfg(feature = "tracing")]
pub(crate) use self::span_owners::owner;
pub(crate) use self::tagged_span::creator;
pub(crate) use self::unsampled::skip_unsampled;
