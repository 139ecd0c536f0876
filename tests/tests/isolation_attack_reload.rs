//! Small hostile programs that switch and reload tracers in the middle.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use futures_util::FutureExt as _;
use multitracer::builder::RegistryBuilder;
use multitracer::config::UnknownTracerPolicy;
use multitracer::export::InMemoryExporter;
use multitracer::manual::SpanBuilder;
use multitracer::propagation::outgoing_headers;
use multitracer::{Registry, Tracer, TracerBuilder, WithTracerExt as _, traced};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, Tracer as _, TracerProvider as _};
use tokio::task::yield_now;
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced]
fn work() {}

#[traced(tracer = "canary")]
fn named() {}

#[traced(parent = parent)]
fn below(parent: SpanContext) {}

#[traced]
async fn inner() {
    yield_now().await;
    work();
}

/// A registry of `production` and `canary`, and the exporters of its builds.
struct Fixture {
    registry: Registry,
    production: InMemoryExporter,
    old: InMemoryExporter,
    new: InMemoryExporter,
}

#[derive(Clone, Copy, Debug)]
enum Reload {
    Changed,
    Removed,
    Dropped,
    Default,
}

const RELOADS: [Reload; 4] = [Reload::Changed, Reload::Removed, Reload::Dropped, Reload::Default];

impl Fixture {
    fn new() -> Self {
        let [production, old, new] = [(); 3].map(|()| InMemoryExporter::new());
        let registry = Registry::builder()
            .tracer(TracerBuilder::new("production").project("p").in_memory(&production))
            .tracer(TracerBuilder::new("canary").project("c1").in_memory(&old))
            .default_tracer("production")
            .build()
            .unwrap();
        Self { registry, production, old, new }
    }

    fn canary(&self) -> Tracer {
        self.registry.tracer("canary").unwrap()
    }

    fn canary_or_default(&self) -> Tracer {
        self.registry.tracer("canary").unwrap_or_else(|_| self.registry.default_tracer())
    }

    fn builder(&self, reload: Reload) -> RegistryBuilder {
        let plain = Registry::builder()
            .tracer(TracerBuilder::new("production").project("p").in_memory(&self.production));
        let new = TracerBuilder::new("canary").project("c2").in_memory(&self.new);
        let old = TracerBuilder::new("canary").project("c1").in_memory(&self.old);
        match reload {
            Reload::Changed => plain.tracer(new).default_tracer("production"),
            Reload::Removed => plain.default_tracer("production"),
            Reload::Dropped => plain.default_tracer("production").unknown_tracer(UnknownTracerPolicy::Drop),
            Reload::Default => plain.tracer(old).default_tracer("canary"),
        }
    }

    fn reload(&self, reload: Reload) {
        self.registry.reload(self.builder(reload)).unwrap();
    }

    /// Returns the spans as `p[a b>a] c1[..] c2[..]`: each name, and the name of its parent.
    fn spans(&self) -> String {
        let mut text = Vec::new();
        for (project, exporter) in [("p", &self.production), ("c1", &self.old), ("c2", &self.new)] {
            let spans = exporter.spans();
            let mut names: Vec<String> = Vec::new();
            for span in &spans {
                let parent = spans.iter().find(|other| other.span_context.span_id() == span.parent_span_id);
                names.push(match parent {
                    Some(parent) => {
                        assert_eq!(parent.span_context.trace_id(), span.span_context.trace_id());
                        format!("{}>{}", span.name, parent.name)
                    }
                    None if span.parent_span_id == SpanId::INVALID && span.links.is_empty() => {
                        span.name.to_string()
                    }
                    None if span.parent_span_id == SpanId::INVALID => format!("{}+link", span.name),
                    None => format!("{}>ORPHAN", span.name),
                });
            }
            if !names.is_empty() {
                text.push(format!("{project}[{}]", names.join(" ")));
            }
        }
        text.join(" ")
    }
}

