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

/// The Rust code of the Markdown pages, which `cargo test --doc` compiles and runs.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/ecosystem.md")]
    struct Ecosystem;
}
