//! A file that is renamed to a backup when it is full.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::opening::{create_folder, open_or_create};

/// A file of lines, with backups of the earlier lines.
#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    open: Option<OpenFile>,
}

/// The limits of a file and its backups.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// Maximum size in bytes. A single line may exceed it.
    pub(super) max_size: u64,
    pub(super) max_backups: u32,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    size: u64,
    /// `true` if the last line is incomplete.
    is_torn: bool,
}

impl RotatingFile {
    /// Opens the file, and creates its folder if needed.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let mut file = Self { path, open: None };
        file.reopen()?;
        Ok(file)
    }

    /// Writes one line, which is never split over two files.
    pub(super) fn write(&mut self, line: &[u8], limits: Limits) -> io::Result<()> {
        // another process may have deleted, emptied or renamed the file
        let is_ours = |open: &OpenFile| fs::metadata(&self.path).is_ok_and(|found| found.len() == open.size);
        if !self.open.as_ref().is_some_and(is_ours) {
            self.reopen()?;
        }
        let room = limits.max_size.saturating_sub(line.len() as u64);
        if self.open.as_ref().is_some_and(|open| open.size > 0 && open.size > room) {
            self.rotate(limits.max_backups)?;
        }
        let Some(open) = &mut self.open else { return Err(io::Error::other("the file is not open")) };
        let mut written = Ok(());
        if std::mem::replace(&mut open.is_torn, true) {
            written = open.file.write_all(b"\n");
        }
        written = written.and_then(|()| open.file.write_all(line));
        open.is_torn = written.is_err();
        open.size = open.file.metadata()?.len();
        written
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            create_folder(folder)?;
        }
        let file = open_or_create(&self.path)?;
        let size = file.metadata()?.len();
        self.open = Some(OpenFile { file, size, is_torn: false });
        Ok(())
    }

    /// Renames the file to the newest backup and opens an empty one with the same permissions.
    fn rotate(&mut self, max_backups: u32) -> io::Result<()> {
        let Some(full) = self.open.take() else { return Err(io::Error::other("the file is not open")) };
        let permissions = full.file.metadata()?.permissions();
        if max_backups == 0 {
            fs::remove_file(&self.path)?;
        }
        for number in (0..max_backups).rev() {
            let from = backup_path(&self.path, number);
            match fs::rename(&from, backup_path(&self.path, number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.reopen()?;
        match &self.open {
            Some(open) => open.file.set_permissions(permissions),
            None => Ok(()),
        }
    }
}

/// Returns `spans.jsonl` for 0, `spans.jsonl.1` for the newest backup, and so on.
fn backup_path(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn rotates_when_full_and_survives_the_loss_of_the_file() {
        let folder = std::env::temp_dir().join(format!("multitracer-rotating-{}", std::process::id()));
        let path = folder.join("deeper").join("spans.jsonl");
        let mut file = RotatingFile::open(path.clone()).unwrap();
        let limits = Limits { max_size: 10, max_backups: 2 };
        for line in ["aaaa\n", "bbbb\n", "cccc\n", "dddddddddddddddd\n", "e\n"] {
            file.write(line.as_bytes(), limits).unwrap();
        }
        let read = |number| fs::read_to_string(backup_path(&path, number)).ok();
        let held = |texts: [&str; 3]| texts.map(|text| (!text.is_empty()).then(|| text.to_owned()));
        assert_eq!([0, 1, 2].map(read), held(["e\n", "dddddddddddddddd\n", "cccc\n"]));
        assert_eq!(read(3), None, "only two backups are kept");
        fs::remove_file(&path).unwrap();
        file.write(b"f\n", limits).unwrap();
        fs::write(&path, "other\n").unwrap();
        file.write(b"g\n", limits).unwrap();
        assert_eq!(read(0).unwrap(), "other\ng\n");
        file.write(b"hhhhhh\n", Limits { max_backups: 0, ..limits }).unwrap();
        assert_eq!(read(0).unwrap(), "hhhhhh\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
