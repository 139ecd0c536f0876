//! The files that `${file:PATH}` refers to.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::content::{ContentHash, ReadFiles, read_regular};

/// The largest file that a reference may name, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Number of bytes that are read. One more than allowed distinguishes a file that is too large.
pub(crate) const READ_BYTES: u64 = MAX_BYTES + 1;

/// The folder that relative paths of references start from.
#[derive(Clone, Default)]
pub(crate) struct FileFolder {
    folder: Option<PathBuf>,
    /// Receives the files that were read.
    read: ReadFiles,
}

impl FileFolder {
    /// Returns the folder of a configuration file. Without a file, paths start from the working
    /// folder of the process. The files that are read are added to `read`.
    pub(crate) fn of(file: Option<&Path>, read: &ReadFiles) -> Self {
        Self { folder: file.and_then(Path::parent).map(Path::to_owned), read: read.clone() }
    }

    /// Reads a file as text, without one line break at its end. Returns `None` if there is no file.
    ///
    /// # Errors
    ///
    /// Returns the reason why the file cannot be used. It never holds a part of the text.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>, String> {
        let path = self.folder.as_deref().map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
        let read = read_regular(&path, READ_BYTES);
        self.read.add(path, ContentHash::of(read.as_ref().ok().and_then(|content| content.as_deref())));
        match read {
            Ok(Some(bytes)) => text(bytes).map(Some),
            Ok(None) => Err("it is not a regular file".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is larger than {} KiB", MAX_BYTES >> 10));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    // editors and `echo` end a file with a line break
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
