//! Flushing and shutting down: all tracers at once, under one timeout.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Registry;
use super::draining::fold;
use crate::export::{Counters, Failures, Pending, Report, ShutdownError, Stats, TracerReport, TracerStats};
use crate::tracer::{TracerCore, TracerId};

/// How long [`Registry::flush`] and [`Registry::shutdown`] wait.
const DEADLINE: Duration = Duration::from_secs(10);

/// What each tracer answered.
type Answers = HashMap<TracerId, Result<(), Failures>>;

/// One tracer's way to one exporter, and what went wrong with a flush or a shutdown there.
pub(super) type Row = (TracerStats, Option<String>);

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
        let snapshot = self.snapshot();
        let (draining, closing) = self.inner.draining.all();
        let by = Instant::now() + timeout;
        let asked =
            snapshot.tracers().iter().chain(&draining).map(|core| (core.id(), Wait::For(ask(core, by))));
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
        Stats::new(self.rows(Answers::new()).into_iter().map(|(stats, _)| stats).collect())
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
        let line = |(stats, error)| TracerReport::new(stats, error);
        Report { tracers: self.rows(answers).into_iter().map(line).collect() }
    }

    /// Each line, and what went wrong with that tracer.
    fn rows(&self, mut answers: Answers) -> Vec<Row> {
        let mut line = |core: &Arc<TracerCore>| -> Vec<Row> {
            let mut errors = match answers.remove(&core.id()) {
                Some(Err(errors)) => errors,
                _ => Vec::new(),
            };
            let error = |position: usize| {
                let at = errors.iter().position(|(destination, _)| *destination == position)?;
                Some(errors.swap_remove(at).1)
            };
            let lines = lines(core);
            let errors: Vec<_> = (0..lines.len()).map(error).collect();
            lines.into_iter().zip(errors).collect()
        };
        let mut rows: Vec<_> = self.snapshot().tracers().iter().flat_map(&mut line).collect();
        let current = rows.len();
        for earlier in self.inner.draining.lines(line) {
            fold(&mut rows, earlier);
        }
        for at in current..rows.len() {
            // an exporter that has moved up among its tracer's is not the one that is there now
            let (others, stats) = (&rows[..at], &rows[at].0);
            let of = |stats: &TracerStats| {
                (Arc::clone(&stats.name), Arc::clone(&stats.project), Arc::clone(&stats.exporter))
            };
            if others.iter().any(|(other, _)| of(other) == of(stats)) {
                rows[at].0.exporter = format!("{} #{}", stats.exporter, stats.position + 1).into();
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
    core.switch.off();
    core.pipeline.shutdown(Some(timeout))
}

/// One entry for each exporter.
pub(super) fn lines(core: &TracerCore) -> Vec<TracerStats> {
    // a span is counted as started before it is counted as anything else
    let tallies = core.pipeline.tallies();
    let sampled_out = core.counts.sampled_out.load(Ordering::Acquire);
    let started = core.counts.sampled.load(Ordering::Acquire) + sampled_out;
    let line = |(position, (exporter, tally)): (usize, (Arc<str>, Counters))| {
        let names = (Arc::clone(&core.info.name), Arc::clone(&core.info.project), exporter);
        TracerStats::new(names, position, (started, sampled_out), tally)
    };
    tallies.into_iter().enumerate().map(line).collect()
}
