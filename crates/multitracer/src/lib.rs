//! Lib.
#![allow(dead_code, unused_imports, unreachable_pub, missing_docs)]

mod config;
mod experiment;
mod routing;

pub use self::experiment::Reason;
pub use self::routing::Headers;
