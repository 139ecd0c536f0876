//! Random programs of one worker: spans, flushes, a shutdown, and a backend that fails and pauses.
//!
//! The clock is paused, so a program runs in no time and the same way each time. A failure names
//! its seed, and `MULTITRACER_SEEDS=SEED..SEED` (both included) runs it again.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::operation::{FlushFailure, Operation};
use super::super::worker::Worker;
use super::super::worker_handle::{CommandKind, WorkerHandle};
use super::super::*;
use crate::config::model::BatchConfig;
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, Retry};
use crate::export::outcome::{ExportError, ExportOutcome, ExportSuccess, Retryable};
use crate::export::queue::tests::named_span;

/// The generator SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn millis(&mut self, end: u64) -> Duration {
        Duration::from_millis(self.below(end))
    }
}

/// A backend that answers at random, and notes what must not happen.
struct Backend {
    state: Mutex<BackendState>,
    running: AtomicUsize,
}

struct BackendState {
    random: Random,
    /// Pauses of up to this many seconds.
    longest_pause: u64,
    /// The moment before which no attempt may start.
    pause: Instant,
    broken: Vec<String>,
    /// `true` once each request succeeds at once.
    is_calm: bool,
    /// The numbers of the spans whose export has ended.
    ended: HashSet<u64>,
}

impl Backend {
    fn state(&self) -> MutexGuard<'_, BackendState> {
        self.state.lock().unwrap()
    }

    /// Returns `true` if the exports of the first `spans` spans have ended.
    fn has_ended(&self, spans: u64) -> bool {
        let state = self.state();
        (0..spans).all(|span| state.ended.contains(&span))
    }

    /// Receives one request.
    async fn receive(&self) -> ExportOutcome {
        let (delay, mut answer, seconds) = {
            let mut state = self.state();
            let now = Instant::now();
            if now < state.pause {
                let left = state.pause - now;
                state.broken.push(format!("a request {left:?} before the end of a pause"));
            }
            let longest = state.longest_pause;
            let delay = if state.is_calm { Duration::ZERO } else { state.random.millis(300) };
            (delay, state.random.below(10), 1 + state.random.below(longest))
        };
        tokio::time::sleep(delay).await;
        if self.state().is_calm {
            answer = 9;
        }
        match answer {
            0 => Err(ExportError::failed("refused for good")),
            1 | 2 => Err(ExportError::failed("refused").retry(Retryable::Backoff)),
            3 => {
                let pause = Duration::from_secs(seconds);
                let mut state = self.state();
                state.pause = state.pause.max(Instant::now() + pause);
                Err(ExportError::failed("paused").retry(Retryable::After(pause)))
            }
            _ => Ok(ExportSuccess::default()),
        }
    }
}

impl Exporter for Backend {
    fn export(self: Arc<Self>, batch: Batch, mut retry: Retry) -> ExportFuture {
        let names = batch.into_span_data().into_iter().map(|span| span.name.parse().unwrap());
        let running = Running { backend: Arc::clone(&self), spans: names.collect() };
        self.running.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let _running = running;
            retry.run(|_| self.receive(), std::future::pending).await
        })
    }
}

/// An export that runs. Its drop notes its end.
struct Running {
    backend: Arc<Backend>,
    /// The numbers of its spans.
    spans: Vec<u64>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.backend.running.fetch_sub(1, Ordering::Relaxed);
        self.backend.state().ended.extend(self.spans.drain(..));
    }
}

/// A flush that runs, with the number of spans that were queued before it.
struct RunningFlush {
    failures: JoinHandle<Vec<FlushFailure>>,
    spans: u64,
}

struct Program {
    context: String,
    random: Random,
    backend: Arc<Backend>,
    worker: Option<Arc<WorkerHandle>>,
    exports: usize,
    delay: Duration,
    pushed: u64,
    flushes: Vec<RunningFlush>,
}

impl Program {
    fn new(seed: u64, runtime: &ExportRuntime) -> Self {
        let mut random = Random(seed);
        let exports = 1 + random.below(4) as usize;
        let batch = BatchConfig {
            // without a delay, or by flushes only
            schedule_delay: Duration::from_secs([0, 3600][random.below(2) as usize]),
            export_timeout: Duration::from_secs(1 + random.below(20)),
            max_queue_size: 100_000,
            max_export_batch_size: 1 + random.below(20) as usize,
            max_concurrent_exports: exports,
            max_retries: random.below(5) as u32,
            ..BatchConfig::default()
        };
        let state = BackendState {
            longest_pause: [2, 30][random.below(2) as usize],
            random: Random(seed ^ 0x5555),
            pause: Instant::now(),
            broken: Vec::new(),
            is_calm: false,
            ended: HashSet::new(),
        };
        let backend = Arc::new(Backend { state: Mutex::new(state), running: AtomicUsize::new(0) });
        let (worker, handle) = Worker::new(
            &"test".into(),
            &batch,
            Arc::clone(&backend) as Arc<dyn Exporter>,
            Arc::default(),
            runtime,
            #[cfg(feature = "metrics")]
            crate::export::stats::ExporterLabels {
                tracer: "test".into(),
                exporter: "test".into(),
                position: 0,
            },
        );
        tokio::spawn(worker.run());
        Self {
            context: format!("seed {seed}, {batch:?}"),
            random,
            backend,
            worker: Some(Arc::new(handle)),
            exports,
            delay: batch.schedule_delay,
            pushed: 0,
            flushes: Vec::new(),
        }
    }

