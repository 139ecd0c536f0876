//! `limits`, `batch` and `capture`: numbers that merge key by key.

use std::time::Duration;

use super::decode::Fields;
use super::model::{BatchConfig, CaptureConfig, LimitsConfig};
use super::schema::{Key, Kind, Section};

pub(super) static LIMITS: Section = Section {
    title: "`limits`",
    keys: &[
        Key::new("attribute_value_length_limit", COUNT, "none", "how many characters a text value may have"),
        Key::new("attribute_count_limit", COUNT, "128", "how many attributes a span may have"),
        Key::new("event_count_limit", COUNT, "128", "how many events a span may have"),
        Key::new("link_count_limit", COUNT, "128", "how many links a span may have"),
        Key::new("event_attribute_count_limit", COUNT, "128", "how many attributes an event may have"),
        Key::new("link_attribute_count_limit", COUNT, "128", "how many attributes a link may have"),
        Key::new(
            "max_spans_per_trace",
            Kind::Count(1, u32::MAX as u64),
            "none",
            "how many spans of one trace may start in this process; what is more is counted as throttled",
        ),
    ],
    refused: &[("attribute_value_depth_limit", "attribute values are flat")],
};

const COUNT: Kind = Kind::Count(0, u32::MAX as u64);
/// More would not fit into memory.
const QUEUE: Kind = Kind::Count(1, 1 << 24);

pub(super) static BATCH: Section = Section {
    title: "`batch`",
    keys: &[
        Key::new(
            "schedule_delay",
            Kind::Millis(0),
            "5000",
            "the longest time that a span waits for its batch, in milliseconds",
        ),
        Key::new(
            "export_timeout",
            Kind::Millis(0),
            "30000",
            "the longest time that one export may take, in milliseconds; 0 for no limit",
        ),
        Key::new("max_queue_size", QUEUE, "2048", "how many spans may wait"),
        Key::new(
            "max_export_batch_size",
            QUEUE,
            "512, or `max_queue_size` if that is less",
            "how many spans one export takes",
        ),
        Key::new(
            "max_queue_bytes",
            Kind::Count(1 << 10, 1 << 40),
            "67108864",
            "how much memory the waiting spans may take, in bytes, estimated",
        ),
        Key::new("max_concurrent_exports", Kind::Count(1, 64), "1", "how many exports may run at once"),
        Key::new(
            "max_retries",
            Kind::Count(0, 1000),
            "10",
            "how often an export that may succeed later is tried again, within `export_timeout`",
        ),
    ],
    refused: &[("exporter", "`exporter` stands beside `batch`, not in it")],
};

pub(super) static CAPTURE: Section = Section {
    title: "`capture`",
    keys: &[
        Key::new("arguments", Kind::Flag, "true", "whether arguments are recorded"),
        Key::new("results", Kind::Flag, "true", "whether results are recorded"),
        Key::new(
            "max_length",
            Kind::Count(0, 1 << 20),
            "4096",
            "how many characters of a value are recorded; the rest is cut",
        ),
    ],
    refused: &[],
};

/// `limits` as one block says them.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    /// In the order of the section.
    values: [Option<u32>; 7],
}

/// `batch` as one block says it.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    schedule_delay: Option<Duration>,
    export_timeout: Option<Duration>,
    max_queue_size: Option<usize>,
    max_export_batch_size: Option<usize>,
    max_queue_bytes: Option<usize>,
    max_concurrent_exports: Option<usize>,
    max_retries: Option<u32>,
}

/// `capture` as one block says it.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture {
    arguments: Option<bool>,
    results: Option<bool>,
    max_length: Option<usize>,
}

pub(super) fn limits(fields: &Fields<'_>) -> Limits {
    fields.section("limits").map_or_else(Limits::default, |limits| Limits {
        values: [
            limits.count("attribute_value_length_limit"),
            limits.count("attribute_count_limit"),
            limits.count("event_count_limit"),
            limits.count("link_count_limit"),
            limits.count("event_attribute_count_limit"),
            limits.count("link_attribute_count_limit"),
            limits.count("max_spans_per_trace"),
        ],
    })
}

