//! The `file` exporter: one OTLP request per line, as JSON.
//!
//! The Collector's `otlpjsonfile` receiver reads these files.

mod opening;
pub(super) mod rotating;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_sdk::Resource;

use self::rotating::RotatingFile;
use super::connection_pool::ConnectionPool;
use super::encode::Encoder;
use crate::config::model::FileConfig;
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, ExporterBuildError, Retry};
use crate::export::outcome::{ExportError, ExportOutcome, ExportSuccess, Retryable};

/// Builds an exporter. Opens the file, so that a path without access fails at the start.
pub(crate) fn otlp_file(
    config: &FileConfig,
    resource: &Resource,
    pool: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterBuildError> {
    let file = pool.files.get(PathBuf::from(&config.path), |path| {
        let file = RotatingFile::open(path.clone());
        let error = |error| ExporterBuildError(format!("file.path: cannot open {}: {error}", path.display()));
        file.map(Mutex::new).map_err(error)
    })?;
    // if two tracers write to one file, the limits of the last one apply
    file.lock().unwrap_or_else(PoisonError::into_inner).set_limits(config.max_size, config.max_backups);
    Ok(Arc::new(OtlpFile { file, encoder: Encoder::new(resource) }))
}

struct OtlpFile {
    file: Arc<Mutex<RotatingFile>>,
    encoder: Encoder,
}

impl Exporter for OtlpFile {
    fn export(self: Arc<Self>, batch: Batch, mut retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let line = self.encoder.json(batch);
            let mut line = line.map_err(|error| ExportError::failed(format!("cannot encode: {error}")))?;
            line.push(b'\n');
            retry.run(|| async { self.write(&line) }, std::future::pending).await
        })
    }
}

impl OtlpFile {
    fn write(&self, line: &[u8]) -> ExportOutcome {
        // a slow disk must not block the other exporters
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
