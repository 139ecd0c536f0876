//! A tracer's handle; which tracer is ambient; switching from one to another.

mod ambient;
mod carry;
mod choice;
mod constant;
mod core;
mod future;
mod handle;
mod left_out;
mod library;
mod made;
mod name;
mod owners;
mod sampling;
mod switch;
mod trace_cap;

pub use self::carry::{carry, carry_fn, spawn, spawn_blocking, spawn_thread};
pub use self::choice::{AsTracer, TracerChoice};
pub use self::constant::TracerName;
pub use self::future::{WithTracer, WithTracerExt};
pub use self::handle::{Tracer, current_tracer};

pub(crate) use self::ambient::{Around, Frame, around, build_around};
pub(crate) use self::core::{About, Counts, NewSpan, Parent, Started, Switch, TracerCore};
pub(crate) use self::future::chosen;
pub(crate) use self::left_out::left_out;
pub(crate) use self::library::LibrarySpan;
pub(crate) use self::made::maker;
pub(crate) use self::name::{NameId, TracerId};
#[cfg(feature = "tracing")]
pub(crate) use self::owners::owner;
pub(crate) use self::sampling::{Sampling, SharedSampling};
pub(crate) use self::switch::any_tracer_on;
pub(crate) use self::trace_cap::TraceCap;
