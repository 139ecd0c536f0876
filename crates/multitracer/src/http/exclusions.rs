//! Paths that are left out.

/// Exact paths, and beginnings of paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    exact: Vec<String>,
    beginnings: Vec<String>,
}

impl Paths {
    /// Adds a path; one that ends in `*` stands for all that begin so.
    pub(super) fn add(&mut self, path: String) {
        match path.strip_suffix('*') {
            Some(beginning) => self.beginnings.push(beginning.to_owned()),
            None => self.exact.push(path),
        }
    }

    pub(super) fn contain(&self, path: &str) -> bool {
        self.exact.iter().any(|exact| exact == path)
            || self.beginnings.iter().any(|beginning| path.starts_with(beginning.as_str()))
    }
}
