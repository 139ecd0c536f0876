//! Tower layers. For servers: routes each request, opens its span and keeps its tracer ambient to the end of the body. For clients:
//! opens a span and sends its context along.

mod body;
mod client;
mod exclusions;
mod future;
mod layer;
mod semantics;
mod server;
mod service;
mod span;

pub use self::body::TracedBody;
pub use self::client::{HttpClientLayer, HttpClientService};
pub use self::future::ResponseFuture;
pub use self::layer::{ChooseRoute, HttpLayer};
pub use self::service::HttpService;
