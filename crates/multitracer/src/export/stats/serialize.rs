//! Serialization of the counts: a list with one map per tracer and exporter.

use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::Stats;
use super::drop_counts::DropCounts;
use super::tracer_stats::TracerStats;

impl Serialize for Stats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.tracers)
    }
}

impl Serialize for TracerStats {
    /// Writes a map with the fields as keys. Durations are in seconds, times in seconds since 1970.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &*self.name)?;
        map.serialize_entry("project", &*self.project)?;
        map.serialize_entry("exporter", &*self.exporter)?;
        for (key, count) in [
            ("started", self.started),
            ("sampled_out", self.sampled_out),
            ("open", self.open()),
            ("ended", self.ended),
            ("exported", self.exported),
            ("rejected", self.rejected),
        ] {
            map.serialize_entry(key, &count)?;
        }
        map.serialize_entry("dropped", &self.dropped)?;
        for (key, count) in [
            ("queued", self.queued),
            ("queued_bytes", self.queued_bytes),
            ("queue_capacity", self.queue_capacity),
            ("in_flight", self.in_flight),
            ("retries", self.retries),
            ("bytes", self.bytes),
        ] {
            map.serialize_entry(key, &count)?;
        }
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        map.serialize_entry("export_latency_p50", &seconds(self.export_latency.p50()))?;
        map.serialize_entry("export_latency_p99", &seconds(self.export_latency.p99()))?;
        map.serialize_entry("last_error", &self.last_error)?;
        map.serialize_entry("last_success", &self.last_success_seconds())?;
        map.end()
    }
}

impl Serialize for DropCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.by_reason())
    }
}
