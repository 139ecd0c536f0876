//! A real OTLP trace receiver on loopback, for the end-to-end tests and the example programs.
//!
//! The receiver uses the official messages (`opentelemetry-proto`) and no code of multitracer. It
//! is an independent witness of the spans that reach the wire.
//!
//! ```
//! use multitracer::{Registry, TracerBuilder};
//! use multitracer_tests::{Receiver, by_project, trees};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let receiver = Receiver::start().await?;
//!     let orders = TracerBuilder::new("orders")
//!         .project("shop-orders")
//!         .otlp_http(receiver.http_endpoint());
//!     let registry = Registry::builder().tracer(orders).default_tracer("orders").build()?;
//!     registry.tracer("orders")?.in_span("place_order", || {});
//!     registry.shutdown().await?;
//!
//!     let projects = by_project(receiver.spans());
//!     assert_eq!(trees(&projects["shop-orders"], |_| false), "place_order\n");
//!     Ok(())
//! }
//! ```

mod model;
mod receiver;
mod tree;

pub use self::model::{Origin, Protocol, ReceivedRequest, ReceivedSpan};
pub use self::receiver::{Behaviour, Receiver, read_spans};
pub use self::tree::{by_project, trees};

/// The Rust code of the Markdown pages, which `cargo test --doc` compiles and runs.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/ecosystem.md")]
    struct Ecosystem;

    /// The examples of `#[traced]`, which its own crate cannot run.
    #[doc = include_str!("../../crates/multitracer-macros/src/traced.md")]
    struct Traced;
}
