//! The bytes of a configuration file, as text.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::diagnostics::ConfigError;

/// The largest file that is read, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Number of bytes that are read. One more than allowed distinguishes a file that is too large from
/// one that just fits.
pub(crate) const READ_BYTES: u64 = MAX_BYTES as u64 + 1;

/// Returns the error of a file that is too large.
pub(super) fn too_large(source_name: &str) -> ConfigError {
    ConfigError::unreadable(source_name, format!("larger than {} KiB", MAX_BYTES >> 10), None)
}

/// Reads a file. Returns its name for messages, and its text.
pub(super) fn read_text(path: &Path) -> Result<(String, String), ConfigError> {
    let name = path.display().to_string();
    let bytes = read(path).map_err(|error| {
        ConfigError::unreadable(&name, format!("cannot read the file: {error}"), Some(error))
    })?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large(&name));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name, text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count();
            Err(ConfigError::unreadable(&name, format!("not UTF-8 text, in line {}", line + 1), None))
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(READ_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