fn with_layer(fixture: &Fixture, f: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(fixture.registry.tracing_layer());
    tracing::subscriber::with_default(subscriber, f);
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Runs the program with each kind of reload in its middle.
#[track_caller]
fn each(expected: [&str; 4], program: impl Fn(&Fixture, &dyn Fn())) {
    let found = RELOADS.map(|reload| {
        let fixture = Fixture::new();
        program(&fixture, &|| fixture.reload(reload));
        fixture.spans()
    });
    assert_eq!(found.each_ref().map(String::as_str), expected);
}

#[test]
fn a_scope_stands_for_the_name() {
    each(["c2[work]", "p[work]", "", "c1[work]"], |fixture, reload| {
        fixture.canary().scope(|| (reload(), work()));
    });
    each(["p[work]", "p[work]", "p[work]", "p[work]"], |fixture, reload| {
        fixture.registry.scope(|| (reload(), work()));
    });
}

#[test]
fn a_trace_in_flight_stays_in_its_build() {
    each(["c1[work>a a]"; 4], |fixture, reload| {
        fixture.canary().in_span("a", || (reload(), work()));
    });
    each(["p[work>a a]"; 4], |fixture, reload| {
        fixture.registry.default_tracer().in_span("a", || (reload(), work()));
    });
    each(["c1[work>a a]"; 4], |fixture, reload| {
        let manual = fixture.canary().scope(|| SpanBuilder::new("a").start());
        reload();
        manual.in_scope(work);
    });
}

#[test]
fn a_saved_context_of_an_ended_span_stays_whole() {
    each(["c1[a work>a]"; 4], |fixture, reload| {
        let cx = fixture.canary().in_span("a", Context::current);
        reload();
        let _attached = cx.attach();
        work();
    });
}

#[test]
fn a_future_called_before_keeps_its_context() {
    each(["c1[a work>inner inner>a]"; 4], |fixture, reload| {
        let future = fixture.canary().in_span("a", inner);
        reload();
        block_on(async { tokio::spawn(future).await }).unwrap();
    });
    each(["c2[work>inner inner]", "p[work>inner inner]", "", "c1[work>inner inner]"], |fixture, reload| {
        let future = inner().with_tracer(&fixture.canary());
        reload();
        block_on(future);
    });
}

#[test]
fn a_span_of_tracing_from_before_is_one_with_its_inside() {
    each(["c2[work>s s]", "p[work>s s]", "", "c1[work>s s]"], |fixture, reload| {
        with_layer(fixture, || {
            let span = fixture.canary().scope(|| info_span!("s"));
            reload();
            span.in_scope(work);
        });
    });
    each(["c1[work>s s>a a]"; 4], |fixture, reload| {
        with_layer(fixture, || {
            fixture.canary().in_span("a", || {
                let span = info_span!("s");
                reload();
                span.in_scope(work);
            });
        });
    });
    each(["c1[s>a a]"; 4], |fixture, reload| {
        with_layer(fixture, || {
            let span = fixture.canary().scope(|| info_span!("a"));
            span.in_scope(|| ());
            reload();
            drop(info_span!(parent: &span, "s"));
        });
    });
}

#[test]
fn an_explicit_parent_from_before() {
    // nothing keeps the old build any more
    each(["c1[a] c2[b+link]", "p[b+link] c1[a]", "p[b+link] c1[a]", "c1[a b>a]"], |fixture, reload| {
        let manual = fixture.canary().scope(|| SpanBuilder::new("a").start());
        let parent = manual.span_context();
        drop(manual);
        reload();
        SpanBuilder::new("b").tracer(&fixture.canary_or_default()).parent(parent).in_scope(|| ());
    });
    each(
        ["c1[below>a a]", "p[below+link] c1[a]", "p[below+link] c1[a]", "c1[below>a a]"],
        |fixture, reload| {
            let manual = fixture.canary().scope(|| SpanBuilder::new("a").start());
            reload();
            let tracer = fixture.canary_or_default();
            tracer.scope(|| below(manual.span_context()));
        },
    );
}

#[test]
fn a_nested_scope_from_before() {
    each(["c1[work>a a]"; 4], |fixture, reload| {
        let canary = fixture.canary();
        canary.in_span("a", || fixture.registry.default_tracer().scope(|| (reload(), canary.scope(work))));
    });
    each(["c1[named>a a]", "p[named+link] c1[a]", "c1[a]", "c1[named>a a]"], |fixture, reload| {
        let canary = fixture.canary();
        canary.in_span("a", || fixture.registry.default_tracer().scope(|| (reload(), named())));
    });
    each(["c1[q>a a]"; 4], |fixture, reload| {
        let library = fixture.registry.tracer_provider().tracer("library");
        let canary = fixture.canary();
        let cx = canary.scope(|| Context::current_with_span(library.start("a")));
        reload();
        let _attached = cx.attach();
        library.in_span("q", |_| ());
    });
    each(["c1[q>a a]"; 4], |fixture, reload| {
        let library = fixture.registry.tracer_provider().tracer("library");
        let span = fixture.canary().scope(|| library.start("a"));
        reload();
        let _attached = Context::new().with_span(span).attach();
        library.in_span("q", |_| ());
    });
}

#[test]
fn headers_after_a_reload() {
    let show = |reload| {
        let fixture = Fixture::new();
        let mut headers = http::HeaderMap::new();
        let mut id = SpanId::INVALID;
        fixture.canary().in_span("a", || {
            id = Context::current().span().span_context().span_id();
            fixture.reload(reload);
            headers = outgoing_headers();
        });
        let parent =
            headers.get("traceparent").is_some_and(|value| value.to_str().unwrap().contains(&id.to_string()));
        (parent, headers["baggage"].is_empty())
    };
    // no route leads to canary, so only a default tracer's span is sent
    assert_eq!(RELOADS.map(show), [(false, true), (false, true), (false, true), (true, true)]);
}

/// A switch that is no choice of the inside only stops spans.
#[test]
fn a_switch_in_the_middle() {
    let fixture = Fixture::new();
    let canary = fixture.canary();
    canary.in_span("a", || {
        fixture.registry.set_enabled("canary", false).unwrap();
        work();
        named();
        canary.scope(work);
        let _ = inner().now_or_never();
        let future = inner();
        fixture.registry.set_enabled("canary", true).unwrap();
        let _ = future.now_or_never();
        work();
    });
    assert_eq!(fixture.spans(), "c1[inner>a work>a a]");
}

#[test]
fn a_rate_in_the_middle() {
    let fixture = Fixture::new();
    let canary = fixture.canary();
    canary.in_span("a", || {
        fixture.registry.set_sample_rate("canary", 0.0).unwrap();
        work();
        fixture.registry.default_tracer().scope(|| canary.scope(work));
        SpanBuilder::new("root").root().in_scope(|| {
            fixture.registry.set_sample_rate("canary", 1.0).unwrap();
            work();
        });
        fixture.registry.set_sample_rate("canary", 0.0).unwrap();
    });
    let unsampled = canary.scope(|| SpanBuilder::new("b").start());
    fixture.registry.set_sample_rate("canary", 1.0).unwrap();
    unsampled.in_scope(work);
    canary.scope(|| below(unsampled.span_context()));
    assert_eq!(fixture.spans(), "c1[work>a work>a a]");
}

fn span_of_tracing(is_detached: bool) -> tracing::Span {
    if is_detached { info_span!(parent: None, "a") } else { info_span!("a") }
}

/// Makes the span `s` inside of `span`.
fn child_of(span: &tracing::Span, is_entered: bool) {
    if is_entered {
        span.in_scope(|| drop(info_span!("s")));
    } else {
        drop(info_span!(parent: span, "s"));
    }
}

#[test]
fn a_child_of_a_span_of_tracing_from_before() {
    for (is_detached, is_entered) in [(true, true), (true, false), (false, true), (false, false)] {
        each(["c2[s>a a]", "p[s>a a]", "", "c1[s>a a]"], |fixture, reload| {
            with_layer(fixture, || {
                let span = fixture.canary().scope(|| span_of_tracing(is_detached));
                reload();
                fixture.registry.scope(|| child_of(&span, is_entered));
            });
        });
    }
}

#[test]
fn a_child_of_a_span_of_tracing_of_a_disabled_tracer_is_silent() {
    for number in 0..8 {
        let [is_detached, is_early, is_entered] = [1, 2, 4].map(|bit| number & bit != 0);
        let fixture = Fixture::new();
        let disable = || fixture.registry.set_enabled("canary", false).unwrap();
        with_layer(&fixture, || {
            if is_early {
                disable();
            }
            let span = fixture.canary().scope(|| span_of_tracing(is_detached));
            disable();
            fixture.registry.scope(|| child_of(&span, is_entered));
        });
        assert_eq!(fixture.spans(), "", "detached {is_detached}, early {is_early}, entered {is_entered}");
    }
}

#[test]
fn names_in_a_trace_in_flight() {
    each(["c1[named>a a]", "p[named+link] c1[a]", "c1[a]", "c1[named>a a]"], |fixture, reload| {
        fixture.canary().in_span("a", || (reload(), named()));
    });
    each(["c1[work>a a]"; 4], |fixture, reload| {
        let library = fixture.registry.tracer_provider().tracer("library");
        fixture.canary().scope(|| library.in_span("a", |_| (reload(), work())));
    });
}

/// Every later trace follows the new configuration, also one that starts inside of an old trace.
#[test]
fn a_root_inside_of_a_trace_in_flight_starts_in_the_new_build() {
    let fixture = Fixture::new();
    let canary = fixture.canary();
    canary.in_span("a", || {
        fixture.reload(Reload::Changed);
        SpanBuilder::new("b").root().in_scope(work);
        work();
    });
    assert_eq!(fixture.spans(), "c1[work>a a] c2[work>b b]");
}

#[test]
fn a_root_inside_of_a_trace_in_flight_is_silent_if_the_new_build_is_disabled() {
    let fixture = Fixture::new();
    fixture.canary().in_span("a", || {
        let canary = TracerBuilder::new("canary").project("c2").in_memory(&fixture.new);
        let builder = fixture.builder(Reload::Removed).tracer(canary.enabled(false));
        fixture.registry.reload(builder).unwrap();
        SpanBuilder::new("b").root().in_scope(work);
        work();
    });
    assert_eq!(fixture.spans(), "c1[work>a a]");
}
