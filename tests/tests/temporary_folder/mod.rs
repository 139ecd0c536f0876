//! A folder of one test.

use std::fs;
use std::path::{Path, PathBuf};

/// A new folder, which is removed on drop.
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Creates a folder whose name holds the name of the test.
    pub(crate) fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("multitracer-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
