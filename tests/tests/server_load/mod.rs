//! Servers under hostile load, and the check of every span that they made.

pub(crate) mod board;
pub(crate) mod check;
mod functions;
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod http_clients;
pub(crate) mod jobs;
pub(crate) mod middleware;
pub(crate) mod rounds;
pub(crate) mod seen;
mod sent;
pub(crate) mod shelf;
pub(crate) mod work;
pub(crate) mod world;
