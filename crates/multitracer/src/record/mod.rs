//! The data of a span, while it is open and after its end.

mod code_place;
mod conversion;
mod ended_span;
mod function_name;
mod limits;
mod reuse;
mod size;
mod span_record;

pub(crate) use self::code_place::CodePlace;
pub(crate) use self::limits::RecordLimits;
pub(crate) use self::reuse::{attribute_list, give_back};
pub(crate) use self::span_record::{BoxedRecord, Details, SpanRecord};
