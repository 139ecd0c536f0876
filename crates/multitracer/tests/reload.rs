//! Reloads: the changes that they report, and the spans of traces in flight.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::time::Duration;

use multitracer::builder::{ExperimentBuilder, RegistryBuilder, RouteBuilder};
use multitracer::config::{Config, OnSwitch, RemoteParent, UnknownTracerPolicy};
use multitracer::error::ReloadError;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder, WithTracerExt as _, traced};
use opentelemetry::trace::SpanId;

/// Returns a tracer in memory. Its project tells its builds apart.
fn tracer(name: &str, project: &str, spans: &InMemoryExporter) -> TracerBuilder {
    TracerBuilder::new(name).project(project).in_memory(spans)
}

fn names(spans: &InMemoryExporter) -> Vec<String> {
    spans.spans().into_iter().map(|span| span.name.into_owned()).collect()
}

struct Fixture {
    registry: Registry,
    production: InMemoryExporter,
    old: InMemoryExporter,
    new: InMemoryExporter,
}

impl Fixture {
    /// Builds a registry with the default tracer `production`, and `canary`, which writes into
    /// `old`.
    fn new() -> Self {
        let [production, old, new] = [(); 3].map(|()| InMemoryExporter::new());
        let registry = Registry::builder()
            .tracer(tracer("production", "p", &production))
            .tracer(tracer("canary", "c1", &old))
            .default_tracer("production")
            .build()
            .unwrap();
        Self { registry, production, old, new }
    }

    /// Returns the same registry with a `canary` that writes into `new`.
    fn changed(&self) -> RegistryBuilder {
        self.without_canary().tracer(tracer("canary", "c2", &self.new))
    }

    /// Returns the same registry without `canary`.
    fn without_canary(&self) -> RegistryBuilder {
        Registry::builder().tracer(tracer("production", "p", &self.production)).default_tracer("production")
    }
}

#[traced]
fn unnamed() {}

#[traced(tracer = "canary")]
fn named(inside: impl FnOnce()) {
    inside();
}

#[test]
fn a_reload_reports_all_changes() {
    let config = |text: &str| Config::from_yaml(text).unwrap();
    let registry = Registry::from_config(config(
        "
default_tracer: a
defaults: {exporter: console}
tracers: {a: {}, b: {}, c: {project: x}}
",
    ))
    .unwrap();
    let changes = registry
        .reload(config(
            "
default_tracer: b
on_switch: child
defaults: {exporter: console}
tracers: {b: {}, c: {project: y}, d: {}}
routes: [{headers: {x-canary: yes}, tracer: d}]
experiments: {e: {variants: [{name: b, weight: 1}]}}
",
        ))
        .unwrap();
    assert_eq!(
        changes.to_string(),
        "added: d; removed: a; changed: c; kept: 1; routes changed; experiments changed; rules changed; \
         default tracer: a -> b"
    );
    assert_eq!(changes.kept, ["b".into()] as [Arc<str>; 1]);
    assert_eq!(registry.tracer("a").unwrap_err().name(), "a");
    assert_eq!(registry.tracer("c").unwrap().project(), "y");
    assert_eq!(registry.default_tracer().name(), "b");
    assert_eq!(registry.route(&[("x-canary", "yes")]).tracer().name(), "d");
    assert!(registry.experiment("e").is_ok());
}

#[test]
fn a_reload_of_the_same_configuration_changes_nothing() {
    let f = Fixture::new();
    f.registry.tracer("canary").unwrap().in_span("before", || {});
    let same = || f.without_canary().tracer(tracer("canary", "c1", &f.old));
    let changes = f.registry.reload(same()).unwrap();
    assert!(changes.is_empty(), "{changes}");
    assert_eq!(changes.to_string(), "nothing changed");
    f.registry.tracer("canary").unwrap().in_span("after", || {});
    let report = f.registry.report();
    assert_eq!(report.tracer("canary").unwrap().exported, 2, "the counters continue");
    // another memory is another exporter
    assert_eq!(
        f.registry.reload(f.without_canary().tracer(tracer("canary", "c1", &f.new))).unwrap().changed.len(),
        1
    );
}

