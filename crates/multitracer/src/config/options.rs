//! The options of a load.

use std::path::Path;

use super::content::ReadFiles;
use super::yaml::{UndefinedVariables, Variables};

/// The options of one load: the variables, and the treatment of unset ones.
#[derive(Clone, Copy)]
pub(super) struct LoadOptions<'v> {
    /// The values of `${VAR}`. With `None` the load checks the structure alone.
    pub(super) variables: Option<&'v (dyn Variables + 'v)>,
    /// The values of `MULTITRACER_*`. With `None` the load ignores them.
    pub(super) overrides: Option<&'v (dyn Variables + 'v)>,
    pub(super) undefined: UndefinedVariables,
    /// The file that the text comes from.
    pub(super) file: Option<&'v Path>,
    /// Receives the files that the load reads for `${file:PATH}`.
    pub(super) read_files: &'v ReadFiles,
    /// `true` if references in credentials are looked up.
    pub(super) credentials: bool,
}
