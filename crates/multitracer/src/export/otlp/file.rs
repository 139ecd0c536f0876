//! The `file` exporter: OTLP as JSON in a file, one request a line, as the Collector's `otlpjsonfile` receiver reads it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::encode::Encoder;
use crate::config::model::FileConfig;
use crate::export::connection_pool::ConnectionPool;
use crate::export::exporter::{ExportFuture, Exporter, ExporterError};
use crate::export::outcome::{ExportError, ExportSuccess, Retryable};
use crate::export::retry::Retry;

/// An exporter for `config`. The file is opened here, so that one that cannot be is found at the start.
pub(crate) fn otlp_file(
    config: &FileConfig,
    resource: &Resource,
    clients: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterError> {
    let file = clients.files.get(PathBuf::from(&config.path), |path| {
        let mut file = Rotating { path: path.clone(), open: None, max_size: 0, max_backups: 0 };
        let opened = file.open();
        opened
            .map_err(|error| ExporterError(format!("file.path: cannot open {}: {error}", path.display())))?;
        Ok(Mutex::new(file))
    })?;
    {
        // where two tracers write to one file, what was built last says how large it may be
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        (file.max_size, file.max_backups) = (config.max_size, config.max_backups);
    }
    Ok(Arc::new(OtlpFile { file, encoder: Encoder::new(resource) }))
}

struct OtlpFile {
    file: Arc<Mutex<Rotating>>,
    encoder: Encoder,
}

impl Exporter for OtlpFile {
    fn export(self: Arc<Self>, batch: Vec<SpanData>, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let line = self.encoder.json(batch);
            let mut line = line.map_err(|error| ExportError::failed(format!("cannot encode: {error}")))?;
            line.push(b'\n');
            retry.run(|| async { self.write(&line) }).await
        })
    }
}

impl OtlpFile {
    fn write(&self, line: &[u8]) -> Result<ExportSuccess, ExportError> {
        // a disk may be slow
        let written = tokio::task::block_in_place(|| {
            self.file.lock().unwrap_or_else(PoisonError::into_inner).write(line)
        });
        match written {
            Ok(()) => Ok(ExportSuccess { bytes: line.len(), ..ExportSuccess::default() }),
            Err(error) => {
                Err(ExportError::failed(format!("cannot write: {error}")).retry(Retryable::Backoff))
            }
        }
    }
}

/// A file that is set aside when it is full.
#[derive(Debug)]
pub(crate) struct Rotating {
    path: PathBuf,
    open: Option<Open>,
    max_size: u64,
    max_backups: u32,
}

#[derive(Debug)]
struct Open {
    file: File,
    size: u64,
    /// Whether the last line was not written to its end.
    torn: bool,
}

impl Rotating {
    /// Writes one line, which is never split over two files.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        // deleted, emptied or put aside by somebody else
        let is_ours = |open: &Open| fs::metadata(&self.path).is_ok_and(|found| found.len() == open.size);
        if !self.open.as_ref().is_some_and(is_ours) {
            self.open()?;
        }
        let full = self.max_size.saturating_sub(line.len() as u64);
        if self.open.as_ref().is_some_and(|open| open.size > 0 && open.size > full) {
            self.rotate()?;
        }
        let Some(open) = &mut self.open else { return Err(io::Error::other("the file is not open")) };
        let mut written = Ok(());
        if std::mem::replace(&mut open.torn, true) {
            written = open.file.write_all(b"\n");
        }
        written = written.and_then(|()| open.file.write_all(line));
        open.torn = written.is_err();
        open.size = open.file.metadata()?.len();
        written
    }

    fn open(&mut self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        let size = file.metadata()?.len();
        self.open = Some(Open { file, size, torn: false });
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.open = None;
        if self.max_backups == 0 {
            fs::remove_file(&self.path)?;
        }
        for number in (0..self.max_backups).rev() {
            let from = backup(&self.path, number);
            match fs::rename(&from, backup(&self.path, number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.open()
    }
}

/// `spans.jsonl`, `spans.jsonl.1`, `spans.jsonl.2`, the newest first.
fn backup(path: &Path, number: u32) -> PathBuf {
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
    fn is_set_aside_when_it_is_full_and_found_again_when_it_was_taken_away() {
        let folder = std::env::temp_dir().join(format!("multitracer-rotating-{}", std::process::id()));
        let path = folder.join("deeper").join("spans.jsonl");
        let mut file = Rotating { path: path.clone(), open: None, max_size: 10, max_backups: 2 };
        for line in ["aaaa\n", "bbbb\n", "cccc\n", "dddddddddddddddd\n", "e\n"] {
            file.write(line.as_bytes()).unwrap();
        }
        let read = |number| fs::read_to_string(backup(&path, number)).ok();
        let held = |texts: [&str; 3]| texts.map(|text| (!text.is_empty()).then(|| text.to_owned()));
        assert_eq!([0, 1, 2].map(read), held(["e\n", "dddddddddddddddd\n", "cccc\n"]));
        assert_eq!(read(3), None, "no more than two are kept");
        fs::remove_file(&path).unwrap();
        file.write(b"f\n").unwrap();
        fs::write(&path, "other\n").unwrap();
        file.write(b"g\n").unwrap();
        assert_eq!(read(0).unwrap(), "other\ng\n");
        file.max_backups = 0;
        file.write(b"hhhhhh\n").unwrap();
        assert_eq!(read(0).unwrap(), "hhhhhh\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
