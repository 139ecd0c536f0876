//! The files that `${file:PATH}` refers to.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The largest file that a reference may name, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// The folder that relative paths of references start from.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileFolder(Option<PathBuf>);

impl FileFolder {
    /// Returns the folder of a configuration file. Without a file, paths start from the working
    /// folder of the process.
    pub(crate) fn of(file: Option<&Path>) -> Self {
        Self(file.and_then(Path::parent).map(Path::to_owned))
    }

    /// Reads a file as text, without one line break at its end. Returns `None` if there is no file.
    ///
    /// # Errors
    ///
    /// Returns the reason why the file cannot be used. It never holds a part of the text.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>, String> {
        let path = self.0.as_deref().map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
        let read = || -> io::Result<Result<String, String>> {
            // a pipe would block, and a device has no end
            if !fs::metadata(&path)?.is_file() {
                return Ok(Err("it is not a regular file".to_owned()));
            }
            let mut bytes = Vec::new();
            File::open(&path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
            Ok(text(bytes))
        };
        match read() {
            Ok(text) => text.map(Some),
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
