//! The results, and their forms.

mod charts;
mod json;
mod peers;
mod result;
mod svg;
mod table;

pub(crate) use self::charts::draw;
pub(crate) use self::json::json;
pub(crate) use self::result::RowResult;
pub(crate) use self::table::table;
