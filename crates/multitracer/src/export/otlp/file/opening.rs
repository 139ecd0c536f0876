//! The opening of a file that nobody else may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a folder and those above it, for the user of the process only.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file to append to it. Creates it for the user of the process only.
///
/// Anything but a regular file is an error: to open a FIFO would wait for a reader.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true);
    match fs::metadata(path) {
        Ok(found) => is_regular(&found)?,
        // another process may put a FIFO there meanwhile; `create_new` never opens it
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            options.create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        Err(error) => return Err(error),
    }
    let file = options.open(path)?;
    is_regular(&file.metadata()?)?;
    Ok(file)
}

fn is_regular(found: &fs::Metadata) -> io::Result<()> {
    if found.is_file() { Ok(()) } else { Err(io::Error::other("it is not a regular file")) }
}
