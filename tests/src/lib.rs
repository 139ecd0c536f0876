//! A real OTLP trace receiver on loopback, for the end-to-end tests and the example programs.
//!
//! Built on the official messages (`opentelemetry-proto`), and on nothing of multitracer: it is an independent witness
//! of what reached the wire.

mod model;
mod receiver;
mod tree;

pub use self::model::{Protocol, ReceivedRequest, ReceivedSpan};
pub use self::receiver::{Behaviour, Receiver};
pub use self::tree::{by_project, trees};

/// The examples of `#[traced]`, which its own crate cannot run.
#[cfg(doctest)]
#[doc = include_str!("../../crates/multitracer-macros/src/traced.md")]
mod traced {}
