//! Random programs that run on spans of the OpenTelemetry SDK and on ours.

mod case;
mod compare;
mod generate;
mod ids;
mod ours;
mod program;
mod run;
mod sampler;
mod settings;
mod shrink;
mod sites;
mod theirs;
mod world;

pub(crate) use self::case::check_case;
pub(crate) use self::compare::compare;
pub(crate) use self::settings::WORLDS;
pub(crate) use self::world::World;
