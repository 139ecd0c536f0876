//! Sample rates that change inside a trace: each trace is whole or absent.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Waker};

use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::export::InMemoryExporter;
use multitracer::manual::SpanBuilder;
use multitracer::{Registry, TracerBuilder, traced};
use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

/// The rate at one moment. `None` stands for the configured sampler.
type Rate = Option<f64>;

const RATES: [Rate; 4] = [None, Some(0.0), Some(0.5), Some(1.0)];

/// The spans of one tree.
const SPANS: usize = 6;

struct Fixture {
    registry: Registry,
    spans: InMemoryExporter,
}

impl Fixture {
    /// Builds a registry with the tracer `main` and a sampler of the configuration.
    fn configured(sampler: &str) -> Self {
        let yaml = format!("tracers: {{main: {{sampler: {sampler}}}}}");
        Self::new(RegistryBuilder::from_config(Config::from_yaml(&yaml).unwrap()))
    }

    /// Builds a registry with the tracer `main` and a custom sampler.
    fn custom(sampler: impl ShouldSample + 'static) -> Self {
        Self::new(Registry::builder().tracer(TracerBuilder::new("main").sampler(sampler)))
    }

    fn new(builder: RegistryBuilder) -> Self {
        let spans = InMemoryExporter::new();
        let registry = builder.map_tracers(|tracer| tracer.in_memory(&spans)).build().unwrap();
        Self { registry, spans }
    }

    fn set(&self, rate: Rate) {
        match rate {
            Some(rate) => self.registry.set_sample_rate("main", rate).unwrap(),
            None => self.registry.reset_sample_rate("main").unwrap(),
        }
    }

    fn span<R>(&self, name: &'static str, f: impl FnOnce() -> R) -> R {
        self.registry.tracer("main").unwrap().in_span(name, f)
    }

    /// Makes a tree of [`SPANS`] spans, the last one after the root's end. The rate changes inside
    /// the tree from `rates[0]` to the others.
    fn tree(&self, rates: [Rate; 3]) {
        self.set(rates[0]);
        let saved = self.span("root", || {
            self.span("early", || self.span("leaf", || {}));
            self.set(rates[1]);
            self.span("late", || {
                self.set(rates[2]);
                self.span("leaf", || {});
            });
            Context::current()
        });
        let _attached = saved.attach();
        self.span("last", || {});
    }

    /// Returns the number of spans of each trace, and forgets the spans.
    fn take(&self) -> Vec<usize> {
        let mut traces = HashMap::<TraceId, usize>::new();
        for span in self.spans.take() {
            *traces.entry(span.span_context.trace_id()).or_default() += 1;
        }
        traces.into_values().collect()
    }
}

/// Returns all sequences of three rates.
fn sequences() -> impl Iterator<Item = [Rate; 3]> {
    RATES.into_iter().flat_map(|a| RATES.into_iter().flat_map(move |b| RATES.map(|c| [a, b, c])))
}

/// A custom sampler that drops the spans with the name `leaf`.
#[derive(Clone, Debug)]
struct DropLeaves;

impl ShouldSample for DropLeaves {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let mut result = Sampler::AlwaysOn.should_sample(parent, trace_id, name, kind, attributes, links);
        if name == "leaf" {
            result.decision = SamplingDecision::Drop;
        }
        result
    }
}

#[test]
fn a_trace_is_whole_or_absent_when_its_rate_changes() {
    let fixtures = [
        ("always_on", Fixture::configured("always_on")),
        ("always_off", Fixture::configured("always_off")),
        ("ratio", Fixture::configured("{trace_id_ratio_based: {ratio: 0.5}}")),
        ("rate_limited", Fixture::configured("{rate_limited: {per_second: 5}}")),
        ("parent_based", Fixture::configured("{parent_based: {root: {trace_id_ratio_based: {ratio: 0.5}}}}")),
        ("custom always_off", Fixture::custom(Sampler::AlwaysOff)),
        ("custom ratio", Fixture::custom(Sampler::TraceIdRatioBased(0.5))),
    ];
    for (sampler, fixture) in fixtures {
        for rates in sequences() {
            for _ in 0..8 {
                fixture.tree(rates);
                let traces = fixture.take();
                assert!(traces.is_empty() || traces == [SPANS], "{sampler}, {rates:?}: {traces:?}");
            }
        }
    }
}

