//! Checks: rules for values, rules between the parts of a model, and warnings.

mod code_numbers;
mod code_values;
mod cross_check;
mod names;
mod paths;
pub(crate) mod value_rules;
pub(crate) mod warnings;

pub(crate) use self::code_values::check_values;
pub(crate) use self::cross_check::cross_check;
