//! Registries: the tracers, routes and experiments of one configuration, built, looked up, reloaded and
//! shut down together.

mod build;
mod builder;
mod changes;
mod construct;
mod draining;
mod error;
mod handle;
mod init;
mod lifecycle;
mod lookup;
mod reload;
mod route;
mod rows;
mod runtime_control;
mod snapshot;
mod spec;
mod tracer_builder;
#[cfg(feature = "watch")]
mod watch;

pub use self::builder::{ExperimentBuilder, RegistryBuilder, RouteBuilder};
pub use self::changes::ReloadChanges;
pub use self::error::{BuildError, ReloadError, SwitchError};
pub use self::handle::Registry;
pub use self::init::{TracingGuard, init, install};
pub use self::tracer_builder::TracerBuilder;
#[cfg(feature = "watch")]
pub use self::watch::{WatchBuilder, WatchGuard};

#[cfg(feature = "tracing")]
pub(crate) use self::handle::WeakRegistry;
#[cfg(feature = "probe")]
pub(crate) use self::tracer_builder::resource;
