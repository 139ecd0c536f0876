//! Lib.
#![allow(dead_code, unused_imports, unreachable_pub, missing_docs)]

mod config;
mod experiment;

pub use self::experiment::Reason;
