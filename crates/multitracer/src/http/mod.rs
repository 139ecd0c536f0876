//! Tower layers for HTTP and gRPC servers and clients.
//!
//! - [`HttpLayer`], for servers, routes each request, starts its server span, and keeps its tracer
//!   ambient until the end of the response's body. [`Registry::http_layer`] returns one.
//! - [`HttpClientLayer`], for clients, starts a client span for each request and injects the trace
//!   context into its headers.
//!
//! [`Registry::http_layer`]: crate::Registry::http_layer

mod body;
mod choose_route;
mod client;
mod exclusions;
mod future;
mod head;
mod layer;
mod marks;
mod options;
mod semantics;
mod server;
mod service;
mod span;

pub use self::body::TracedBody;
pub use self::choose_route::ChooseRoute;
pub use self::client::{HttpClientLayer, HttpClientService};
pub use self::future::ResponseFuture;
pub use self::layer::HttpLayer;
pub use self::service::HttpService;
