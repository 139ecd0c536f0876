//! The decoder of `limits`, `batch` and `capture`, which merge key by key.

use std::time::Duration;

use crate::config::model::{BatchConfig, CaptureConfig, LimitsConfig};
use crate::config::reader::Fields;

/// The `limits` of one block.
#[derive(Clone, Debug, Default)]
pub(super) struct LimitsBlock {
    /// The values in the order of the section.
    values: [Option<u32>; 7],
}

/// The `batch` of one block.
#[derive(Clone, Debug, Default)]
pub(super) struct BatchBlock {
    schedule_delay: Option<Duration>,
    export_timeout: Option<Duration>,
    max_queue_size: Option<usize>,
    max_export_batch_size: Option<usize>,
    max_queue_bytes: Option<usize>,
    max_concurrent_exports: Option<usize>,
    max_retries: Option<u32>,
}

/// The `capture` of one block.
#[derive(Clone, Debug, Default)]
pub(super) struct CaptureBlock {
    arguments: Option<bool>,
    results: Option<bool>,
    max_length: Option<usize>,
}

/// Reads `limits`.
pub(super) fn limits(fields: &Fields<'_>) -> LimitsBlock {
    fields.section("limits").map_or_else(LimitsBlock::default, |limits| LimitsBlock {
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

impl LimitsBlock {
    /// Returns the values of this block, else those of the defaults, else the fixed defaults.
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

/// Reads `batch`.
pub(super) fn batch(fields: &Fields<'_>) -> BatchBlock {
    fields.section("batch").map_or_else(BatchBlock::default, |batch| BatchBlock {
        schedule_delay: batch.millis("schedule_delay"),
        export_timeout: batch.millis("export_timeout"),
        max_queue_size: batch.count("max_queue_size"),
        max_export_batch_size: batch.count("max_export_batch_size"),
        max_queue_bytes: batch.count("max_queue_bytes"),
        max_concurrent_exports: batch.count("max_concurrent_exports"),
        max_retries: batch.count("max_retries"),
    })
}

impl BatchBlock {
    /// Returns the values of this block, else those of the defaults, else the fixed defaults.
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

/// Reads `capture`.
pub(super) fn capture(fields: &Fields<'_>) -> CaptureBlock {
    fields.section("capture").map_or_else(CaptureBlock::default, |capture| CaptureBlock {
        arguments: capture.flag("arguments"),
        results: capture.flag("results"),
        max_length: capture.count("max_length"),
    })
}

impl CaptureBlock {
    /// Returns the values of this block, else those of the defaults, else the fixed defaults.
    pub(super) fn finish(&self, defaults: &Self) -> CaptureConfig {
        let fallback = CaptureConfig::default();
        CaptureConfig {
            arguments: self.arguments.or(defaults.arguments).unwrap_or(fallback.arguments),
            results: self.results.or(defaults.results).unwrap_or(fallback.results),
            max_length: self.max_length.or(defaults.max_length).unwrap_or(fallback.max_length),
        }
    }
}
