//! The registry of the servers, with a task that switches and reloads its tracers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use multitracer::builder::{ExperimentBuilder, RegistryBuilder, RouteBuilder};
use multitracer::config::UnknownTracerPolicy;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder};

use super::board::{Board, GONE, TRACERS};
use super::jobs::mix;
use super::seen::Seen;

/// The share of traces that each tracer keeps, in the order of [`TRACERS`].
///
/// The sampler of `warm` limits the number of traces per second.
pub(crate) const RATES: [Option<f64>; TRACERS.len()] =
    [Some(0.3), Some(0.3), Some(0.3), Some(0.3), None, Some(0.5), Some(0.4), Some(0.8)];
/// The limit of spans in a trace of `terse`.
pub(crate) const TERSE_SPANS: usize = 6;

/// The destination of the spans.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Memory,
    /// The endpoint of a receiver.
    OtlpHttp(String),
    /// The endpoint of a receiver.
    OtlpGrpc(String),
}

/// The memory of one build of a tracer.
#[derive(Debug)]
struct Sink {
    tracer: usize,
    build: usize,
    exporter: InMemoryExporter,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the current build of each tracer.
    builds: [usize; TRACERS.len()],
    is_disabled: [bool; TRACERS.len()],
    /// The index of the default tracer: `production` or `stable`.
    default: usize,
    sinks: Vec<Sink>,
}

impl State {
    /// Returns the configuration. A tracer whose build has not changed stays as it is.
    fn builder(&mut self, target: &Target) -> RegistryBuilder {
        let mut registry = Registry::builder().default_tracer(TRACERS[self.default]);
        for (at, name) in TRACERS.iter().enumerate() {
            if at == GONE && self.is_disabled[GONE] {
                continue;
            }
            let build = self.builds[at];
            let tracer = TracerBuilder::new(*name).project(format!("{name}.{build}"));
            let tracer = match RATES[at] {
                Some(rate) => tracer.sample_rate(rate),
                None => tracer.rate_limited(50),
            };
            let tracer = match *name {
                "terse" => tracer.max_spans_per_trace(TERSE_SPANS as u32),
                _ => tracer,
            };
            let tracer = match target {
                Target::Memory => tracer.in_memory(&self.exporter(at)),
                Target::OtlpHttp(endpoint) => tracer.otlp_http(endpoint).max_queue_size(100_000),
                Target::OtlpGrpc(endpoint) => tracer.otlp_grpc(endpoint).max_queue_size(100_000),
            };
            registry = registry.tracer(tracer);
        }
        let tone = ExperimentBuilder::new("tone").unit_header(http::HeaderName::from_static("x-user-id"));
        registry
            .unknown_tracer(UnknownTracerPolicy::Drop)
            .trusted_baggage(true)
            .baggage_attribute("tenant", "tenant")
            .route(RouteBuilder::to_tracer("canary-users", "canary").header("X-Canary-User", "true"))
            .route(RouteBuilder::to_tracer("shadow", "shadow").header("X-Shadow-Traffic", "true"))
            .route(RouteBuilder::to_experiment("paying", "tone").header_present("X-Plan"))
            .experiment(tone.variant("warm", 1, "warm").variant("terse", 1, "terse"))
    }

    /// Returns the memory of the current build of a tracer.
    fn exporter(&mut self, tracer: usize) -> InMemoryExporter {
        let build = self.builds[tracer];
        if let Some(sink) = self.sinks.iter().find(|sink| (sink.tracer, sink.build) == (tracer, build)) {
            return sink.exporter.clone();
        }
        let exporter = InMemoryExporter::new();
        self.sinks.push(Sink { tracer, build, exporter: exporter.clone() });
        exporter
    }
}

/// The registry, the memory of its tracers, and the board of the requests.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) board: Arc<Board>,
    target: Target,
    state: Mutex<State>,
}

impl World {
    pub(crate) fn new(target: Target) -> Arc<Self> {
        let mut state = State::default();
        let registry = state.builder(&target).build().unwrap();
        Arc::new(Self { registry, board: Arc::default(), target, state: Mutex::new(state) })
    }