#[test]
fn a_wrong_configuration_changes_nothing_and_is_an_error() {
    let f = Fixture::new();
    let handle = f.registry.tracer("canary").unwrap();
    let error_of = |new: RegistryBuilder| f.registry.reload(new).unwrap_err().to_string();
    let unknown = error_of(f.changed().route(RouteBuilder::to_tracer("r", "nobody").header("x", "y")));
    assert!(unknown.contains("`nobody` is not the name of a tracer"), "{unknown}");
    let broken = TracerBuilder::new("broken").otlp_http("http://user:pw@localhost:1/v1/traces");
    let broken = error_of(f.changed().tracer(broken));
    assert!(broken.starts_with("tracer `broken`: the endpoint has a user name in it"), "{broken}");
    handle.in_span("work", || {});
    assert_eq!((names(&f.old), f.new.spans().len()), (vec!["work".to_owned()], 0));
    assert_eq!(f.registry.tracers().len(), 2);
    assert!(matches!(f.registry.reload_from_file(), Err(ReloadError::NoFile)));
    f.registry.shutdown_blocking(Duration::from_secs(1)).unwrap();
    assert!(matches!(f.registry.reload(f.changed()), Err(ReloadError::ShutDown)));
}

#[test]
fn handles_and_names_lead_to_the_new_build() {
    let f = Fixture::new();
    let handle = f.registry.tracer("canary").unwrap();
    let clone = f.registry.clone();
    f.registry.reload(f.changed()).unwrap();
    handle.in_span("handle", || {});
    handle.scope(unnamed);
    f.registry.scope(|| named(|| {}));
    clone.tracer("canary").unwrap().in_span("name", || {});
    assert_eq!(names(&f.new), ["handle", "unnamed", "named", "name"]);
    assert!(f.old.spans().is_empty());
}

#[tokio::test]
async fn a_running_task_begins_new_traces_in_the_new_build() {
    let f = Fixture::new();
    let canary = f.registry.tracer("canary").unwrap();
    let registry = f.registry.clone();
    let new = f.changed();
    let worker = async move {
        unnamed();
        registry.reload(new).unwrap();
        unnamed();
        assert_eq!(multitracer::current_tracer().unwrap().project(), "c2");
    };
    worker.with_tracer(&canary).await;
    assert_eq!((names(&f.old).len(), names(&f.new).len()), (1, 1));
}

#[test]
fn a_trace_in_flight_stays_whole_in_the_old_build() {
    let f = Fixture::new();
    let handle = f.registry.tracer("canary").unwrap();
    f.registry.scope(|| {
        named(|| {
            f.registry.reload(f.changed()).unwrap();
            unnamed();
            handle.in_span("by handle", || {});
            // switch to another tracer and back
            f.registry.tracer("production").unwrap().in_span("production", || named(unnamed));
        });
        named(|| {});
    });
    assert_eq!(names(&f.old), ["unnamed", "by handle", "unnamed", "named", "named"]);
    assert_eq!(names(&f.new), ["named"], "the next trace goes to the new build");
    let trace: Vec<_> = f.old.spans().iter().map(|span| span.span_context.trace_id()).collect();
    assert!(trace.iter().all(|id| *id == trace[0]), "all spans of the old build are in one trace");
    let roots = f.old.spans().iter().filter(|span| span.parent_span_id == SpanId::INVALID).count();
    assert_eq!(roots, 1);
    let report = f.registry.report();
    let lines: Vec<_> =
        report.tracers().iter().map(|line| (&*line.name, &*line.project, line.exported)).collect();
    assert_eq!(lines, [("production", "p", 1), ("canary", "c2", 1), ("canary", "c1", 5)]);
}

#[test]
fn a_removed_tracer_ends_its_traces_and_begins_no_new_trace() {
    for policy in [UnknownTracerPolicy::Default, UnknownTracerPolicy::Drop] {
        let f = Fixture::new();
        let handle = f.registry.tracer("canary").unwrap();
        handle.in_span("outer", || {
            f.registry.reload(f.without_canary().unknown_tracer(policy)).unwrap();
            handle.in_span("inner", || {});
        });
        handle.in_span("later", || {});
        assert_eq!(names(&f.old), ["inner", "outer"]);
        let expected = if policy == UnknownTracerPolicy::Drop { 0 } else { 1 };
        assert_eq!(f.production.spans().len(), expected, "{policy:?}");
        assert!(f.registry.unknown_tracer_count() > 0);
        let report = f.registry.report();
        assert_eq!(report.tracer("canary").unwrap().exported, 2, "the counts of a removed tracer are kept");
    }
}

#[test]
fn counts_of_builds_of_one_tracer_add_up() {
    let f = Fixture::new();
    for limit in 1..=50 {
        f.registry.tracer("canary").unwrap().in_span("work", || {});
        let canary = tracer("canary", "c1", &f.old).attribute_value_length_limit(limit);
        f.registry.reload(f.without_canary().tracer(canary)).unwrap();
    }
    let report = f.registry.report();
    assert_eq!(report.tracers().len(), 2, "{report}");
    let canary = report.tracer("canary").unwrap();
    assert_eq!((canary.started, canary.exported, canary.open()), (50, 50, 0));
}