impl Limits {
    /// What this block says, then what the defaults say, then the fixed default.
    pub(super) fn finish(&self, defaults: &Self) -> LimitsConfig {
        let fallback = LimitsConfig::default();
        let [length, attributes, events, links, event_attributes, link_attributes, spans] =
            std::array::from_fn(|i| self.values[i].or(defaults.values[i]));
        LimitsConfig {
            attribute_value_length_limit: length.or(fallback.attribute_value_length_limit),
            attribute_count_limit: attributes.unwrap_or(fallback.attribute_count_limit),
            event_count_limit: events.unwrap_or(fallback.event_count_limit),
            link_count_limit: links.unwrap_or(fallback.link_count_limit),
            event_attribute_count_limit: event_attributes.unwrap_or(fallback.event_attribute_count_limit),
            link_attribute_count_limit: link_attributes.unwrap_or(fallback.link_attribute_count_limit),
            max_spans_per_trace: spans.or(fallback.max_spans_per_trace),
        }
    }
}

pub(super) fn batch(fields: &Fields<'_>) -> Batch {
    fields.section("batch").map_or_else(Batch::default, |batch| Batch {
        schedule_delay: batch.millis("schedule_delay"),
        export_timeout: batch.millis("export_timeout"),
        max_queue_size: batch.count("max_queue_size"),
        max_export_batch_size: batch.count("max_export_batch_size"),
        max_queue_bytes: batch.count("max_queue_bytes"),
        max_concurrent_exports: batch.count("max_concurrent_exports"),
        max_retries: batch.count("max_retries"),
    })
}

impl Batch {
    /// What this block says, then what the defaults say, then the fixed default.
    pub(super) fn finish(&self, defaults: &Self) -> BatchConfig {
        let fallback = BatchConfig::default();
        let queue = self.max_queue_size.or(defaults.max_queue_size).unwrap_or(fallback.max_queue_size);
        let batch = self.max_export_batch_size.or(defaults.max_export_batch_size);
        BatchConfig {
            schedule_delay: self
                .schedule_delay
                .or(defaults.schedule_delay)
                .unwrap_or(fallback.schedule_delay),
            export_timeout: self
                .export_timeout
                .or(defaults.export_timeout)
                .unwrap_or(fallback.export_timeout),
            max_queue_size: queue,
            max_export_batch_size: batch.unwrap_or_else(|| fallback.max_export_batch_size.min(queue)),
            max_queue_bytes: self
                .max_queue_bytes
                .or(defaults.max_queue_bytes)
                .unwrap_or(fallback.max_queue_bytes),
            max_concurrent_exports: self
                .max_concurrent_exports
                .or(defaults.max_concurrent_exports)
                .unwrap_or(fallback.max_concurrent_exports),
            max_retries: self.max_retries.or(defaults.max_retries).unwrap_or(fallback.max_retries),
        }
    }
}

pub(super) fn capture(fields: &Fields<'_>) -> Capture {
    fields.section("capture").map_or_else(Capture::default, |capture| Capture {
        arguments: capture.flag("arguments"),
        results: capture.flag("results"),
        max_length: capture.count("max_length"),
    })
}

impl Capture {
    /// What this block says, then what the defaults say, then the fixed default.
    pub(super) fn finish(&self, defaults: &Self) -> CaptureConfig {
        let fallback = CaptureConfig::default();
        CaptureConfig {
            arguments: self.arguments.or(defaults.arguments).unwrap_or(fallback.arguments),
            results: self.results.or(defaults.results).unwrap_or(fallback.results),
            max_length: self.max_length.or(defaults.max_length).unwrap_or(fallback.max_length),
        }
    }
}
