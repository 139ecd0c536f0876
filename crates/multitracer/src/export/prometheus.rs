//! Counts in [Prometheus's text format](https://prometheus.io/docs/instrumenting/exposition_formats/).

use std::fmt::{self, Write as _};

use super::stats::TracerStats;

/// A metric of one number a line, and where that comes from.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: fn(&TracerStats) -> Option<u64>,
}

const fn counter(name: &'static str, help: &'static str, value: fn(&TracerStats) -> Option<u64>) -> Metric {
    Metric { name, kind: "counter", help, value }
}

const fn gauge(name: &'static str, help: &'static str, value: fn(&TracerStats) -> Option<u64>) -> Metric {
    Metric { name, kind: "gauge", help, value }
}

/// The same whatever exporters there are.
const OF_TRACER: [Metric; 2] = [
    counter("spans_started_total", "Spans started, sampled or not.", |stats| Some(stats.started)),
    counter("spans_sampled_out_total", "Spans that the sampler left out.", |stats| Some(stats.sampled_out)),
];

const OF_EXPORTER: [Metric; 11] = [
    gauge("spans_open", "Spans started and not ended.", |stats| Some(stats.open())),
    counter("spans_ended_total", "Sampled spans that ended.", |stats| Some(stats.ended)),
    counter("spans_exported_total", "Spans that the backend took.", |stats| Some(stats.exported)),
    counter("spans_rejected_total", "Spans refused by partial success.", |stats| Some(stats.rejected)),
    gauge("spans_queued", "Spans that wait for their export.", |stats| Some(stats.queued)),
    gauge("spans_queued_bytes", "Bytes of memory that those take.", |stats| Some(stats.queued_bytes)),
    gauge("spans_queue_capacity", "Spans that may wait.", |stats| Some(stats.queue_capacity)),
    gauge("spans_in_flight", "Spans whose export is under way.", |stats| Some(stats.in_flight)),
    counter("export_retries_total", "Attempts after the first of an export.", |stats| Some(stats.retries)),
    counter("export_bytes_total", "Bytes of request bodies that were taken.", |stats| Some(stats.bytes)),
    gauge(
        "export_last_success_timestamp_seconds",
        "When a backend last took a request.",
        TracerStats::last_success_seconds,
    ),
];

pub(super) fn text(tracers: &[TracerStats]) -> String {
    let mut text = String::new();
    // writing to a String does not fail
    let _ = write(&mut text, tracers);
    text
}

fn write(text: &mut String, tracers: &[TracerStats]) -> fmt::Result {
    for metric in &OF_TRACER {
        head(text, metric.name, metric.kind, metric.help)?;
        for tracer in tracers.iter().filter(|tracer| tracer.position == 0) {
            if let Some(value) = (metric.value)(tracer) {
                let Metric { name, .. } = metric;
                writeln!(text, "multitracer_{name}{{{}}} {value}", Labels { tracer, exporter: false })?;
            }
        }
    }
    for metric in &OF_EXPORTER {
        head(text, metric.name, metric.kind, metric.help)?;
        for tracer in tracers {
            if let Some(value) = (metric.value)(tracer) {
                let Metric { name, .. } = metric;
                writeln!(text, "multitracer_{name}{{{}}} {value}", Labels { tracer, exporter: true })?;
            }
        }
    }
    head(text, "spans_dropped_total", "counter", "Spans that were lost.")?;
    for tracer in tracers {
        let labels = Labels { tracer, exporter: true };
        for (reason, spans) in tracer.dropped.by_reason() {
            writeln!(text, "multitracer_spans_dropped_total{{{labels},reason=\"{reason}\"}} {spans}")?;
        }
    }
    head(text, "export_duration_seconds", "summary", "How long exports took, retries included.")?;
    for tracer in tracers {
        let (labels, latency) = (Labels { tracer, exporter: true }, &tracer.export_latency);
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

struct Labels<'s> {
    tracer: &'s TracerStats,
    exporter: bool,
}

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TracerStats { name, project, exporter, .. } = self.tracer;
        write!(f, "tracer=\"{}\",project=\"{}\"", Escaped(name), Escaped(project))?;
        if self.exporter {
            write!(f, ",exporter=\"{}\"", Escaped(exporter))?;
        }
        Ok(())
    }
}

struct Escaped<'s>(&'s str);

impl fmt::Display for Escaped<'_> {
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
