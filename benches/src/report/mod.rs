//! The results, and their forms.

mod charts;
mod json;
mod markdown;
mod peers;
mod result;
mod svg;
mod table;

pub(crate) use self::charts::draw;
pub(crate) use self::json::json;
pub(crate) use self::markdown::markdown;
pub(crate) use self::result::RowResult;
pub(crate) use self::table::table;
