//! A reader of a crate's sources: its modules, and the files and rooms that use each other.

mod circles;
mod differences;
mod names;
mod resolve;
mod rooms;
mod sources;
mod tokens;

pub(crate) use self::circles::{Circle, Edge, circles};
pub(crate) use self::differences::differences;
pub(crate) use self::rooms::Table;
pub(crate) use self::sources::Crate;
