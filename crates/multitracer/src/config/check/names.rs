//! Names and the references to them.

use std::collections::HashSet;

use super::value_rules;
use crate::config::diagnostics::{ModelDiagnostic, Violation};
use crate::config::suggest;
use crate::config::yaml::KeyPath;

/// The most errors of one check; a hostile file may have one in every line.
const MAX_ERRORS: usize = 200;

/// The names that the parts of a configuration refer to.
pub(super) struct Names<'m> {
    pub(super) tracers: NameList<'m>,
    pub(super) experiments: NameList<'m>,
}

/// Names in order, with a fast lookup.
pub(super) struct NameList<'m> {
    list: Vec<&'m str>,
    set: HashSet<&'m str>,
}

impl<'m> NameList<'m> {
    pub(super) fn new(names: impl Iterator<Item = &'m str>) -> Self {
        let list: Vec<&str> = names.collect();
        Self { set: list.iter().copied().collect(), list }
    }

    pub(super) fn as_slice(&self) -> &[&'m str] {
        &self.list
    }
}

impl Names<'_> {
    /// Adds an error if `name` is not the name of a tracer.
    pub(super) fn check_tracer(&self, errors: &mut Vec<ModelDiagnostic>, path: KeyPath, name: &str) {
        check_reference(errors, path, name, "tracer", &self.tracers);
    }

    /// Adds an error if `name` is not the name of an experiment.
    pub(super) fn check_experiment(&self, errors: &mut Vec<ModelDiagnostic>, path: KeyPath, name: &str) {
        check_reference(errors, path, name, "experiment", &self.experiments);
    }
}

fn check_reference(
    errors: &mut Vec<ModelDiagnostic>,
    path: KeyPath,
    name: &str,
    noun: &str,
    names: &NameList<'_>,
) {
    if errors.len() >= MAX_ERRORS || names.set.contains(name) {
        return;
    }
    let article = if noun == "tracer" { "a" } else { "an" };
    let violation = Violation::new(format!("is not the name of {article} {noun}"));
    let help = match (suggest::nearest(name, names.list.iter().copied()), names.list.len()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, 0) => format!("there is no {noun}"),
        (None, 1) => format!("the only {noun} is {}", suggest::quoted_some(&names.list)),
        (None, _) => format!("the {noun}s are {}", suggest::quoted_some(&names.list)),
    };
    errors.push(ModelDiagnostic::violation(path, name, violation.with_help(help)));
}

/// Adds an error for each name that is not valid, or that is not the first of its kind.
pub(super) fn check_distinct<'m>(
    errors: &mut Vec<ModelDiagnostic>,
    noun: &str,
    names: impl Iterator<Item = (&'m str, KeyPath)>,
) {
    let mut seen = HashSet::new();
    for (name, path) in names {
        if errors.len() >= MAX_ERRORS {
            return;
        }
        if let Err(violation) = value_rules::name(name) {
            let text = format!("the {noun}'s name {}", violation.predicate);
            errors.push(ModelDiagnostic { help: violation.help, ..ModelDiagnostic::new(path, text) });
        } else if !seen.insert(name) {
            let violation = Violation::new(format!("is the name of another {noun} too"));
            errors.push(ModelDiagnostic::violation(path, name, violation));
        }
    }
}
