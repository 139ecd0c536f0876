//! A tracer's name in the source, with its number.

use once_cell::sync::OnceCell;

use super::interned_name::NameId;

/// A tracer's name that stands in the source, and its number after the first look-up.
#[derive(Debug)]
pub struct Literal {
    name: &'static str,
    id: OnceCell<NameId>,
}

impl Literal {
    /// Creates a literal; its name is interned at the first look-up.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, id: OnceCell::new() }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the interned name.
    pub(crate) fn id(&self) -> NameId {
        *self.id.get_or_init(|| NameId::of(self.name))
    }
}
