//! A tower layer: routes each request, opens its server span and keeps its tracer ambient to the end of the body.

mod body;
mod future;
mod layer;
mod semantics;
mod service;
mod span;

pub use self::body::TracedBody;
pub use self::future::ResponseFuture;
pub use self::layer::HttpLayer;
pub use self::service::HttpService;
