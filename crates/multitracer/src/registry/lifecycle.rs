//! Flushing and shutting down: all tracers at once, under one timeout.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::handle::Registry;
use super::rows::{Row, fold, rows_of};
use crate::export::{Failures, Pending, Report, ShutdownError, Stats, TracerReport, TracerStats};
use crate::registry::reload::draining::Earlier;
use crate::tracer::{TracerCore, TracerId};

/// How long [`Registry::flush`] and [`Registry::shutdown`] wait.
const DEADLINE: Duration = Duration::from_secs(10);

/// What each tracer answered.
type Answers = HashMap<TracerId, Result<(), Failures>>;

impl Registry {
    /// Exports what has ended so far, all tracers at once, within 10 s.
    ///
    /// # Errors
    ///
    /// When a tracer could not export everything; the error has the report of all.
    pub async fn flush(&self) -> Result<Report, ShutdownError> {
        self.settle(DEADLINE, |core, _| core.pipeline.flush()).await
    }

    /// As [`flush`](Self::flush), for code that is not async. Blocks the calling thread; exports go on
    /// elsewhere, so it may be called on a thread of any runtime.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn flush_blocking(&self, timeout: Duration) -> Result<Report, ShutdownError> {
        self.settle_blocking(timeout, |core, _| core.pipeline.flush())
    }

    /// Switches every tracer off and exports what has ended, all tracers at once, within 10 s. Spans that
    /// are open still, and spans that start later, are not exported.
    ///
    /// # Errors
    ///
    /// When a tracer could not export everything; the error has the report of all.
    pub async fn shutdown(&self) -> Result<Report, ShutdownError> {
        self.shutdown_within(DEADLINE).await
    }

    /// As [`shutdown`](Self::shutdown), with one timeout of your own for all tracers together.
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    pub async fn shutdown_within(&self, timeout: Duration) -> Result<Report, ShutdownError> {
        self.inner.end();
        self.settle(timeout, stop).await
    }

    /// As [`shutdown_within`](Self::shutdown_within), for code that is not async. Blocks the calling thread.
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    pub fn shutdown_blocking(&self, timeout: Duration) -> Result<Report, ShutdownError> {
        self.inner.end();
        self.settle_blocking(timeout, stop)
    }

    /// What has become of every tracer's spans so far. Tracers that a reload took out are in it: one of the same name and
    /// project as a tracer that is there is added to that one, others have a line of their own.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report_with(Answers::new())
    }

    async fn settle(
        &self,
        timeout: Duration,
        ask: impl Fn(&TracerCore, Instant) -> Pending,
    ) -> Result<Report, ShutdownError> {
        let (send, receive) = oneshot::channel();
        self.ask(timeout, ask, move |answers| {
            let _ = send.send(answers);
        });
        self.report_with(receive.await.unwrap_or_default()).into_result()
    }

    fn settle_blocking(
        &self,
        timeout: Duration,
        ask: impl Fn(&TracerCore, Instant) -> Pending,
    ) -> Result<Report, ShutdownError> {
        let (send, receive) = mpsc::channel();
        self.ask(timeout, ask, move |answers| {
            let _ = send.send(answers);
        });
        self.report_with(receive.recv().unwrap_or_default()).into_result()
    }

    /// Asks every tracer, and gives `then` the answers on the export runtime once they are all there or
    /// `timeout` has passed.
    fn ask(
        &self,
        timeout: Duration,
        ask: impl Fn(&TracerCore, Instant) -> Pending,
        then: impl FnOnce(Answers) + Send + 'static,
    ) {
        let roster = self.set().roster();
        let Earlier { draining, closing } = self.inner.draining.all(self.set().draining());
        let by = Instant::now() + timeout;
        let asked =
            roster.tracers().iter().chain(&draining).map(|core| (core.id(), Wait::For(ask(core, by))));
        let closing = closing.into_iter().map(|closing| (closing.core.id(), Wait::Close(closing.done)));
        let waits: Vec<_> = asked.chain(closing).collect();
        let Some(runtime) = self.inner.runtime.get() else {
            return then(Answers::new());
        };
        runtime.spawn(async move {
            let mut answers = Answers::with_capacity(waits.len());
            let mut asked = JoinSet::new();
            for (id, wait) in waits {
                asked.spawn(async move { (id, wait.by(by, timeout).await) });
            }
            while let Some(answer) = asked.join_next().await {
                answers.extend(answer);
            }
            then(answers);
        });
    }

    /// What has become of every tracer's spans so far, in full. As to reloads, see [`report`](Self::report).
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&spans)).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let stats = registry.stats();
    /// assert_eq!((stats.tracers()[0].exported, stats.tracers()[0].dropped.total()), (1, 0));
    /// println!("{stats}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::new(self.rows(Answers::new()).into_iter().map(|row| row.stats).collect())
    }

    /// Publishes counts of this registry to `meter` as [OpenTelemetry's metrics of SDKs](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/),
    /// with the tracer's name as the attribute `multitracer.tracer`, for as long as the registry is there. Call it once.
    ///
    /// These are `otel.sdk.span.started`, `otel.sdk.span.live`, `otel.sdk.processor.span.processed`, `.queue.size` and
    /// `.queue.capacity`, `otel.sdk.exporter.span.exported` and `.inflight`, and the histogram `otel.sdk.exporter.operation.duration`.
    /// The last one is there if a tracer exports already when this is called.
    ///
    /// ```
    /// # let registry = multitracer::Registry::from_yaml("tracers: {production: {exporter: console}}")?;
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

    fn report_with(&self, answers: Answers) -> Report {
        let line = |row: Row| TracerReport::new(row.stats, row.error);
        Report { tracers: self.rows(answers).into_iter().map(line).collect() }
    }

    /// Returns all rows, each with the error that its tracer answered.
    fn rows(&self, mut answers: Answers) -> Vec<Row> {
        let mut rows_with_errors = |core: &Arc<TracerCore>| -> Vec<Row> {
            let mut rows = rows_of(core);
            if let Some(Err(errors)) = answers.remove(&core.id()) {
                for (position, error) in errors {
                    if let Some(row) = rows.get_mut(position) {
                        row.error.get_or_insert(error);
                    }
                }
            }
            rows
        };
        let mut rows: Vec<_> = self.set().roster().tracers().iter().flat_map(&mut rows_with_errors).collect();
        let current = rows.len();
        for earlier in self.inner.draining.rows(self.set().draining(), rows_with_errors) {
            fold(&mut rows, earlier);
        }
        for at in current..rows.len() {
            // an exporter that changed its position is another one than the exporter of that name now
            let (others, stats) = (&rows[..at], &rows[at].stats);
            let key = |stats: &TracerStats| {
                (Arc::clone(&stats.name), Arc::clone(&stats.project), Arc::clone(&stats.exporter))
            };
            if others.iter().any(|other| key(&other.stats) == key(stats)) {
                rows[at].stats.exporter = format!("{} #{}", stats.exporter, stats.position + 1).into();
            }
        }
        rows
    }
}

/// What is waited for.
enum Wait {
    For(Pending),
    /// The last export of a tracer that is done.
    Close(watch::Receiver<bool>),
}

impl Wait {
    async fn by(self, timeout: Instant, limit: Duration) -> Result<(), Failures> {
        match self {
            Self::For(pending) => pending.by(timeout, limit).await,
            Self::Close(mut done) => {
                match tokio::time::timeout_at(timeout, done.wait_for(|done| *done)).await {
                    Ok(_) => Ok(()),
                    Err(_) => Err(vec![(0, format!("not done within {limit:?}"))]),
                }
            }
        }
    }
}

fn stop(core: &TracerCore, timeout: Instant) -> Pending {
    core.enabled.switch_off();
    core.pipeline.shutdown(Some(timeout))
}
