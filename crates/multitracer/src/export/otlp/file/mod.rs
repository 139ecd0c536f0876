//! The `file` exporter: one OTLP request per line, as JSON.
//!
//! The Collector's `otlpjsonfile` receiver reads these files.

mod opening;
mod rotating;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::Resource;

use self::rotating::{Limits, RotatingFile};
use super::connection_pool::ConnectionPool;
use super::encode::Encoder;
use crate::config::model::FileConfig;
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, ExporterBuildError, Retry, WriteThreads};
use crate::export::outcome::{ExportError, ExportOutcome, ExportSuccess, Retryable};

/// Builds an exporter. Opens the file, so that a path without access fails at the start.
pub(crate) fn otlp_file(
    config: &FileConfig,
    resource: &Resource,
    pool: &ConnectionPool,
    threads: WriteThreads,
) -> Result<Arc<dyn Exporter>, ExporterBuildError> {
    let file = pool.files.get(PathBuf::from(&config.path), |path| {
        let file = RotatingFile::open(path.clone());
        let error = |error| ExporterBuildError(format!("file.path: cannot open {}: {error}", path.display()));
        file.map(SharedFile::new).map_err(error)
    })?;
    // if two tracers write to one file, the limits of the last one apply
    *file.limits() = Limits { max_size: config.max_size, max_backups: config.max_backups };
    Ok(Arc::new(OtlpFile { file, encoder: Encoder::new(resource), threads }))
}

struct OtlpFile {
    file: Arc<SharedFile>,
    encoder: Encoder,
    threads: WriteThreads,
}

/// A file to which several tracers may write.
#[derive(Debug)]
pub(super) struct SharedFile {
    /// Locked during a write, which may hang. A writer that waits for it blocks no thread.
    file: Arc<tokio::sync::Mutex<RotatingFile>>,
    limits: Mutex<Limits>,
}

impl SharedFile {
    fn new(file: RotatingFile) -> Self {
        Self { file: Arc::new(tokio::sync::Mutex::new(file)), limits: Mutex::default() }
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exporter for OtlpFile {
    fn export(self: Arc<Self>, batch: Batch, mut retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let line = self.encoder.json(batch);
            let mut line = line.map_err(|error| ExportError::failed(format!("cannot encode: {error}")))?;
            line.push(b'\n');
            let line = Arc::new(line);
            retry.run(|_| self.write(&line), std::future::pending).await
        })
    }
}

impl OtlpFile {
    async fn write(&self, line: &Arc<Vec<u8>>) -> ExportOutcome {
        let mut file = Arc::clone(&self.file.file).lock_owned().await;
        let (limits, line) = (*self.file.limits(), Arc::clone(line));
        let bytes = line.len();
        match self.threads.run(move || file.write(&line, limits)).await {
            Ok(()) => Ok(ExportSuccess { bytes, ..ExportSuccess::default() }),
            Err(error) => {
                Err(ExportError::failed(format!("cannot write: {error}")).retry(Retryable::Backoff))
            }
        }
    }
}
