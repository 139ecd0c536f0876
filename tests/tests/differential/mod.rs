//! Random programs that run on spans of the OpenTelemetry SDK and on ours.

mod compare;
mod generate;
mod ids;
mod ours;
mod program;
mod run;
mod sampler;
mod settings;
mod shrink;
mod theirs;
mod world;

pub(crate) use self::compare::check;
pub(crate) use self::generate::generate;
pub(crate) use self::shrink::shrink;
pub(crate) use self::world::World;
