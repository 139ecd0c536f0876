//! Registries: the tracers, routes and experiments of one configuration.

mod building;
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

pub use self::building::builder::RegistryBuilder;
pub use self::building::experiment_builder::ExperimentBuilder;
pub use self::building::route_builder::RouteBuilder;
pub use self::building::tracer_builder::TracerBuilder;
pub use self::error::{BuildError, ReloadError, SwitchError};
pub use self::handle::Registry;
pub use self::init::{TracingGuard, init, install};
pub use self::reload::changes::ReloadChanges;
#[cfg(feature = "watch")]
pub use self::reload::watch::{WatchBuilder, WatchGuard};

#[cfg(feature = "probe")]
pub(crate) use self::building::tracer_builder::resource;
#[cfg(feature = "tower")]
pub(crate) use self::route::Matched;
