//! The data of a span, while it is open and after its end.

mod activity;
mod chunk;
mod code_place;
mod conversion;
mod details;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod encoding;
mod ended_span;
mod function_name;
mod limits;
#[cfg(feature = "tracing")]
mod prepared;
mod reuse;
mod scope;
mod size;
mod span_record;
mod trace_state;

pub(crate) use self::chunk::RecordChunk;
#[cfg(feature = "tracing")]
pub(crate) use self::code_place::CallsiteParts;
pub(crate) use self::code_place::CodePlace;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::code_place::PlaceKey;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::details::Details;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::encoding::EndedSpan;
pub(crate) use self::limits::RecordLimits;
pub(crate) use self::reuse::{attribute_list, keep_record};
#[cfg(feature = "tracing")]
pub(crate) use self::scope::tracing_scope;
pub(crate) use self::size::SIZE_UNIT;
pub(crate) use self::span_record::{BoxedRecord, SpanRecord};
pub(crate) use self::trace_state::with_short_state;
