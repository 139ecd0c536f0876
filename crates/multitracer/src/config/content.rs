//! The contents of the files that a load read, for the watch of these files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Reads at most `limit` bytes of a regular file. Returns `None` for any other file.
///
/// A pipe would block, and a device has no end.
pub(crate) fn read_regular(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The hash of a file's content; `None` if the file is unreadable. It has no `Debug`, because the
/// hash of a short secret gives it away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentHash(Option<u64>);

impl ContentHash {
    pub(super) fn of(content: Option<&[u8]>) -> Self {
        Self(content.map(|bytes| {
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            hasher.finish()
        }))
    }

    /// Reads a regular file, as a load does that reads at most `limit` bytes.
    #[cfg(feature = "watch")]
    pub(crate) fn read(path: &Path, limit: u64) -> Self {
        Self::of(read_regular(path, limit).ok().flatten().as_deref())
    }

    /// Returns the hash of a file that cannot be read.
    #[cfg(feature = "watch")]
    pub(crate) fn unreadable() -> Self {
        Self(None)
    }
}

/// The files that a load read for `${file:PATH}`, with their contents.
#[derive(Clone, Default)]
pub(crate) struct ReadFiles(Arc<Mutex<BTreeMap<PathBuf, ContentHash>>>);

impl ReadFiles {
    pub(super) fn add(&self, path: PathBuf, content: ContentHash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path, content);
    }

    /// Returns the files, and forgets them.
    #[cfg(feature = "watch")]
    pub(crate) fn take(&self) -> BTreeMap<PathBuf, ContentHash> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
