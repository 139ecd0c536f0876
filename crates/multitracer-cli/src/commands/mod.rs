//! The commands, one module each.

mod assign;
mod check;
mod completions;
mod init;
mod ping;
mod route;
mod schema;
mod summary;

use std::path::Path;

use multitracer::Registry;
use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::export::InMemoryExporter;

pub(crate) use self::assign::assign;
pub(crate) use self::check::check;
pub(crate) use self::completions::completions;
pub(crate) use self::init::init;
pub(crate) use self::ping::ping;
pub(crate) use self::route::route;
pub(crate) use self::schema::schema;
use crate::output::CommandError;

/// Builds a registry that routes and assigns as the file defines, and exports nothing.
fn registry_without_exporters(file: &Path) -> Result<Registry, CommandError> {
    let config = Config::loader().without_credentials().load_path(file)?;
    let spans = InMemoryExporter::new();
    let registry =
        RegistryBuilder::from_config(config).map_tracers(|tracer| tracer.in_memory(&spans)).build();
    registry.map_err(CommandError::from)
}
