//! Rows of a report, one per exporter of each tracer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::export::{Counters, TracerStats};
use crate::tracer::TracerCore;

/// The counts of one tracer's exporter, and the error of a flush or a shutdown there.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) stats: TracerStats,
    pub(super) error: Option<String>,
}

/// Returns one row per exporter of a tracer.
pub(super) fn rows_of(core: &TracerCore) -> Vec<Row> {
    // a span counts as started before it counts as anything else, so `started` is read last
    let counters = core.pipeline.tallies();
    let sampled_out = core.counts.sampled_out.load(Ordering::Acquire);
    let started = core.counts.sampled.load(Ordering::Acquire) + sampled_out;
    let row = |(position, (exporter, counters)): (usize, (Arc<str>, Counters))| {
        let names = (Arc::clone(&core.info.name), Arc::clone(&core.info.project), exporter);
        Row { stats: TracerStats::new(names, position, (started, sampled_out), counters), error: None }
    };
    counters.into_iter().enumerate().map(row).collect()
}

/// Adds `row` to the row of the same name, project and position.
pub(super) fn fold(rows: &mut Vec<Row>, row: Row) {
    let key = |row: &Row| (Arc::clone(&row.stats.name), Arc::clone(&row.stats.project), row.stats.position);
    match rows.iter_mut().find(|other| key(other) == key(&row)) {
        Some(other) => {
            other.stats.add(row.stats);
            other.error = other.error.take().or(row.error);
        }
        None => rows.push(row),
    }
}