    /// Removes the spans in memory. No span may be open.
    pub(crate) fn take_spans(&self) -> Vec<Seen> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = Vec::new();
        for sink in &state.sinks {
            let project = format!("{}.{}", TRACERS[sink.tracer], sink.build);
            seen.extend(sink.exporter.take().iter().map(|span| Seen::from_data(&project, span)));
        }
        // no trace is open, so no further span of an earlier build arrives
        let builds = state.builds;
        state.sinks.retain(|sink| sink.build == builds[sink.tracer]);
        seen
    }

    /// Switches and reloads tracers until `stop` is set, and returns the number of changes.
    pub(crate) async fn change_until(&self, stop: &AtomicBool, pause: Duration) -> usize {
        let mut number = 0;
        while !stop.load(Ordering::Relaxed) && number < 1_000_000 {
            self.change(number);
            number += 1;
            tokio::time::sleep(pause).await;
        }
        // a later round starts with all tracers
        for at in 0..TRACERS.len() {
            self.set_enabled(at, true);
        }
        number
    }

    /// Makes change `number`.
    fn change(&self, number: usize) {
        let random = mix(number as u64);
        let at = (random >> 8) as usize % TRACERS.len();
        let name = TRACERS[at];
        match number % 8 {
            0 | 3 => self.set_enabled(at, self.is_disabled(at)),
            1 => {
                // an earlier `set_enabled(false)` does not last
                let disabled = self.lock().is_disabled.iter().position(|is_disabled| *is_disabled);
                if let Some(at) = disabled {
                    self.set_enabled(at, true);
                }
            }
            2 => {
                let rate = [0.05, 0.9, 1.0, 0.0][(random >> 32) as usize % 4];
                // `gone` may have no rate now
                let _ = self.registry.set_sample_rate(name, rate);
            }
            4 => {
                if !self.is_disabled(at) {
                    self.lock().builds[at] += 1;
                    self.reload();
                }
                let _ = self.registry.reset_sample_rate(name);
            }
            5 => self.set_enabled(GONE, self.is_disabled(GONE)),
            // rare, because all requests of the moment are then checked less exactly
            6 if random.is_multiple_of(6) => self.switch_all_off_and_on(),
            6 => {}
            _ => {
                TRACERS.iter().for_each(|name| drop(self.registry.reset_sample_rate(name)));
                self.board.switches.around_default(|| {
                    self.lock().default ^= 1;
                    self.reload();
                });
            }
        }
    }

    /// Enables or disables a tracer. A reload adds or removes `gone`.
    fn set_enabled(&self, at: usize, enabled: bool) {
        if self.is_disabled(at) != enabled {
            return;
        }
        self.board.switches.around_tracer(at, || {
            self.lock().is_disabled[at] = !enabled;
            match at {
                GONE => self.reload(),
                _ => self.registry.set_enabled(TRACERS[at], enabled).unwrap(),
            }
        });
    }

    /// Disables all tracers for a moment, so that the process has none that is enabled.
    fn switch_all_off_and_on(&self) {
        let switches = &self.board.switches;
        let was_disabled = self.lock().is_disabled;
        let is_removed = |at| at == GONE && was_disabled[GONE];
        switches.step(|at| !was_disabled[at]);
        self.registry.set_all_enabled(false).unwrap();
        switches.step(|at| !was_disabled[at]);
        std::thread::sleep(Duration::from_millis(1));
        switches.step(|at| !is_removed(at));
        self.registry.set_all_enabled(true).unwrap();
        self.lock().is_disabled = std::array::from_fn(is_removed);
        switches.step(|at| !is_removed(at));
    }

    fn is_disabled(&self, at: usize) -> bool {
        self.lock().is_disabled[at]
    }

    fn reload(&self) {
        let builder = self.lock().builder(&self.target);
        let changes = self.registry.reload(builder).unwrap();
        assert!(changes.changed.len() <= 1, "{changes}");
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
