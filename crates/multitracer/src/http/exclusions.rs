//! Paths that the server layer does not trace.

/// A set of exact paths and prefixes of paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Exclusions {
    exact: Vec<String>,
    prefixes: Vec<String>,
}

impl Exclusions {
    /// Adds a path. A trailing `*` makes it a prefix.
    pub(super) fn add(&mut self, path: String) {
        match path.strip_suffix('*') {
            Some(prefix) => self.prefixes.push(prefix.to_owned()),
            None => self.exact.push(path),
        }
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.exact.iter().any(|exact| exact == path)
            || self.prefixes.iter().any(|prefix| path.starts_with(prefix.as_str()))
    }
}
