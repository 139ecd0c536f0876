//! The paths of tracers and exporters in a file.

use crate::config::model::{ExporterConfig, TracerConfig};
use crate::config::yaml::KeyPath;

pub(super) fn tracer_path(tracer: &TracerConfig) -> KeyPath {
    KeyPath::root().key("tracers").key(tracer.name.as_str())
}

/// Returns the exporters of a tracer with their paths.
pub(super) fn exporters(tracer: &TracerConfig) -> impl Iterator<Item = (&ExporterConfig, KeyPath)> {
    let path = tracer_path(tracer);
    let is_only = tracer.exporters.len() == 1;
    tracer.exporters.iter().enumerate().map(move |(position, exporter)| {
        let path = if is_only { path.key("exporter") } else { path.key("exporters").index(position) };
        (exporter, path)
    })
}
