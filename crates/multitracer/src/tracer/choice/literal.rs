//! A tracer's name as a string literal in the source.

use std::sync::OnceLock;

use super::interned_name::NameId;

/// A string literal that names a tracer. It keeps the interned name after the first look-up.
#[derive(Debug)]
pub struct Literal {
    name: &'static str,
    id: OnceLock<NameId>,
}

impl Literal {
    /// Creates a literal. The first look-up interns its name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, id: OnceLock::new() }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the interned name.
    pub(crate) fn id(&self) -> NameId {
        *self.id.get_or_init(|| NameId::of(self.name))
    }
}
