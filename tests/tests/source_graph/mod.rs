//! A reader of a crate's sources: its modules, and the files and rooms that use each other.

mod circles;
mod names;
mod resolve;
mod rooms;
mod sources;
mod tokens;

pub(crate) use self::circles::{Circle, Edge, circles};
pub(crate) use self::rooms::{Arrow, Table, arrows, rooms};
pub(crate) use self::sources::Crate;
