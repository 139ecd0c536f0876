//! YAML -> checked configuration.

pub(crate) mod model;
mod secret;

pub(crate) use self::secret::Secret;
pub use self::model::{OnSwitch, RemoteParent, UnknownTracer};
