//! Tracers: their handles, the ambient one, and the start of their spans.

mod ambient;
mod as_tracer;
mod context_propagation;
mod core;
mod enabled;
mod future;
mod interned_name;
mod literal;
mod named;
mod otel_span;
mod resolve;
mod roster;
mod sampling;
mod scope;
mod span_limit;
mod span_marks;
mod span_owners;
mod start;
mod tagged_span;
mod tracer_name;
mod tracer_set;
mod unknown_name;
mod unsampled;

pub use self::as_tracer::{AsTracer, RecordedDecision, TracerChoice};
pub use self::context_propagation::{carry, carry_fn, spawn, spawn_blocking, spawn_thread};
pub use self::future::{WithTracer, WithTracerExt};
pub use self::literal::Literal;
pub use self::named::Tracer;
pub use self::resolve::current_tracer;
pub use self::tracer_name::TracerName;
pub use self::unknown_name::UnknownTracerError;

pub(crate) use self::ambient::{Frame, NearestSpan, nearest_span};
pub(crate) use self::core::{Counts, TracerCore, TracerInfo};
pub(crate) use self::enabled::{EnabledFlag, any_tracer_enabled};
pub(crate) use self::interned_name::{NameId, TracerId};
pub(crate) use self::otel_span::LibrarySpan;
pub(crate) use self::roster::Roster;
pub(crate) use self::sampling::{Sampling, SharedSampling};
pub(crate) use self::span_limit::SpanLimit;
pub(crate) use self::span_marks::{mark_cancelled, mark_failed, mark_panicked};
#[cfg(feature = "tracing")]
pub(crate) use self::span_owners::owner;
pub(crate) use self::start::{NewSpan, Parent, Started};
pub(crate) use self::tracer_set::{DrainingTracers, TracerSet};
pub(crate) use self::unknown_name::KnownNames;
pub(crate) use self::unsampled::skip_unsampled;
