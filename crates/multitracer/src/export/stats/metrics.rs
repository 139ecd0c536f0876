//! The counts as OpenTelemetry's metrics of SDKs.
//!
//! The names follow its
//! [semantic conventions](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/).

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Histogram, Meter};

use super::drop_counts::{DropCounts, reason_name};
use super::tracer_stats::TracerStats;
use crate::export::outcome::ExportOutcome;

/// The attribute with the tracer's name; OpenTelemetry has none for it.
const TRACER: &str = "multitracer.tracer";

/// A histogram of export durations; empty until a meter is set.
#[derive(Debug, Default)]
pub(crate) struct ExportDurations(OnceLock<Histogram<f64>>);

/// The tracer and the exporter that a measurement is about.
#[derive(Clone, Debug)]
pub(crate) struct ExporterLabels {
    pub(crate) tracer: Arc<str>,
    /// Kind and endpoint, as in [`TracerStats::exporter`].
    pub(crate) exporter: Arc<str>,
    /// Position among the exporters of the tracer, from 0.
    pub(crate) position: usize,
}

impl ExportDurations {
    /// Records the duration and the outcome of one export, if a meter is set.
    pub(crate) fn record(&self, labels: &ExporterLabels, elapsed: Duration, outcome: &ExportOutcome) {
        let Some(histogram) = self.0.get() else { return };
        let mut attributes = exporter_attributes(&labels.tracer, &labels.exporter, labels.position);
        match outcome {
            Ok(success) if success.rejected > 0 => {
                attributes.push(KeyValue::new("error.type", "rejected"));
            }
            Ok(_) => {}
            Err(error) => attributes.push(KeyValue::new("error.type", reason_name(error.reason))),
        }
        histogram.record(elapsed.as_secs_f64(), &attributes);
    }

    /// Sets the meter. Later calls have no effect.
    pub(crate) fn publish(&self, meter: &Meter) {
        self.0.get_or_init(|| {
            meter
                .f64_histogram("otel.sdk.exporter.operation.duration")
                .with_unit("s")
                .with_description("The duration of exporting a batch of spans, with retries.")
                .build()
        });
    }
}

/// An instrument that the meter reads.
struct Instrument<T> {
    name: &'static str,
    description: &'static str,
    observe: fn(&TracerStats, &dyn AsyncInstrument<T>),
}

const COUNTERS: [Instrument<u64>; 3] = [
    Instrument {
        name: "otel.sdk.span.started",
        description: "The number of created spans.",
        observe: started,
    },
    Instrument {
        name: "otel.sdk.processor.span.processed",
        description: "The number of spans that the exporter received, or that were dropped before.",
        observe: processed,
    },
    Instrument {
        name: "otel.sdk.exporter.span.exported",
        description: "The number of spans whose export has finished, successful or not.",
        observe: exported,
    },
];

const LEVELS: [Instrument<i64>; 4] = [
    Instrument {
        name: "otel.sdk.span.live",
        description: "The number of recording spans that have not ended.",
        observe: live,
    },
    Instrument {
        name: "otel.sdk.processor.span.queue.size",
        description: "The number of spans in the queue.",
        observe: |stats, to| to.observe(level(stats.queued), &processor_attributes(stats)),
    },
    Instrument {
        name: "otel.sdk.processor.span.queue.capacity",
        description: "The number of spans that the queue can hold.",
        observe: |stats, to| to.observe(level(stats.queue_capacity), &processor_attributes(stats)),
    },
    Instrument {
        name: "otel.sdk.exporter.span.inflight",
        description: "The number of spans that are being exported.",
        observe: |stats, to| to.observe(level(stats.in_flight), &attributes_of(stats)),
    },
];

/// Publishes the result of `stats` whenever the meter collects.
pub(crate) fn publish<F>(meter: &Meter, stats: F)
where
    F: Fn() -> Vec<TracerStats> + Clone + Send + Sync + 'static,
{
    for Instrument { name, description, observe } in COUNTERS {
        let stats = stats.clone();
        meter
            .u64_observable_counter(name)
            .with_unit("{span}")
            .with_description(description)
            .with_callback(move |instrument| stats().iter().for_each(|stats| observe(stats, instrument)))
            .build();
    }
    for Instrument { name, description, observe } in LEVELS {
        let stats = stats.clone();
        meter
            .i64_observable_up_down_counter(name)
            .with_unit("{span}")
            .with_description(description)
            .with_callback(move |instrument| stats().iter().for_each(|stats| observe(stats, instrument)))
            .build();
    }
}