#[test]
fn switches_are_kept_for_a_kept_tracer_and_reset_for_a_changed_tracer() {
    let f = Fixture::new();
    f.registry.set_all_enabled(false).unwrap();
    f.registry.set_sample_rate("production", 0.0).unwrap();
    f.registry.reload(f.changed()).unwrap();
    let on = |name: &str| f.registry.tracer(name).unwrap().is_enabled();
    assert_eq!((on("production"), on("canary")), (false, true));
    f.registry.set_enabled("production", true).unwrap();
    f.registry.default_tracer().in_span("sampled out", || {});
    assert!(f.production.spans().is_empty());
}

#[test]
fn a_file_is_reloaded_with_the_variables_of_its_first_load() {
    let path = std::env::temp_dir().join(format!("multitracer-reload-{}.yaml", std::process::id()));
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write("tracers: {main: {project: \"${PROJECT}\", exporter: console}}");
    let loader =
        Config::loader().variables(|name: &str| (name == "PROJECT").then(|| "from-variables".to_owned()));
    let config = loader.load_path(&path).unwrap();
    let registry = Registry::from_config(config.clone()).unwrap();
    assert!(registry.reload_from_file().unwrap().is_empty());
    write(
        "default_tracer: main\ntracers: {main: {project: \"${PROJECT}-2\", exporter: console}, more: {exporter: console}}",
    );
    let changes = registry.reload_from_file().unwrap();
    assert_eq!((changes.added.len(), changes.changed.len()), (1, 1));
    assert_eq!(registry.default_tracer().project(), "from-variables-2");
    write("tracers: {main: {projct: x}}");
    let error = registry.reload_from_file().unwrap_err().to_string();
    assert!(error.contains("projct") && error.contains(".yaml:1:"), "{error}");
    assert_eq!(registry.tracers().len(), 2);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_reload_that_changes_the_baggage_reports_it() {
    let config = |baggage: &str| {
        Config::from_yaml(&format!("{{tracers: {{main: {{exporter: console}}}}, baggage: {baggage}}}"))
            .unwrap()
    };
    let registry = Registry::from_config(config("{}")).unwrap();
    for baggage in ["{trusted: true}", "{trusted: true, attributes: {tenant: app.tenant}}", "{}"] {
        let changes = registry.reload(config(baggage)).unwrap();
        assert!(changes.rules_changed && !changes.is_empty(), "{baggage}: {changes}");
        assert!(registry.reload(config(baggage)).unwrap().is_empty());
    }
}

/// A reload from the file would drop what code changed.
#[test]
fn a_registry_that_code_altered_is_not_reloaded_from_its_file() {
    let path = std::env::temp_dir().join(format!("multitracer-altered-{}.yaml", std::process::id()));
    std::fs::write(&path, "tracers: {main: {exporter: console}}").unwrap();
    let config = Config::from_path(&path).unwrap();
    type Alter = fn(RegistryBuilder) -> RegistryBuilder;
    let alterations: [(&str, Alter); 11] = [
        ("tracer", |builder| builder.tracer(TracerBuilder::new("main"))),
        ("map_tracers", |builder| builder.map_tracers(|tracer| tracer.project("other"))),
        ("default_tracer", |builder| builder.default_tracer("main")),
        ("enabled", |builder| builder.enabled(false)),
        ("unknown_tracer", |builder| builder.unknown_tracer(UnknownTracerPolicy::Drop)),
        ("on_switch", |builder| builder.on_switch(OnSwitch::Child)),
        ("remote_parent", |builder| builder.remote_parent(RemoteParent::Link)),
        ("trusted_baggage", |builder| builder.trusted_baggage(true)),
        ("baggage_attribute", |builder| builder.baggage_attribute("tenant", "app.tenant")),
        ("route", |builder| builder.route(RouteBuilder::to_tracer("all", "main"))),
        ("experiment", |builder| {
            builder.experiment(ExperimentBuilder::new("tone").variant("warm", 1, "main"))
        }),
    ];
    let unaltered = Registry::from_config(config.clone()).unwrap();
    assert!(unaltered.reload_from_file().unwrap().is_empty());
    for (method, alter) in alterations {
        let registry = alter(RegistryBuilder::from_config(config.clone())).build().unwrap();
        assert!(matches!(registry.reload_from_file(), Err(ReloadError::Altered)), "{method}");
    }
    std::fs::remove_file(&path).unwrap();
}
