//! Tracers: their handles, the ambient tracer, and the start of their spans.

mod ambient;
mod choice;
mod core;
mod enabled;
mod named;
mod owner;
mod resolve;
mod roster;
mod sampling;
mod starting;
mod tracer_set;

pub use self::ambient::context_propagation::{
    carry, carry_async, carry_fn, spawn, spawn_blocking, spawn_thread,
};
pub use self::ambient::future::{WithTracer, WithTracerExt};
pub use self::choice::as_tracer::{AsTracer, RecordedDecision, TracerChoice};
pub use self::choice::literal::Literal;
pub use self::choice::tracer_name::TracerName;
pub use self::choice::unknown_name::UnknownTracerError;
pub use self::named::Tracer;
pub use self::resolve::current_tracer;

pub(crate) use self::ambient::current::{attach, current_context, is_same_place, with_current};
pub(crate) use self::ambient::decision::Call;
pub(crate) use self::ambient::dropping::DropContext;
pub(crate) use self::ambient::frame::Frame;
pub(crate) use self::ambient::nearest::{NearestSpan, nearest_span};
pub(crate) use self::choice::interned_name::NameId;
pub(crate) use self::choice::unknown_name::KnownNames;
pub(crate) use self::core::{TracerCore, TracerInfo};
pub(crate) use self::enabled::{EnabledFlag, any_tracer_enabled};
pub(crate) use self::owner::builds::{BuildEntry, TracerId};
pub(crate) use self::resolve::{Chosen, Readiness};
pub(crate) use self::roster::Roster;
pub(crate) use self::sampling::Sampling;
pub(crate) use self::starting::library_span::LibrarySpan;
#[cfg(feature = "tracing")]
pub(crate) use self::starting::own_span::end_busy;
pub(crate) use self::starting::own_span::set_all_attributes;
pub(crate) use self::starting::quick::{Function, Quick, skip_unsampled, start_quickly, start_quickly_under};
#[cfg(feature = "tracing")]
pub(crate) use self::starting::quick_library::QuickLibrary;
#[cfg(feature = "tower")]
pub(crate) use self::starting::request::{start_arriving, start_root_request};
pub(crate) use self::starting::span_limit::SpanLimit;
#[cfg(feature = "tracing")]
pub(crate) use self::starting::span_marks::mark_error_status;
pub(crate) use self::starting::span_marks::{PanicWatch, mark_cancelled, mark_failed, mark_panicked};
pub(crate) use self::starting::start::{NewSpan, Parent, Started};
pub(crate) use self::tracer_set::TracerSet;
