//! The result of a traced function, as its span records it.
#![expect(missing_docs, reason = "the items that the macro's output uses are not public")]

pub(super) mod capture;
pub(super) mod outcome;
