//! The exporters of one tracer.

use super::exporter::ExporterConfig;

/// A list of exporters that is never empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exporters {
    first: ExporterConfig,
    rest: Vec<ExporterConfig>,
}

impl Exporters {
    /// Returns a list of one exporter.
    pub(crate) fn new(only: ExporterConfig) -> Self {
        Self { first: only, rest: Vec::new() }
    }

    /// Returns the exporters in order, or `None` if there is none.
    pub(crate) fn from_iter(exporters: impl IntoIterator<Item = ExporterConfig>) -> Option<Self> {
        let mut exporters = exporters.into_iter();
        Some(Self { first: exporters.next()?, rest: exporters.collect() })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ExporterConfig> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    #[cfg(test)]
    pub(crate) fn first(&self) -> &ExporterConfig {
        &self.first
    }

    /// Returns the number of exporters, at least one.
    pub(crate) fn len(&self) -> usize {
        1 + self.rest.len()
    }

    pub(crate) fn last_mut(&mut self) -> &mut ExporterConfig {
        self.rest.last_mut().unwrap_or(&mut self.first)
    }

    /// Adds an exporter at the end.
    pub(crate) fn push(&mut self, exporter: ExporterConfig) {
        self.rest.push(exporter);
    }

    /// Removes every exporter but the first.
    pub(crate) fn truncate_to_first(&mut self) {
        self.rest.clear();
    }

    #[cfg(test)]
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut ExporterConfig> {
        std::iter::once(&mut self.first).chain(&mut self.rest)
    }

    #[cfg(test)]
    pub(crate) fn first_mut(&mut self) -> &mut ExporterConfig {
        &mut self.first
    }
}
