//! Limits of spans, of their queue and of captured values.

use std::time::Duration;

/// `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitsConfig {
    /// In characters; `None`: no limit, the default.
    pub(crate) attribute_value_length_limit: Option<u32>,
    pub(crate) attribute_count_limit: u32,
    pub(crate) event_count_limit: u32,
    pub(crate) link_count_limit: u32,
    pub(crate) event_attribute_count_limit: u32,
    pub(crate) link_attribute_count_limit: u32,
    /// At least one; `None`: no limit, the default. Ours.
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

/// `batch`, OpenTelemetry's keys and defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchConfig {
    /// Longest time that a span waits for a batch to fill, default 5 s.
    pub(crate) schedule_delay: Duration,
    /// Longest time that one export may take, retries included, default 30 s; zero: no limit.
    pub(crate) export_timeout: Duration,
    /// In spans, default 2048.
    pub(crate) max_queue_size: usize,
    /// In spans, default 512; not above `max_queue_size`.
    pub(crate) max_export_batch_size: usize,
    /// In bytes of memory, estimated; default 64 MiB. Ours, as the next two.
    pub(crate) max_queue_bytes: usize,
    /// At least one, the default.
    pub(crate) max_concurrent_exports: usize,
    /// Attempts of one export after the first, default 10.
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

/// `capture`: whether `#[traced(args(..), ret)]` records what it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CaptureConfig {
    pub(crate) arguments: bool,
    pub(crate) results: bool,
    /// In characters, default 4096; longer values are cut.
    pub(crate) max_length: usize,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self { arguments: true, results: true, max_length: 4096 }
    }
}
