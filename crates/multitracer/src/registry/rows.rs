//! Rows of a report, one per exporter of each tracer.

use std::sync::Arc;

use crate::export::{TracerStats, TracerTotals};
use crate::tracer::TracerCore;

/// Returns the counts of a tracer, one entry per exporter.
pub(super) fn stats_of(core: &TracerCore) -> Vec<TracerStats> {
    // a span counts as started before it counts as anything else, so `started` is read last
    let exporters = core.pipeline.counters();
    let sampled_out = core.sinks.sampled_out();
    let started = core.sinks.started() + sampled_out;
    let (name, project) = (Arc::clone(&core.info.name), Arc::clone(&core.info.project));
    let totals = TracerTotals { name, project, started, sampled_out };
    exporters.into_iter().map(|exporter| TracerStats::new(&totals, exporter)).collect()
}
