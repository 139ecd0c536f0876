//! The results as JSON.

use std::collections::BTreeMap;
use std::thread;

use serde::Serialize;

use super::RowResult;
use super::peers::{PEERS, Peer};

/// Everything that a run found.
#[derive(Serialize)]
struct Document<'a> {
    is_optimised: bool,
    is_quick: bool,
    processors: usize,
    versions: BTreeMap<&'static str, &'static str>,
    rows: &'a [RowResult],
}

/// Returns the results as a JSON document.
pub(crate) fn json(results: &[RowResult], is_quick: bool) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&Document {
        is_optimised: !cfg!(debug_assertions),
        is_quick,
        processors: thread::available_parallelism().map_or(0, usize::from),
        versions: PEERS.iter().flat_map(Peer::versions).collect(),
        rows: results,
    })
}
