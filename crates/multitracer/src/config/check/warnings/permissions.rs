//! The warning about a file with a key that other users of the machine can read.

use std::path::Path;

use super::codes::READABLE_KEY;
use crate::config::diagnostics::SourceDiagnostic;
use crate::config::yaml::{KeyPath, Span};

/// Returns a warning if every user of the machine can read `file`. `path` and `span` are the place
/// of a literal key in it.
pub(crate) fn check_permissions(file: &Path, path: KeyPath, span: Option<Span>) -> Option<SourceDiagnostic> {
    let mode = mode(file).filter(|mode| mode & OTHERS_READ != 0)?;
    let message = format!(
        "this key stands in the file itself, which every user of this machine can read (mode {mode:04o})"
    );
    let help = "write `${VAR}` or `${file:PATH}` in its place, or `chmod o-r` the file";
    Some(SourceDiagnostic { code: Some(READABLE_KEY), path, span, message, help: Some(help.to_owned()) })
}

/// The bit of a file's mode that lets all other users read the file.
const OTHERS_READ: u32 = 0o004;

#[cfg(unix)]
fn mode(file: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    Some(std::fs::metadata(file).ok()?.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}
