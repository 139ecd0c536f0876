//! The counts in Prometheus's text format.
//!
//! See <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::{self, Write as _};

use super::tracer_stats::TracerStats;

/// A metric with one number per line.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    /// Returns the number for one tracer; a tracer without one gets no line.
    value: fn(&TracerStats) -> Option<u64>,
}

const fn counter(name: &'static str, help: &'static str, value: fn(&TracerStats) -> Option<u64>) -> Metric {
    Metric { name, kind: "counter", help, value }
}

const fn gauge(name: &'static str, help: &'static str, value: fn(&TracerStats) -> Option<u64>) -> Metric {
    Metric { name, kind: "gauge", help, value }
}

/// Metrics that are the same for all exporters of a tracer.
const TRACER_METRICS: [Metric; 2] = [
    counter("spans_started_total", "Spans started, sampled or not.", |stats| Some(stats.started)),
    counter("spans_sampled_out_total", "Spans that the sampler dropped.", |stats| Some(stats.sampled_out)),
];

/// Metrics of one exporter.
const EXPORTER_METRICS: [Metric; 11] = [
    gauge("spans_open", "Spans started and not ended.", |stats| Some(stats.open())),
    counter("spans_ended_total", "Sampled spans that ended.", |stats| Some(stats.ended)),
    counter("spans_exported_total", "Spans that the backend accepted.", |stats| Some(stats.exported)),
    counter("spans_rejected_total", "Spans that the backend rejected in an accepted request.", |stats| {
        Some(stats.rejected)
    }),
    gauge("spans_queued", "Spans that wait for their export.", |stats| Some(stats.queued)),
    gauge("spans_queued_bytes", "Memory of the queued spans, estimated.", |stats| Some(stats.queued_bytes)),
    gauge("spans_queue_capacity", "Maximum number of queued spans.", |stats| Some(stats.queue_capacity)),
    gauge("spans_in_flight", "Spans that are being exported.", |stats| Some(stats.in_flight)),
    counter("export_retries_total", "Attempts after the first attempt of an export.", |stats| {
        Some(stats.retries)
    }),
    counter("export_bytes_total", "Bytes of request bodies that the backend accepted.", |stats| {
        Some(stats.bytes)
    }),
    gauge(
        "export_last_success_timestamp_seconds",
        "Time at which the backend last accepted a request.",
        TracerStats::last_success_seconds,
    ),
];

/// Returns all metrics as text.
pub(super) fn text(tracers: &[TracerStats]) -> String {
    let mut text = String::new();
    // writing to a `String` cannot fail
    let _ = write(&mut text, tracers);
    text
}

fn write(text: &mut String, tracers: &[TracerStats]) -> fmt::Result {
    for metric in &TRACER_METRICS {
        head(text, metric.name, metric.kind, metric.help)?;
        for tracer in tracers.iter().filter(|tracer| tracer.position == 0) {
            if let Some(value) = (metric.value)(tracer) {
                let Metric { name, .. } = metric;
                writeln!(text, "multitracer_{name}{{{}}} {value}", Labels { tracer, with_exporter: false })?;
            }
        }
    }
    for metric in &EXPORTER_METRICS {
        head(text, metric.name, metric.kind, metric.help)?;
        for tracer in tracers {
            if let Some(value) = (metric.value)(tracer) {
                let Metric { name, .. } = metric;
                writeln!(text, "multitracer_{name}{{{}}} {value}", Labels { tracer, with_exporter: true })?;
            }
        }
    }
    head(text, "spans_dropped_total", "counter", "Spans that were dropped.")?;
    for tracer in tracers {
        let labels = Labels { tracer, with_exporter: true };
        for (reason, spans) in tracer.dropped.by_reason() {
            writeln!(text, "multitracer_spans_dropped_total{{{labels},reason=\"{reason}\"}} {spans}")?;
        }
    }
    head(text, "export_duration_seconds", "summary", "Durations of exports, with retries.")?;
    for tracer in tracers {
        let (labels, latency) = (Labels { tracer, with_exporter: true }, &tracer.export_latency);
        for (quantile, time) in [("0.5", latency.p50()), ("0.99", latency.p99())] {
            if let Some(time) = time {
                let seconds = time.as_secs_f64();
                writeln!(
                    text,
                    "multitracer_export_duration_seconds{{{labels},quantile=\"{quantile}\"}} {seconds}"
                )?;
            }
        }
        let (sum, count) = (latency.sum().as_secs_f64(), latency.count());
        writeln!(text, "multitracer_export_duration_seconds_sum{{{labels}}} {sum}")?;
        writeln!(text, "multitracer_export_duration_seconds_count{{{labels}}} {count}")?;
    }
    Ok(())
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(text, "# HELP multitracer_{name} {help}\n# TYPE multitracer_{name} {kind}")
}

/// The labels of one line.
struct Labels<'s> {
    tracer: &'s TracerStats,
    with_exporter: bool,
}

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TracerStats { name, project, exporter, .. } = self.tracer;
        write!(f, "tracer=\"{}\",project=\"{}\"", LabelValue(name), LabelValue(project))?;
        if self.with_exporter {
            write!(f, ",exporter=\"{}\"", LabelValue(exporter))?;
        }
        Ok(())
    }
}

/// A label's value with backslashes, quotes and line feeds escaped.
struct LabelValue<'s>(&'s str);

impl fmt::Display for LabelValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
