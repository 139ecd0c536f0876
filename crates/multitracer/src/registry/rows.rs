//! Rows of a report, one per exporter of each tracer.

use std::sync::Arc;

use crate::export::{TracerReport, TracerStats, TracerTotals};
use crate::tracer::TracerCore;

/// Returns the lines of a tracer, one per exporter.
pub(super) fn lines_of(core: &TracerCore) -> impl Iterator<Item = TracerReport> {
    // a span counts as started before it counts as anything else, so `started` is read last
    let exporters = core.pipeline.counters();
    let sampled_out = core.sinks.sampled_out();
    let started = core.sinks.started() + sampled_out;
    let (name, project) = (Arc::clone(&core.info.name), Arc::clone(&core.info.project));
    let totals = TracerTotals { name, project, started, sampled_out };
    exporters.into_iter().map(move |exporter| TracerReport::new(TracerStats::new(&totals, exporter), None))
}

/// Numbers the exporters of earlier tracers that have the same label as another exporter.
///
/// The first `current` lines are of current tracers. An exporter that had another position before a
/// reload must not look like one of them.
pub(super) fn tell_apart(lines: &mut [TracerReport], current: usize) {
    for index in current..lines.len() {
        let (others, rest) = lines.split_at_mut(index);
        let Some(line) = rest.first_mut() else { return };
        let names = |line: &TracerReport| {
            (Arc::clone(&line.name), Arc::clone(&line.project), Arc::clone(&line.exporter))
        };
        if others.iter().any(|other| names(other) == names(line)) {
            line.stats.exporter = format!("{} #{}", line.exporter, line.position + 1).into();
        }
    }
}