/// A sampler that asks for parts of its traces does not take parts of a trace that began under a
/// rate.
#[test]
fn a_trace_that_began_under_a_rate_is_whole_under_a_sampler_of_parts() {
    let parts = "{parent_based: {root: always_off, local_parent_sampled: always_off, local_parent_not_sampled: always_on}}";
    for (sampler, fixture) in [("parts", Fixture::configured(parts)), ("leaves", Fixture::custom(DropLeaves))]
    {
        for rates in sequences().filter(|rates| rates[0].is_some()) {
            for _ in 0..8 {
                fixture.tree(rates);
                let traces = fixture.take();
                assert!(traces.is_empty() || traces == [SPANS], "{sampler}, {rates:?}: {traces:?}");
            }
        }
    }
}

#[test]
fn a_reset_restores_the_sampler_for_new_traces() {
    let fixture = Fixture::custom(DropLeaves);
    fixture.tree([Some(1.0), None, None]);
    assert_eq!(fixture.take(), [SPANS]);
    fixture.tree([None, None, None]);
    assert_eq!(fixture.take(), [SPANS - 2], "the sampler drops both leaves");
}

/// The memory of traces is limited. Past the limit, a trace is still whole.
#[test]
fn an_old_trace_is_whole_after_many_traces_under_a_rate() {
    let fixture = Fixture::configured("always_off");
    fixture.set(Some(1.0));
    fixture.span("root", || {
        for _ in 0..10_000 {
            let _detached = Context::new().attach();
            fixture.span("other", || {});
        }
        drop(fixture.spans.take());
        fixture.set(None);
        fixture.span("child", || {});
    });
    assert_eq!(fixture.take(), [2]);
}

/// With `on_switch: child`, a trace has spans of several tracers, and each tracer samples its own.
#[test]
fn a_reset_ends_the_rate_for_spans_under_another_tracer() {
    let yaml = "{default_tracer: caller, on_switch: child, tracers: {caller: , main: {sampler: always_off}}}";
    let fixture = Fixture::new(RegistryBuilder::from_config(Config::from_yaml(yaml).unwrap()));
    let caller = fixture.registry.tracer("caller").unwrap();
    caller.in_span("caller", || fixture.tree([Some(1.0), None, None]));
    assert_eq!(fixture.take(), [1 + SPANS]);
    caller.in_span("caller", || fixture.tree([None, None, None]));
    assert_eq!(fixture.take(), [1], "the configuration switches `main` off");
}

/// Makes one root.
type Maker<'a> = &'a dyn Fn(&Fixture);

#[traced]
fn traced_root() {}

#[traced]
async fn traced_async_root() {}

/// Every way to start a root asks the sampler once: a second question would sample more.
#[test]
fn roots_are_sampled_at_the_rate() {
    const ROOTS: usize = 20_000;
    // seven standard deviations around a tenth
    let expected = 1_700..2_300;
    let run = |future: Pin<Box<dyn Future<Output = ()>>>| {
        let mut future = future;
        assert!(future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_ready());
    };
    let makers: [(&str, Maker<'_>); 4] = [
        ("function", &|_| traced_root()),
        ("async function", &|_| run(Box::pin(traced_async_root()))),
        ("in_span", &|fixture| fixture.span("root", || {})),
        ("builder", &|_| drop(SpanBuilder::new("root").start())),
    ];
    for sampler in [
        "{trace_id_ratio_based: {ratio: 0.1}}",
        "{parent_based: {root: {trace_id_ratio_based: {ratio: 0.1}}}}",
    ] {
        for (name, make) in makers {
            let fixture = Fixture::configured(sampler);
            fixture.registry.scope(|| (0..ROOTS).for_each(|_| make(&fixture)));
            let sampled = fixture.spans.take().len();
            assert!(expected.contains(&sampled), "{name} under {sampler}: {sampled} of {ROOTS}");
        }
    }
    for (name, make) in makers {
        let fixture = Fixture::configured("always_on");
        fixture.set(Some(0.1));
        fixture.registry.scope(|| (0..ROOTS).for_each(|_| make(&fixture)));
        let sampled = fixture.spans.take().len();
        assert!(expected.contains(&sampled), "{name} under a rate: {sampled} of {ROOTS}");
    }
}
