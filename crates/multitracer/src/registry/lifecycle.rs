//! Flush, shutdown and reports of all tracers at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::handle::Registry;
use super::rows::stats_of;
use crate::export::{FlushFailure, Pending, Report, ShutdownError, Stats, TracerReport, TracerStats};
use crate::registry::reload::draining::Earlier;
use crate::tracer::{TracerCore, TracerId};

/// The timeout of [`Registry::flush`] and [`Registry::shutdown`].
const TIMEOUT: Duration = Duration::from_secs(10);

/// A longer timeout counts as this one: the clock ends before `Duration::MAX`.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 86_400);

/// Export failures by tracer. A missed deadline is a failure too.
type Results = HashMap<TracerId, Result<(), Vec<FlushFailure>>>;

impl Registry {
    /// Exports the spans that have ended, all tracers at once, within 10 s.
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
        self.report_after(TIMEOUT, |core, _| core.pipeline.flush()).await
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
        self.report_after_blocking(timeout, |core, _| core.pipeline.flush())
    }

    /// Disables every tracer and exports the ended spans, all tracers at once, within 10 s.
    ///
    /// Spans that are still open are not exported. No span starts later.
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
        self.inner.end();
        self.report_after(timeout, stop).await
    }

    /// Shuts down like [`shutdown_within`](Self::shutdown_within), and blocks the calling thread.
    ///
    /// # Errors
    ///
    /// Returns an error if a tracer could not export everything. The error holds the whole report.
    pub fn shutdown_blocking(&self, timeout: Duration) -> Result<Report, ShutdownError> {
        self.inner.end();
        self.report_after_blocking(timeout, stop)
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
        self.report_with(Results::new())
    }

    /// Requests an operation of every tracer and returns their report.
    async fn report_after(
        &self,
        timeout: Duration,
        request: impl Fn(&TracerCore, Instant) -> Pending,
    ) -> Result<Report, ShutdownError> {
        let (send, receive) = oneshot::channel();
        self.request_all(timeout, request, move |results| {
            let _ = send.send(results);
        });
        self.report_with(receive.await.unwrap_or_default()).into_result()
    }

    /// Requests an operation of every tracer and blocks until their report is complete.
    fn report_after_blocking(
        &self,
        timeout: Duration,
        request: impl Fn(&TracerCore, Instant) -> Pending,
    ) -> Result<Report, ShutdownError> {
        let (send, receive) = mpsc::channel();
        self.request_all(timeout, request, move |results| {
            let _ = send.send(results);
        });
        self.report_with(receive.recv().unwrap_or_default()).into_result()
    }

    /// Requests an operation of every tracer. Calls `then` on the export runtime once all tracers
    /// have finished or `timeout` has passed.
    fn request_all(
        &self,
        timeout: Duration,
        request: impl Fn(&TracerCore, Instant) -> Pending,
        then: impl FnOnce(Results) + Send + 'static,
    ) {
        let roster = self.set().roster();
        let Earlier { draining, closing } = self.inner.draining.all(self.set().draining());
        let deadline = Instant::now() + timeout.min(LONGEST_TIMEOUT);
        let requested = roster.tracers().iter().chain(&draining);
        let requested = requested.map(|core| (core.id(), Wait::Pending(request(core, deadline))));
        let closing = closing.into_iter().map(|closing| (closing.core.id(), Wait::Closing(closing.done)));
        let waits: Vec<_> = requested.chain(closing).collect();
        let Some(runtime) = self.inner.runtime.get() else {
            return then(Results::new());
        };
        runtime.spawn(async move {
            let mut results = Results::with_capacity(waits.len());
            let mut tasks = JoinSet::new();
            for (id, wait) in waits {
                tasks.spawn(async move { (id, wait.until(deadline, timeout).await) });
            }
            while let Some(result) = tasks.join_next().await {
                results.extend(result);
            }
            then(results);
        });
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
        Stats::new(self.lines(Results::new()).into_iter().map(|line| line.stats).collect())
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

    fn report_with(&self, results: Results) -> Report {
        Report { tracers: self.lines(results) }
    }

    /// Returns a line per tracer and exporter, with the failure of that exporter.
    fn lines(&self, mut results: Results) -> Vec<TracerReport> {
        let mut lines_of = |core: &Arc<TracerCore>| -> Vec<TracerReport> {
            let mut failures = results.remove(&core.id()).and_then(Result::err).unwrap_or_default();
            let mut failure_at = |position: usize| {
                let index = failures.iter().position(|failure| failure.position == position)?;
                Some(failures.swap_remove(index).message)
            };
            let line = |stats: TracerStats| {
                let error = failure_at(stats.position);
                TracerReport::new(stats, error)
            };
            stats_of(core).into_iter().map(line).collect()
        };
        let mut lines: Vec<_> = self.set().roster().tracers().iter().flat_map(&mut lines_of).collect();
        let current = lines.len();
        for earlier in self.inner.draining.lines(self.set().draining(), lines_of) {
            earlier.merge_into(&mut lines);
        }
        for index in current..lines.len() {
            // the exporter had another position before a reload, so its line must not look like a
            // current one
            let (others, line) = (&lines[..index], &lines[index]);
            let names = |line: &TracerReport| {
                (Arc::clone(&line.name), Arc::clone(&line.project), Arc::clone(&line.exporter))
            };
            if others.iter().any(|other| names(other) == names(line)) {
                lines[index].stats.exporter = format!("{} #{}", line.exporter, line.position + 1).into();
            }
        }
        lines
    }
}

/// An operation that the registry waits for.
enum Wait {
    /// A flush or a shutdown of a tracer.
    Pending(Pending),
    /// The last export of a tracer that has drained.
    Closing(watch::Receiver<bool>),
}

impl Wait {
    /// Waits until `deadline`, which is `timeout` after the request.
    async fn until(self, deadline: Instant, timeout: Duration) -> Result<(), Vec<FlushFailure>> {
        match self {
            Self::Pending(pending) => pending.until(deadline, timeout).await,
            Self::Closing(mut done) => {
                match tokio::time::timeout_at(deadline, done.wait_for(|done| *done)).await {
                    Ok(_) => Ok(()),
                    Err(_) => {
                        let message = format!("not done within {timeout:?}");
                        Err(vec![FlushFailure { position: 0, message }])
                    }
                }
            }
        }
    }
}

/// Disables a tracer and requests its shutdown.
fn stop(core: &TracerCore, deadline: Instant) -> Pending {
    core.enabled.switch_off();
    core.pipeline.shutdown(Some(deadline))
}
