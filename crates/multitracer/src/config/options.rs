//! The options of one load.

use super::yaml::{UndefinedVariables, Variables};

/// The options of one load: the variables, and the treatment of unset ones.
#[derive(Clone, Copy)]
pub(super) struct LoadOptions<'v> {
    /// The values of `${VAR}`. `None`: the load checks the structure alone, and the model has
    /// stand-ins.
    pub(super) variables: Option<&'v (dyn Variables + 'v)>,
    /// The values of `MULTITRACER_*`, if they count.
    pub(super) overrides: Option<&'v (dyn Variables + 'v)>,
    pub(super) undefined: UndefinedVariables,
    /// `true` if variables in credentials are looked up.
    pub(super) credentials: bool,
}
