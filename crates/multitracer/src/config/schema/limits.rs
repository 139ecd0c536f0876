//! The keys of `limits`, `batch` and `capture`.

use super::section::{Key, Kind, Section};

pub(crate) static LIMITS: Section = Section {
    title: "`limits`",
    keys: &[
        Key::new(
            "attribute_value_length_limit",
            COUNT,
            "none",
            "the maximum length of a text value, in characters",
        ),
        Key::new("attribute_count_limit", COUNT, "128", "the maximum number of attributes of a span"),
        Key::new("event_count_limit", COUNT, "128", "the maximum number of events of a span"),
        Key::new("link_count_limit", COUNT, "128", "the maximum number of links of a span"),
        Key::new("event_attribute_count_limit", COUNT, "128", "the maximum number of attributes of an event"),
        Key::new("link_attribute_count_limit", COUNT, "128", "the maximum number of attributes of a link"),
        Key::new(
            "max_spans_per_trace",
            Kind::Count(1, u32::MAX as u64),
            "none",
            "the maximum number of spans of one trace that start in this process; further spans count as throttled",
        ),
    ],
    refused: &[("attribute_value_depth_limit", "attribute values are flat")],
};

const COUNT: Kind = Kind::Count(0, u32::MAX as u64);

/// A number of spans; more would not fit into memory.
const QUEUE: Kind = Kind::Count(1, 1 << 24);

pub(crate) static BATCH: Section = Section {
    title: "`batch`",
    keys: &[
        Key::new(
            "schedule_delay",
            Kind::Millis(0),
            "5000",
            "the longest wait of a span for its batch, in milliseconds",
        ),
        Key::new(
            "export_timeout",
            Kind::Millis(0),
            "30000",
            "the time limit of one export with its retries, in milliseconds; 0 for no limit",
        ),
        Key::new("max_queue_size", QUEUE, "2048", "the maximum number of spans in the queue"),
        Key::new(
            "max_export_batch_size",
            QUEUE,
            "512, or `max_queue_size` if that is less",
            "the maximum number of spans in one export",
        ),
        Key::new(
            "max_queue_bytes",
            Kind::Count(1 << 10, 1 << 40),
            "67108864",
            "the maximum memory of the queue, in bytes, estimated",
        ),
        Key::new(
            "max_concurrent_exports",
            Kind::Count(1, 64),
            "1",
            "the maximum number of exports at the same time",
        ),
        Key::new(
            "max_retries",
            Kind::Count(0, 1000),
            "10",
            "the maximum number of retries of one export, within `export_timeout`",
        ),
    ],
    refused: &[("exporter", "`exporter` belongs next to `batch`, not in it")],
};

pub(crate) static CAPTURE: Section = Section {
    title: "`capture`",
    keys: &[
        Key::new("arguments", Kind::Flag, "true", "`true` to record arguments"),
        Key::new("results", Kind::Flag, "true", "`true` to record results"),
        Key::new(
            "max_length",
            Kind::Count(0, 1 << 20),
            "4096",
            "the maximum length of a recorded value, in characters; the rest is cut",
        ),
    ],
    refused: &[],
};
