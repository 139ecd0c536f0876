//! Random programs of calls on spans of `tracing`, and the parts of spans that are compared.

mod parts;
mod run;
mod sites;

pub(crate) use self::parts::Parts;
pub(crate) use self::run::run;
