//! The configuration: from YAML text to a checked model.
//!
//! A file takes this way through the rooms. Each room uses only the rooms before it.
//!
//! - `yaml` parses the text to a tree that keeps places, and holds paths and variables.
//! - `schema` has the tables of all keys. The JSON Schema and the page of keys are made from them.
//! - `model` is the checked configuration: plain data.
//! - `diagnostics` has errors and warnings, their places and their rendering.
//! - `check` has the rules for values, the rules between parts, and the warnings.
//! - `reader` gives typed access to the tree and reports what does not fit.
//! - `decode` turns the tree into the model, section by section.
//! - `effective` writes the model as YAML again, without secrets.
//!
//! `pipeline` runs these steps. `loader` and `checked` have the public types. Below all rooms are
//! `secret`, what messages may show, `suggest`, the words of suggestions, and `content`, the files
//! that a load read.

pub(crate) mod check;
mod checked;
mod content;
mod decode;
mod diagnostics;
mod effective;
mod loader;
pub(crate) mod model;
mod options;
mod overrides;
mod pipeline;
mod read_file;
mod reader;
mod schema;
pub(crate) mod secret;
pub(crate) mod suggest;
mod yaml;

pub use self::checked::Config;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::content::read_regular;
#[cfg(feature = "watch")]
pub(crate) use self::content::{ContentHash, ReadFiles};
pub use self::diagnostics::{ConfigError, Diagnostic};
pub use self::effective::EffectiveConfig;
pub use self::loader::ConfigLoader;
pub(crate) use self::loader::Origin;
pub use self::model::{OnSwitch, RemoteParent, UnknownTracerPolicy};
pub use self::overrides::Override;
#[cfg(feature = "watch")]
pub(crate) use self::read_file::READ_BYTES;
pub use self::schema::JsonSchema;
pub(crate) use self::secret::{Secret, is_credential_header};
#[cfg(feature = "watch")]
pub(crate) use self::yaml::READ_BYTES as SECRET_READ_BYTES;
pub use self::yaml::{ProcessEnv, UndefinedVariables, Variables};

#[cfg(test)]
mod tests;
