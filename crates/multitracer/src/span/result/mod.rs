//! The result of a traced function, as its span records it.
#![expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]

pub(super) mod capture;
pub(super) mod outcome;
