//! Limits of spans, of their queue and of captured values.

use std::time::Duration;

/// `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitsConfig {
    /// The limit in characters. `None` for no limit, the default.
    pub(crate) attribute_value_length_limit: Option<u32>,
    pub(crate) attribute_count_limit: u32,
    pub(crate) event_count_limit: u32,
    pub(crate) link_count_limit: u32,
    pub(crate) event_attribute_count_limit: u32,
    pub(crate) link_attribute_count_limit: u32,
    /// The limit, at least one. `None` for no limit, the default. Not a key of OpenTelemetry.
    pub(crate) max_spans_per_trace: Option<u32>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            attribute_value_length_limit: None,
            attribute_count_limit: 128,
            event_count_limit: 128,
            link_count_limit: 128,
            event_attribute_count_limit: 128,
            link_attribute_count_limit: 128,
            max_spans_per_trace: None,
        }
    }
}

/// `batch`, with OpenTelemetry's keys and defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchConfig {
    /// The longest wait of a span for its batch, default 5 s.
    pub(crate) schedule_delay: Duration,
    /// The time limit of one export with its retries, default 30 s; zero for no limit.
    pub(crate) export_timeout: Duration,
    /// The limit in spans, default 2048.
    pub(crate) max_queue_size: usize,
    /// The limit in spans, default 512; at most `max_queue_size`.
    pub(crate) max_export_batch_size: usize,
    /// The limit in bytes of memory, estimated; default 64 MiB.
    ///
    /// This and the next two are not keys of OpenTelemetry.
    pub(crate) max_queue_bytes: usize,
    /// The limit, at least one, the default.
    pub(crate) max_concurrent_exports: usize,
    /// The most attempts of one export after the first, default 10.
    pub(crate) max_retries: u32,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            schedule_delay: Duration::from_millis(5000),
            export_timeout: Duration::from_millis(30_000),
            max_queue_size: 2048,
            max_export_batch_size: 512,
            max_queue_bytes: 64 << 20,
            max_concurrent_exports: 1,
            max_retries: 10,
        }
    }
}

/// `capture`: the values that `#[traced(args(..), ret)]` records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CaptureConfig {
    pub(crate) arguments: bool,
    pub(crate) results: bool,
    /// The limit in characters, default 4096. Longer values are cut.
    pub(crate) max_length: usize,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self { arguments: true, results: true, max_length: 4096 }
    }
}
