//! One run of a plan: a registry, its spans, and its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use multitracer::export::{Report, ShutdownError, Stats};
use multitracer::{KeyValue, Registry, Tracer, TracerBuilder, enrich_span};
use multitracer_tests::Receiver;

use crate::ledger::{SpanKey, Strangers, project};
use crate::plan::{End, Plan, TracerPlan};
use crate::proxy::Proxy;
use crate::tls::TlsServers;
use crate::{check, stalls};

/// The time that a busy machine adds to a time limit.
const SLACK: Duration = Duration::from_millis(1200);

/// The longest time from the end of a span of the good tracer until it arrives.
const GOOD_DELAY: Duration = Duration::from_secs(3);

/// The longest time after the last fault until all spans are exported.
const RECOVERY: Duration = Duration::from_secs(30);

/// The longest time after the drop of a registry until its connections are closed. The registry
/// itself takes 5 s for the last exports.
const LAST_CONNECTION: Duration = Duration::from_secs(8);

/// The longest wait for a call that starts and ends a span.
const CALL: Duration = Duration::from_millis(900);

/// A run, with everything that must not have happened.
pub(crate) struct Run<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) good: Receiver,
    /// The counts after the shutdown; `None` if there was no shutdown.
    pub(crate) stats: Option<Stats>,
    pub(crate) wrong: Vec<String>,
    pub(crate) strangers: Strangers,
}