    fn worker(&self) -> &Arc<WorkerHandle> {
        self.worker.as_ref().unwrap()
    }

    /// Pushes up to 29 spans.
    fn push(&mut self) {
        for _ in 0..self.random.below(30) {
            self.worker().queue().push(&mut named_span(self.pushed.to_string(), 0));
            self.pushed += 1;
        }
    }

    async fn step(&mut self) {
        match self.random.below(7) {
            0..3 => self.push(),
            3 => {
                let mut flush = Operation::new(CommandKind::Flush, None);
                flush.request([(0, self.worker())].into_iter());
                let failures = tokio::spawn(flush.wait());
                self.flushes.push(RunningFlush { failures, spans: self.pushed });
            }
            // a caller gives up
            4 => drop(self.flushes.pop().map(|flush| flush.failures.abort())),
            5 => tokio::time::sleep(self.random.millis(50)).await,
            _ => tokio::time::sleep(self.random.millis(10_000)).await,
        }
        self.settle().await;
        self.check().await;
    }

    /// Lets all tasks run until only the clock can wake them.
    async fn settle(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    async fn check(&mut self) {
        let context = &self.context;
        let counters = self.worker().queue().counters();
        let completed = counters.exported + counters.dropped.total();
        assert_eq!(
            counters.ended,
            completed + counters.queued + counters.in_flight,
            "{context}: {counters:?}"
        );
        let (is_paused, broken) = {
            let state = self.backend.state();
            // timers are exact to a millisecond
            (Instant::now() < state.pause + Duration::from_millis(2), state.broken.clone())
        };
        assert!(broken.is_empty(), "{context}: {broken:?}");
        let running = self.backend.running.load(Ordering::Relaxed);
        assert!(running <= self.exports, "{context}: {running} exports");
        for RunningFlush { failures, spans } in
            self.flushes.extract_if(.., |flush| flush.failures.is_finished())
        {
            let failures = failures.await.unwrap();
            let waits = failures.iter().any(|failure| failure.message.contains("asked to wait"));
            let has_ended = self.backend.has_ended(spans);
            assert!(waits || has_ended, "{context}: a flush ended before its exports, {counters:?}");
        }
        let waits_in_vain = self.flushes.iter().any(|flush| self.backend.has_ended(flush.spans));
        assert!(!waits_in_vain, "{context}: a flush waits for later spans, {counters:?}");
        // a free slot takes the spans that are due, whatever another export waits for
        let flushed = self.flushes.iter().map(|flush| flush.spans).max().unwrap_or(0);
        let due = if self.delay.is_zero() { self.pushed } else { flushed };
        let taken = self.pushed - counters.queued;
        let is_idle = running < self.exports && !is_paused;
        assert!(!is_idle || taken >= due, "{context}: a free slot is idle, {counters:?}");
    }

    /// Shuts down, or drops the pipeline. All flushes get an answer.
    async fn end(mut self) {
        let queue = Arc::clone(&self.worker().queue);
        let (is_shut_down, is_calm) = match self.random.below(4) {
            0 | 1 => (true, false),
            end => (false, end == 2),
        };
        if is_shut_down {
            let mut shutdowns = Vec::new();
            for _ in 0..=self.random.below(2) {
                let mut shutdown = Operation::last_export();
                shutdown.request([(0, self.worker())].into_iter());
                shutdowns.push(tokio::spawn(shutdown.wait()));
            }
            for shutdown in shutdowns {
                shutdown.await.unwrap();
            }
            let counters = queue.counters();
            assert_eq!((counters.queued, counters.in_flight), (0, 0), "{}: {counters:?}", self.context);
        }
        for flush in std::mem::take(&mut self.flushes) {
            flush.failures.await.unwrap();
        }
        // a backend that is good from now on gets all spans, because the last exports have seconds
        if is_calm {
            let pause = {
                let mut state = self.backend.state();
                state.is_calm = true;
                state.pause
            };
            tokio::time::sleep_until(pause).await;
            self.push();
        }
        self.worker = None;
        tokio::time::sleep(Duration::from_secs(20)).await;
        let counters = queue.counters();
        let lost = counters.dropped.shutdown;
        assert!(!is_calm || lost == 0, "{}: a good backend gets all spans, {counters:?}", self.context);
        assert_eq!((counters.queued, counters.in_flight), (0, 0), "{}: {counters:?}", self.context);
        assert_eq!(counters.ended, counters.exported + counters.dropped.total(), "{}", self.context);
        assert!(
            self.backend.state().broken.is_empty(),
            "{}: {:?}",
            self.context,
            self.backend.state().broken
        );
    }
}

#[test]
fn random_programs() {
    let seeds = match std::env::var("MULTITRACER_SEEDS") {
        Ok(range) => {
            let (first, last) = range.split_once("..").unwrap();
            first.parse().unwrap()..=last.parse().unwrap()
        }
        Err(_) => 0..=300,
    };
    let exports = ExportRuntime::start().unwrap();
    for seed in seeds {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let program = async {
            let mut program = Program::new(seed, &exports);
            for _ in 0..30 {
                program.step().await;
            }
            program.end().await;
        };
        let result =
            runtime.block_on(async { tokio::time::timeout(Duration::from_secs(3600), program).await });
        assert!(result.is_ok(), "seed {seed}: a flush or a shutdown waits forever");
    }
}
