//! YAML -> checked configuration.
//!
//! `yaml` reads the text into a tree, `schema` and the tables of the sections say what may stand in it, `decode`
//! and `fields` walk it, `check` looks at the whole, and `error` shows what is wrong.

mod backend;
pub(crate) mod baggage;
pub(crate) mod check;
mod core_schema;
mod decode;
mod effective;
mod error;
mod experiments;
mod exporter;
mod fields;
mod file;
mod headers;
mod json_schema;
mod load;
mod loader;
pub(crate) mod model;
mod overrides;
mod pairs;
mod path;
mod resource;
mod routes;
pub(crate) mod rules;
mod sampler;
mod schema;
mod secret;
mod source;
mod substitute;
pub(crate) mod suggest;
mod tracers;
mod tree;
mod tuning;
mod warnings;
mod yaml;

pub use self::effective::EffectiveConfig;
pub use self::error::{ConfigError, Problem};
pub use self::json_schema::JsonSchema;
pub(crate) use self::loader::Origin;
pub use self::loader::{Config, ConfigLoader};
pub use self::model::{OnSwitch, RemoteParent, UnknownTracerPolicy};
pub use self::overrides::Override;
pub(crate) use self::path::mentions_secret;
pub(crate) use self::secret::Secret;
pub use self::substitute::{ProcessEnv, UndefinedVariables, Variables};

#[cfg(test)]
mod tests;
