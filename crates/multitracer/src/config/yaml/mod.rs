//! The text of a file as a tree of YAML nodes, with places, paths and variables.

mod builder;
pub(crate) mod core_schema;
mod mistakes;
mod node;
mod output;
mod parser;
mod path;
mod path_set;
mod secret_file;
mod shape;
mod template;
mod variables;

pub(crate) use self::mistakes::likely_mistake;
pub(crate) use self::node::{Entry, Node, NodeKind, Span};
pub(crate) use self::output::{OutputValue, count, key, text, to_text};
pub(crate) use self::parser::parse;
pub(crate) use self::path::{KeyPath, Segment};
pub(crate) use self::path_set::PathSet;
pub(crate) use self::secret_file::FileFolder;
#[cfg(feature = "watch")]
pub(crate) use self::secret_file::READ_BYTES;
pub(crate) use self::template::Template;
pub use self::variables::{ProcessEnv, UndefinedVariables, Variables};
