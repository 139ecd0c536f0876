//! The tables of the keys that a file may have, and the JSON Schema made from them.

mod baggage;
mod experiments;
mod exporter;
mod json_schema;
mod limits;
mod resource;
mod root;
mod routes;
mod sampler;
mod secrecy;
mod section;
mod tracer;

#[cfg(test)]
pub(crate) use self::baggage::BAGGAGE;
#[cfg(test)]
pub(crate) use self::experiments::EXPERIMENT;
pub(crate) use self::exporter::OTLP_HTTP;
#[cfg(test)]
pub(crate) use self::exporter::{EXPORTER, FILE, OTLP_GRPC};
pub use self::json_schema::JsonSchema;
#[cfg(test)]
pub(crate) use self::limits::CAPTURE;
pub(crate) use self::limits::{BATCH, LIMITS};
pub(crate) use self::resource::ATTRIBUTE_TYPES;
#[cfg(test)]
pub(crate) use self::resource::RESOURCE;
pub(crate) use self::root::ROOT;
#[cfg(test)]
pub(crate) use self::routes::ROUTE;
#[cfg(test)]
pub(crate) use self::sampler::SAMPLER;
pub(crate) use self::sampler::{RATE_LIMITED, RATIO};
pub(crate) use self::secrecy::{is_secret, is_secret_place};
pub(crate) use self::section::{Key, Kind, MAX_MILLIS, Section};
pub(crate) use self::tracer::BACKENDS;
pub(crate) use self::tracer::TRACER;
