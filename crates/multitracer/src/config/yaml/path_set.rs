//! A set of paths.

use std::collections::HashSet;

use super::path::KeyPath;

/// A set of paths that knows which paths are above its members.
#[derive(Debug, Default)]
pub(crate) struct PathSet {
    exact: HashSet<KeyPath>,
    above: HashSet<KeyPath>,
}

impl PathSet {
    pub(crate) fn insert(&mut self, path: KeyPath) {
        self.above.extend(path.above());
        self.exact.insert(path);
    }

    /// Returns `true` if `path` is a member, or is above or below one.
    pub(crate) fn touches(&self, path: &KeyPath) -> bool {
        self.above.contains(path)
            || self.exact.contains(path)
            || path.above().any(|path| self.exact.contains(&path))
    }
}
