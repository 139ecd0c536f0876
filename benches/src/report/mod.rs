//! The results, and their forms.

mod result;
mod table;

pub(crate) use self::result::{Column, Figure, RowResult, Verdict};
pub(crate) use self::table::table;
