//! Random spans of OpenTelemetry's interface, and random calls on them.
//!
//! The binary that includes this folder includes `random` beside it.

mod builder;
mod call;
mod values;

pub(crate) use self::builder::{builder, kind, scope};
pub(crate) use self::call::Call;
pub(crate) use self::values::{attribute, attributes, contexts, span_context};
