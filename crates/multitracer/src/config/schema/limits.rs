//! The keys of `limits`, `batch` and `capture`.

use super::section::{Key, Kind, Section};

pub(crate) static LIMITS: Section = Section {
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

/// A number of spans; more would not fit into memory.
const QUEUE: Kind = Kind::Count(1, 1 << 24);

pub(crate) static BATCH: Section = Section {
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

pub(crate) static CAPTURE: Section = Section {
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
