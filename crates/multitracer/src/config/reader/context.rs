//! The state that all readers of one file share.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::config::diagnostics::{MAX_DIAGNOSTICS, SourceDiagnostic};
use crate::config::options::LoadOptions;
use crate::config::yaml::{FileFolder, KeyPath, PathSet, Span, UndefinedVariables, Variables};

/// The state that all readers of one file share: the variables, and the diagnostics so far.
pub(crate) struct Context<'v> {
    /// The values of `${VAR}`.
    ///
    /// `None`: the readers check the structure alone. A value with a reference is then unknown, and
    /// valid.
    pub(crate) variables: Option<&'v (dyn Variables + 'v)>,
    /// The values of `MULTITRACER_*`. With `None` the readers ignore them.
    pub(crate) overrides: Option<&'v (dyn Variables + 'v)>,
    pub(crate) undefined: Cell<UndefinedVariables>,
    /// `true` if variables in credentials are looked up.
    pub(super) credentials: bool,
    /// The folder of `${file:PATH}`.
    pub(super) files: FileFolder,
    /// The place of the first literal key of a backend.
    literal_key: RefCell<Option<(KeyPath, Option<Span>)>>,
    errors: RefCell<Vec<SourceDiagnostic>>,
    omitted: Cell<usize>,
    warnings: RefCell<Vec<SourceDiagnostic>>,
    unknown: RefCell<PathSet>,
    references: RefCell<BTreeSet<String>>,
}

/// The results of all readers.
pub(crate) struct Collected {
    pub(crate) errors: Vec<SourceDiagnostic>,
    /// The number of errors that were not kept.
    pub(crate) omitted: usize,
    pub(crate) warnings: Vec<SourceDiagnostic>,
    /// The paths of the values that are not known.
    pub(crate) unknown: PathSet,
}

impl<'v> Context<'v> {
    pub(crate) fn new(options: &LoadOptions<'v>) -> Self {
        Self {
            variables: options.variables,
            overrides: options.overrides,
            undefined: Cell::new(options.undefined),
            credentials: options.credentials,
            files: FileFolder::of(options.file, options.read_files),
            literal_key: RefCell::default(),
            errors: RefCell::default(),
            omitted: Cell::new(0),
            warnings: RefCell::default(),
            unknown: RefCell::default(),
            references: RefCell::default(),
        }
    }

    /// Returns `true` if a value of the file refers to the variable.
    pub(crate) fn refers_to(&self, variable: &str) -> bool {
        self.references.borrow().contains(variable)
    }

    /// Adds an error, or counts it if there are too many.
    pub(crate) fn report(&self, error: SourceDiagnostic) {
        if self.is_full() {
            self.omitted.set(self.omitted.get() + 1);
        } else {
            self.errors.borrow_mut().push(error);
        }
    }

    /// Adds a warning, unless there are too many.
    pub(super) fn warn(&self, warning: SourceDiagnostic) {
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < MAX_DIAGNOSTICS {
            warnings.push(warning);
        }
    }

    /// Marks the value at a path as unknown, so that no later check looks at it.
    pub(super) fn mark_unknown(&self, path: KeyPath) {
        self.unknown.borrow_mut().insert(path);
    }

    /// Notes that a value of the file refers to these variables.
    pub(super) fn add_references<'n>(&self, variables: impl Iterator<Item = &'n str>) {
        self.references.borrow_mut().extend(variables.map(str::to_owned));
    }

    /// Notes that the file has a literal key of a backend.
    pub(super) fn note_literal_key(&self, path: &KeyPath, span: Option<Span>) {
        self.literal_key.borrow_mut().get_or_insert_with(|| (path.clone(), span));
    }

    /// Returns the place of the first literal key of a backend.
    pub(crate) fn literal_key(&self) -> Option<(KeyPath, Option<Span>)> {
        self.literal_key.borrow().clone()
    }

    /// Returns `true` if the limit of errors is reached.
    pub(super) fn is_full(&self) -> bool {
        self.errors.borrow().len() >= MAX_DIAGNOSTICS
    }

    pub(crate) fn finish(self) -> Collected {
        Collected {
            errors: self.errors.into_inner(),
            omitted: self.omitted.get(),
            warnings: self.warnings.into_inner(),
            unknown: self.unknown.into_inner(),
        }
    }
}
