//! The verbs.

mod assign;
mod check;
mod completions;
mod init;
mod ping;
mod route;
mod schema;

use std::path::Path;

use multitracer::Registry;
use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::error::BuildError;
use multitracer::export::InMemoryExporter;

pub(crate) use self::assign::assign;
pub(crate) use self::check::check;
pub(crate) use self::completions::completions;
pub(crate) use self::init::init;
pub(crate) use self::ping::ping;
pub(crate) use self::route::route;
pub(crate) use self::schema::schema;
use crate::output::Failure;

/// A registry that routes and assigns as the file says, and sends nothing.
fn registry(file: &Path) -> Result<Registry, Failure> {
    let config = Config::loader().without_credentials().load_path(file)?;
    let spans = InMemoryExporter::new();
    let registry =
        RegistryBuilder::from_config(config).map_tracers(|tracer| tracer.in_memory(&spans)).build();
    registry.map_err(refused)
}

fn refused(error: BuildError) -> Failure {
    match error {
        BuildError::Config(error) => Failure::Config(error),
        other => Failure::Because(other.to_string()),
    }
}
