//! Flush, shutdown and reports of all tracers at once.

use std::sync::Arc;
use std::time::Duration;

use super::handle::Registry;
use crate::export::{FlushFailure, Operation, Report, ShutdownError, Stats, TracerReport};
use crate::tracer::TracerCore;

/// The timeout of [`Registry::flush`] and [`Registry::shutdown`].
const TIMEOUT: Duration = Duration::from_secs(10);

impl Registry {
    /// Exports the spans that have ended, all tracers at once, within 10 s.
    ///
    /// Spans stay queued if their backend asked for a pause that is not over.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tracer = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let report = registry.flush().await?;
    /// assert_eq!(report.tracers()[0].exported, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub async fn flush(&self) -> Result<Report, ShutdownError> {
        let flush = self.request(Operation::flush(TIMEOUT));
        flush.names.report(self, flush.operation.wait().await)
    }

    /// Exports the spans that have ended, all tracers at once, within `timeout`.
    ///
    /// Blocks the calling thread. Exports run on another thread, so a thread of any runtime can
    /// call this.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use std::time::Duration;
    ///
    /// # let tracer = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let report = registry.flush_blocking(Duration::from_secs(2))?;
    /// assert_eq!(report.tracers()[0].exported, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub fn flush_blocking(&self, timeout: Duration) -> Result<Report, ShutdownError> {
        let flush = self.request(Operation::flush(timeout));
        flush.names.report(self, flush.operation.wait_blocking())
    }

    /// Disables every tracer and exports the ended spans, all tracers at once, within 10 s.
    ///
    /// Spans that are still open are not exported. No span starts later. Tracers that a
    /// [reload](Self::reload) retired are included. A later call returns the same outcome again.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tracer = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// let canary = registry.tracer("canary")?;
    /// canary.in_span("work", || {});
    /// let report = registry.shutdown().await?;
    /// assert_eq!((report.tracers()[0].exported, report.tracers()[0].dropped.total()), (1, 0));
    /// canary.in_span("too late", || {});
    /// assert_eq!(registry.report().tracers()[0].started, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub async fn shutdown(&self) -> Result<Report, ShutdownError> {
        self.shutdown_within(TIMEOUT).await
    }

    /// Shuts down like [`shutdown`](Self::shutdown), within `timeout` for all tracers together.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tracer = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let report = registry.shutdown_within(Duration::from_secs(2)).await?;
    /// assert_eq!(report.tracers()[0].exported, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub async fn shutdown_within(&self, timeout: Duration) -> Result<Report, ShutdownError> {
        let shutdown = self.request_shutdown(timeout);
        shutdown.names.report(self, shutdown.operation.wait().await)
    }

    /// Shuts down like [`shutdown_within`](Self::shutdown_within), and blocks the calling thread.
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub fn shutdown_blocking(&self, timeout: Duration) -> Result<Report, ShutdownError> {
        let shutdown = self.request_shutdown(timeout);
        shutdown.names.report(self, shutdown.operation.wait_blocking())
    }

    /// Returns the counts of every tracer's spans so far.
    ///
    /// The report includes tracers that a [reload](Self::reload) removed or changed. Their counts
    /// are added to the tracer with the same name and project, or have a line of their own.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let tracer = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let report = registry.report();
    /// assert_eq!((report.tracers()[0].started, report.tracers()[0].exported), (1, 1));
    /// println!("{report}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn report(&self) -> Report {
        Report { tracers: self.lines() }
    }

    /// Disables every tracer for good, and requests their shutdown.
    fn request_shutdown(&self, timeout: Duration) -> Requested {
        // the first step, so that no tracer is added or enabled later
        self.inner.draining.shut_down();
        for core in self.inner.draining.all(self.set()) {
            core.enabled.switch_off();
        }
        self.request(Operation::shutdown(timeout))
    }

    /// Returns `true` once a shutdown has begun.
    pub(super) fn is_shut_down(&self) -> bool {
        self.inner.draining.is_shut_down()
    }

    /// Requests an operation of every tracer, also of those that a reload removed or changed.
    fn request(&self, mut operation: Operation) -> Requested {
        let mut names = Names::default();
        for core in self.inner.draining.all(self.set()) {
            core.pipeline.request(&mut operation);
            names.0.push(Name::of(&core));
        }
        Requested { operation, names }
    }

    /// Returns the full counts of every tracer's spans so far, with queues, retries and latencies.
    ///
    /// Tracers of earlier configurations are included like in the [`report`](Self::report).
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// let tracer = TracerBuilder::new("canary").in_memory(&spans);
    /// let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let stats = registry.stats();
    /// assert_eq!((stats.tracers()[0].exported, stats.tracers()[0].dropped.total()), (1, 0));
    /// println!("{stats}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::new(self.lines().into_iter().map(|line| line.stats).collect())
    }

    /// Publishes the counts of this registry to `meter`, as long as the registry lives. Call it
    /// once.
    ///
    /// The metrics follow [OpenTelemetry's conventions for SDKs][conventions]. The attribute
    /// `multitracer.tracer` holds the tracer's name. The metrics are
    ///
    /// - `otel.sdk.span.started` and `otel.sdk.span.live`,
    /// - `otel.sdk.processor.span.processed`, `.queue.size` and `.queue.capacity`,
    /// - `otel.sdk.exporter.span.exported` and `.inflight`, and
    /// - the histogram `otel.sdk.exporter.operation.duration`, if a tracer already exports at the
    ///   time of this call.
    ///
    /// [conventions]: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
    ///
    /// ```
    /// # let yaml = "tracers: {production: {exporter: console}}";
    /// # let registry = multitracer::Registry::from_yaml(yaml)?;
    /// registry.publish_metrics(&opentelemetry::global::meter("multitracer"));
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    #[cfg(feature = "metrics")]
    pub fn publish_metrics(&self, meter: &opentelemetry::metrics::Meter) {
        let registry = Arc::downgrade(&self.inner);
        crate::export::publish(meter, move || {
            let registry = registry.upgrade().map(|inner| Self { inner });
            registry.map_or_else(Vec::new, |registry| registry.stats().into_tracers())
        });
        if let Some(runtime) = self.inner.runtime.get() {
            runtime.durations().publish(meter);
        }
    }

    /// Returns a line per tracer and exporter.
    fn lines(&self) -> Vec<TracerReport> {
        self.inner.draining.lines(self.set())
    }
}

/// A flush or a shutdown of all tracers.
struct Requested {
    operation: Operation,
    names: Names,
}

/// The tracers of an operation, in the order of its requests.
///
/// A tracer itself may be gone at the end of the operation. Its counts are then in the line of its
/// name and project.
#[derive(Default)]
struct Names(Vec<Name>);

struct Name {
    tracer: Arc<str>,
    project: Arc<str>,
}

impl Name {
    fn of(core: &TracerCore) -> Self {
        Self { tracer: Arc::clone(&core.info.name), project: Arc::clone(&core.info.project) }
    }
}

impl Names {
    /// Returns the report of `registry` with the failures of the operation.
    fn report(&self, registry: &Registry, failures: Vec<FlushFailure>) -> Result<Report, ShutdownError> {
        let mut lines = registry.lines();
        for FlushFailure { tracer, position, message } in failures {
            let Some(Name { tracer, project }) = self.0.get(tracer) else { continue };
            let is_line = |line: &&mut TracerReport| {
                (&line.name, &line.project, line.position) == (tracer, project, position)
            };
            if let Some(line) = lines.iter_mut().find(is_line) {
                line.error.get_or_insert(message);
            }
        }
        Report { tracers: lines }.into_result()
    }
}
