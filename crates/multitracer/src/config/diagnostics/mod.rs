//! Diagnostics: errors and warnings, their places and their rendering.
//!
//! A value that breaks a rule is a [`Violation`]. With the path of the value it is a
//! [`ModelDiagnostic`], with its place in the text a [`SourceDiagnostic`], and with line, column
//! and excerpt a [`Diagnostic`].

mod diagnostic;
mod error;
mod excerpt;
mod locate;
mod mask;
mod model_diagnostic;
mod render;
mod source;
mod source_diagnostic;
mod subject;
mod violation;

pub use self::diagnostic::Diagnostic;
pub use self::error::ConfigError;
pub(crate) use self::locate::locate;
pub(crate) use self::model_diagnostic::ModelDiagnostic;
pub(crate) use self::source::Source;
pub(crate) use self::source_diagnostic::{MAX_DIAGNOSTICS, SourceDiagnostic};
pub(crate) use self::subject::subject;
pub(crate) use self::violation::Violation;