fn started(stats: &TracerStats, to: &dyn AsyncInstrument<u64>) {
    // a span starts once, even if its tracer has several exporters
    if stats.position == 0 {
        let kept = stats.started.saturating_sub(stats.sampled_out);
        for (result, spans) in [("RECORD_AND_SAMPLE", kept), ("DROP", stats.sampled_out)] {
            to.observe(spans, &span_attributes(stats, result));
        }
    }
}

fn live(stats: &TracerStats, to: &dyn AsyncInstrument<i64>) {
    if stats.position == 0 {
        to.observe(level(stats.open()), &span_attributes(stats, "RECORD_AND_SAMPLE"));
    }
}

fn processed(stats: &TracerStats, to: &dyn AsyncInstrument<u64>) {
    let attributes = processor_attributes(stats);
    let handed_over = stats.exported + stats.rejected + stats.dropped_by_exporter.total() + stats.in_flight;
    to.observe(handed_over, &attributes);
    let in_queue = stats.dropped.minus(stats.dropped_by_exporter);
    // a throttled span was never created, so nothing processed it
    let in_queue = DropCounts { throttled: 0, ..in_queue };
    observe_dropped(in_queue, &attributes, to, |reason| match reason {
        "shutdown" => "already_shutdown",
        reason => reason,
    });
}

fn exported(stats: &TracerStats, to: &dyn AsyncInstrument<u64>) {
    let attributes = attributes_of(stats);
    to.observe(stats.exported, &attributes);
    if stats.rejected > 0 {
        to.observe(stats.rejected, &with_error(&attributes, "rejected"));
    }
    observe_dropped(stats.dropped_by_exporter, &attributes, to, |reason| reason);
}

fn observe_dropped(
    dropped: DropCounts,
    attributes: &[KeyValue],
    to: &dyn AsyncInstrument<u64>,
    name: fn(&'static str) -> &'static str,
) {
    for (reason, spans) in dropped.by_reason() {
        if spans > 0 {
            to.observe(spans, &with_error(attributes, name(reason)));
        }
    }
}

fn with_error(attributes: &[KeyValue], error: &'static str) -> Vec<KeyValue> {
    let mut attributes = attributes.to_vec();
    attributes.push(KeyValue::new("error.type", error));
    attributes
}

fn level(spans: u64) -> i64 {
    i64::try_from(spans).unwrap_or(i64::MAX)
}

fn span_attributes(stats: &TracerStats, result: &'static str) -> [KeyValue; 2] {
    [KeyValue::new(TRACER, stats.name.to_string()), KeyValue::new("otel.span.sampling_result", result)]
}

fn processor_attributes(stats: &TracerStats) -> Vec<KeyValue> {
    component("batching_span_processor", &stats.name, stats.position)
}

fn attributes_of(stats: &TracerStats) -> Vec<KeyValue> {
    exporter_attributes(&stats.name, &stats.exporter, stats.position)
}

/// Returns the attributes of an exporter. `exporter` is its kind and endpoint.
fn exporter_attributes(tracer: &str, exporter: &str, position: usize) -> Vec<KeyValue> {
    let (kind, endpoint) = exporter.split_once(' ').unwrap_or((exporter, ""));
    let kind = match kind {
        "otlp_http" => "otlp_http_span_exporter",
        "otlp_grpc" => "otlp_grpc_span_exporter",
        "file" => "multitracer.file_span_exporter",
        "console" => "multitracer.console_span_exporter",
        "memory" => "multitracer.memory_span_exporter",
        _ => "multitracer.custom_span_exporter",
    };
    let mut attributes = component(kind, tracer, position);
    let url: Option<http::Uri> = endpoint.split(' ').next().and_then(|url| url.parse().ok());
    if let Some(url) = url
        && let (Some(scheme), Some(host)) = (url.scheme_str(), url.host())
    {
        let port = url.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        attributes.push(KeyValue::new("server.address", host.to_owned()));
        attributes.push(KeyValue::new("server.port", i64::from(port)));
    }
    attributes
}

fn component(kind: &'static str, tracer: &str, position: usize) -> Vec<KeyValue> {
    let name = match position {
        0 => format!("{kind}/{tracer}"),
        _ => format!("{kind}/{tracer}/{position}"),
    };
    vec![
        KeyValue::new(TRACER, tracer.to_owned()),
        KeyValue::new("otel.component.type", kind),
        KeyValue::new("otel.component.name", name),
    ]
}