impl<'p> Run<'p> {
    /// Runs the plan, and checks what must hold.
    pub(crate) async fn new(plan: &'p Plan, tls: &Arc<TlsServers>) -> std::io::Result<Self> {
        let (good, began) = (Receiver::start().await?, Instant::now());
        let stalls = tokio::spawn(stalls::watch());
        let mut proxies = Vec::new();
        for host in &plan.hosts {
            proxies.push(Proxy::start(host, plan.seed, tls, good.http_endpoint()).await?);
        }
        let mut run =
            Self { plan, proxies, good, stats: None, wrong: Vec::new(), strangers: Strangers::new() };
        let mut builder = Registry::builder();
        for (index, tracer) in plan.tracers.iter().enumerate() {
            builder = builder.tracer(run.bad_tracer(index, tracer, tls));
        }
        let registry = builder.tracer(run.good_tracer()).default_tracer("good").build();
        let registry = registry.map_err(std::io::Error::other)?;
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let watch = tokio::spawn(watch(registry.clone(), Arc::clone(&seen)));
        run.work(&registry).await;
        run.finish(&registry).await;
        watch.abort();
        // the watch holds the registry
        let _ = watch.await;
        run.wrong.append(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
        drop(registry);
        for (index, proxy) in run.proxies.iter().enumerate() {
            let open = proxy.drain(LAST_CONNECTION).await;
            if open > 0 {
                run.wrong
                    .push(format!("host {index}: {open} connections are open after the registry's drop"));
            }
        }
        stalls.abort();
        if stalls::is_near((began, Instant::now())) {
            for proxy in &run.proxies {
                proxy.shared.ledger.state().is_receiver_slow = true;
            }
        }
        check::check(&mut run);
        Ok(run)
    }

    fn good_tracer(&self) -> TracerBuilder {
        let tracer = TracerBuilder::new("good")
            .project(project(self.plan.seed, self.plan.tracers.len()))
            .schedule_delay(Duration::from_millis(10));
        if self.plan.is_good_grpc {
            tracer.otlp_grpc(self.good.grpc_endpoint())
        } else {
            tracer.otlp_http(self.good.http_endpoint())
        }
    }

    fn bad_tracer(&self, index: usize, plan: &TracerPlan, tls: &TlsServers) -> TracerBuilder {
        let host = &self.plan.hosts[plan.host];
        let scheme = if host.protocol.is_tls() { "https" } else { "http" };
        let address = format!("{scheme}://{}:{}", host.name, self.proxies[plan.host].port.address().port());
        let tracer = TracerBuilder::new(index.to_string())
            .project(project(self.plan.seed, index))
            .max_queue_size(plan.queue)
            .max_export_batch_size(plan.batch)
            .max_concurrent_exports(plan.exports)
            .schedule_delay(plan.delay)
            .export_timeout(plan.export_timeout)
            .max_retries(plan.retries);
        let tracer = match (host.protocol.is_grpc(), plan.json) {
            (true, _) => tracer.otlp_grpc(address),
            (false, true) => tracer.otlp_http_json(format!("{address}/v1/traces")),
            (false, false) => tracer.otlp_http(format!("{address}/v1/traces")),
        };
        let tracer = tracer.request_timeout(plan.request_timeout);
        let tracer = if plan.gzip { tracer.gzip() } else { tracer };
        if host.protocol.is_tls() { tracer.tls_ca_file(tls.ca_file()) } else { tracer }
    }

    /// Makes the spans of all rounds, and flushes between them.
    async fn work(&mut self, registry: &Registry) {
        let tracers: Vec<Tracer> = (0..self.plan.tracers.len())
            .map(|index| registry.tracer(&index.to_string()).unwrap())
            .chain([registry.tracer("good").unwrap()])
            .collect();
        let mut made = 0;
        for round in &self.plan.rounds {
            let last = made + round.spans;
            while made < last {
                for (index, tracer) in tracers.iter().enumerate() {
                    let started = Instant::now();
                    let text = self.plan.tracers.get(index).map_or(0, |plan| plan.text);
                    let text = text_of(made, text);
                    let key = SpanKey { seed: self.plan.seed, tracer: index, span: made };
                    tracer.in_span(key.name(), || {
                        enrich_span([KeyValue::new("text", text)]);
                    });
                    if started.elapsed() > CALL {
                        self.wrong.push(format!("a call of tracer {index} took {:?}", started.elapsed()));
                    }
                }
                made += 1;
                if made % 8 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            tokio::time::sleep(round.wait).await;
            if let Some(limit) = round.flush {
                self.flush(registry, limit).await;
            }
        }
        let ended = Instant::now();
        let mut arrived = self.good_arrivals();
        while arrived < made && ended.elapsed() < GOOD_DELAY {
            tokio::time::sleep(Duration::from_millis(10)).await;
            arrived = self.good_arrivals();
        }
        if arrived < made {
            let delay = ended.elapsed();
            self.wrong.push(format!("{arrived} of {made} spans of the good tracer arrived within {delay:?}"));
        }
    }

    /// Returns the number of spans of the good tracer that have arrived.
    fn good_arrivals(&self) -> usize {
        let project = project(self.plan.seed, self.plan.tracers.len());
        self.good.spans().iter().filter(|span| span.project() == project).count()
    }

    /// Flushes, and checks the deadline and the result.
    async fn flush(&mut self, registry: &Registry, limit: Duration) -> bool {
        let started = Instant::now();
        let flushing = registry.clone();
        let result = tokio::task::spawn_blocking(move || flushing.flush_blocking(limit)).await.unwrap();
        let took = started.elapsed();
        if took > limit + SLACK {
            self.wrong.push(format!("a flush within {limit:?} took {took:?}"));
        }
        if let Ok(report) = &result
            && report.tracers().iter().any(|tracer| tracer.queued + tracer.in_flight > 0)
        {
            self.wrong.push(format!("a flush succeeded and left spans\n{report}"));
        }
        result.is_ok()
    }

    async fn finish(&mut self, registry: &Registry) {
        if self.plan.end == End::Drop {
            return;
        }
        if self.plan.recovers {
            self.settle(registry).await;
        }
        let (limit, started) = match self.plan.end {
            End::Flush | End::Drop => {
                let is_complete = self.flush(registry, Duration::from_secs(1)).await;
                if self.plan.recovers && !is_complete {
                    self.wrong.push("a flush of nothing failed".to_owned());
                }
                (Duration::from_secs(1), Instant::now())
            }
            End::Shutdown(limit) | End::ShutdownBlocking(limit) => (limit, Instant::now()),
        };
        let result = if matches!(self.plan.end, End::ShutdownBlocking(_)) {
            let stopping = registry.clone();
            tokio::task::spawn_blocking(move || stopping.shutdown_blocking(limit)).await.unwrap()
        } else {
            registry.shutdown_within(limit).await
        };
        let took = started.elapsed();
        if took > limit + SLACK {
            self.wrong.push(format!("a shutdown within {limit:?} took {took:?}"));
        }
        if let (true, Err(error)) = (self.plan.recovers, &result) {
            self.wrong.push(format!("a shutdown of empty queues failed: {error}"));
        }
        let stats = registry.stats();
        self.compare(&result, &stats);
        for tracer in registry.tracers() {
            tracer.in_span("after the shutdown", || {});
        }
        let later = registry.shutdown_within(limit).await;
        if result.is_ok() != later.is_ok() {
            self.wrong.push(format!("a second shutdown has another outcome: {later:?}"));
        }
        self.compare(&later, &registry.stats());
        self.compare(&later, &stats);
        self.stats = Some(stats);
    }

    /// Compares the report of a shutdown with the counts after it.
    fn compare(&mut self, result: &Result<Report, ShutdownError>, stats: &Stats) {
        let report = result.as_ref().unwrap_or_else(|error| error.report());
        for (tracer, after) in report.tracers().iter().zip(stats.tracers()) {
            let counts = |stats: &multitracer::export::TracerStats| {
                (stats.started, stats.ended, stats.exported, stats.rejected, stats.dropped)
            };
            if counts(&tracer.stats) != counts(after) {
                self.wrong.push(format!("the counts change after the shutdown\n{report}\n{stats}"));
            }
        }
    }

    /// Waits until no tracer has spans left.
    async fn settle(&mut self, registry: &Registry) {
        let started = Instant::now();
        loop {
            let stats = registry.stats();
            if stats.tracers().iter().all(|tracer| tracer.queued + tracer.in_flight == 0) {
                return;
            }
            if started.elapsed() > RECOVERY {
                self.wrong.push(format!("spans wait for {RECOVERY:?} after the last fault\n{stats}"));
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Returns a text that no compression makes much smaller.
fn text_of(span: usize, length: usize) -> String {
    let mut random = crate::random::Random::new(span as u64);
    (0..length).map(|_| char::from(b'a' + (random.next() % 26) as u8)).collect()
}

/// Looks at the counts again and again, which add up at any moment and never decrease.
async fn watch(registry: Registry, wrong: Arc<Mutex<Vec<String>>>) {
    let mut before = None::<Stats>;
    loop {
        let stats = registry.stats();
        let mut found = Vec::new();
        for (index, now) in stats.tracers().iter().enumerate() {
            let parts = now.exported + now.rejected + now.dropped.total() + now.queued + now.in_flight;
            if parts != now.ended || now.started < now.ended {
                found.push(format!("the counts of tracer {index} do not add up\n{stats}"));
            }
            let counts = |stats: &Stats| {
                let now = &stats.tracers()[index];
                [now.started, now.ended, now.exported, now.rejected, now.dropped.total(), now.retries]
            };
            if let Some(before) = &before
                && counts(before).iter().zip(counts(&stats)).any(|(before, now)| now < *before)
            {
                found.push(format!("a count of tracer {index} decreases\n{before}\n{stats}"));
            }
        }
        before = Some(stats);
        if !found.is_empty() {
            wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
