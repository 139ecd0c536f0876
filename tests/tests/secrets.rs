//! The texts that could show a secret: `Debug` and `Display` of public types, errors, log lines.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

mod captured_log;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::future::{Ready, ready};
use std::path::Path;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use multitracer::builder::{ExperimentBuilder, RouteBuilder};
use multitracer::config::{
    Config, ConfigLoader, OnSwitch, ProcessEnv, RemoteParent, UndefinedVariables, UnknownTracerPolicy,
};
use multitracer::error::{BuildError, ReloadError};
use multitracer::export::InMemoryExporter;
use multitracer::http::HttpClientLayer;
use multitracer::manual::SpanBuilder;
use multitracer::probe::ProbeOutcome;
use multitracer::subscriber::{LogFormat, TracingOptions};
use multitracer::testing::TestRegistry;
use multitracer::{AsTracer, Registry, TracerBuilder, WithTracerExt as _, install};
use multitracer_tests::{Behaviour, Receiver};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use tower::{Layer as _, Service};

use self::captured_log::CapturedLog;

multitracer::tracers! { main }

/// A value that the test puts in every place for a secret.
const SECRET: &str = "cAnArY-5e37f0";

/// Capitalized names without values to show: traits.
const NO_VALUES: [&str; 7] =
    ["AsTracer", "ChooseRoute", "Headers", "RecordedDecision", "ToAttribute", "Variables", "WithTracerExt"];

/// The texts that were shown, each with its type.
#[derive(Default)]
struct Shown(Vec<(&'static str, String)>);

impl Shown {
    fn debug(&mut self, of: &'static str, value: &impl Debug) {
        self.0.push((of, format!("{value:?}\n{value:#?}")));
    }

    fn both(&mut self, of: &'static str, value: &(impl Debug + Display)) {
        self.debug(of, value);
        self.0.push((of, format!("{value}\n{value:#}")));
    }

    fn error(&mut self, of: &'static str, error: &(impl std::error::Error + 'static)) {
        self.both(of, error);
        let mut next = error.source();
        while let Some(cause) = next {
            self.0.push((of, format!("{cause} {cause:?}")));
            next = cause.source();
        }
    }
}

#[derive(Clone, Debug)]
struct EmptyResponse;

impl Service<Request<Body>> for EmptyResponse {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        ready(Ok(Response::new(Body::empty())))
    }
}

/// Returns tracers with a secret in every place, whose backends cause every kind of error.
fn tracers(echo: &Receiver, hung: &Receiver, picky: &Receiver) -> Vec<TracerBuilder> {
    let tracer = |name: &str| {
        TracerBuilder::new(name).export_timeout(Duration::from_millis(400)).schedule_delay(Duration::ZERO)
    };
    let bearer = format!("Bearer {SECRET}");
    let query = format!("?key={SECRET}");
    let http = |receiver: &Receiver| receiver.http_endpoint() + &query;
    vec![
        tracer("echo-http").otlp_http(http(echo)).header("authorization", &*bearer),
        tracer("echo-json").otlp_http_json(http(echo)).header("x-api-key", SECRET).gzip(),
        tracer("echo-grpc").otlp_grpc(echo.grpc_endpoint()).header("authorization", &*bearer),
        tracer("picky-http").otlp_http(http(picky)).header("authorization", &*bearer),
        tracer("picky-grpc").otlp_grpc(picky.grpc_endpoint()).header("x-api-key", SECRET),
        tracer("hung-http").otlp_http(http(hung)).header("authorization", &*bearer),
        tracer("refused-http")
            .otlp_http(format!("http://127.0.0.1:9/v1/traces{query}"))
            .header("x-key", SECRET),
        tracer("refused-grpc").otlp_grpc("http://127.0.0.1:9").header("authorization", &*bearer),
        tracer("tls-http").otlp_http(http(echo).replace("http:", "https:")).header("authorization", &*bearer),
        tracer("several")
            .otlp_http(http(echo))
            .header("x-a", SECRET)
            .also()
            .otlp_grpc("http://127.0.0.1:9")
            .header("x-b", SECRET),
    ]
}

fn configuration(shown: &mut Shown) {
    let yaml = format!(
        "tracers: {{a: {{api_key: {SECRET}, exporter: {{otlp_http: {{endpoint: \"http://127.0.0.1:9/v1/traces?key={SECRET}\"}}}}}}}}"
    );
    let config = Config::from_yaml(&yaml).unwrap();
    shown.debug("Config", &config);
    shown.both("EffectiveConfig", &config.effective());
    shown.0.push(("EffectiveConfig", serde_json::to_string(&config.effective()).unwrap()));
    shown.debug("JsonSchema", &Config::json_schema());
    let test = TestRegistry::from_yaml(&yaml).unwrap();
    test.scope(|| drop(SpanBuilder::new("work").start()));
    shown.debug("TestRegistry", &test);
    shown.both("Tree", &test.trees());
    let overridden = Config::loader()
        .overrides(|name: &str| (name == "MULTITRACER_TRACER_A_SAMPLE_RATE").then(|| "0.5".to_owned()))
        .load_yaml(&yaml)
        .unwrap();
    shown.debug("Override", &overridden.overrides()[0]);
    for warning in overridden.warnings() {
        shown.debug("Diagnostic", warning);
    }
    let broken =
        Config::from_yaml(&format!("tracers: {{a: {{api_key: \"{SECRET}\\n\", samplr: 1}}}}")).unwrap_err();
    shown.error("ConfigError", &broken);
    for problem in broken.diagnostics() {
        shown.debug("Diagnostic", problem);
    }
    let loader: ConfigLoader = Config::loader().variables(|_: &str| Some(SECRET.to_owned()));
    shown.debug("ConfigLoader", &loader);
    shown.debug("ProcessEnv", &ProcessEnv);
    shown.debug("OnSwitch", &OnSwitch::Link);
    shown.debug("RemoteParent", &RemoteParent::Auto);
    shown.debug("UndefinedVariables", &UndefinedVariables::Error);
    shown.debug("UnknownTracerPolicy", &UnknownTracerPolicy::Default);
}

async fn probes(shown: &mut Shown, endpoints: &[String]) {
    for endpoint in endpoints {
        let kind = if endpoint.contains("/v1/") { "otlp_http" } else { "otlp_grpc" };
        let yaml = format!(
            "tracers: {{a: {{api_key: {SECRET}, exporter: {{{kind}: {{endpoint: \"{endpoint}\"}}}}}}}}"
        );
        for probe in Config::from_yaml(&yaml).unwrap().probe("a", Duration::from_millis(400)).await {
            shown.debug("ProbeReport", &probe);
            shown.both("ProbeOutcome", probe.outcome());
            if let ProbeOutcome::Unreachable { step, .. } = probe.outcome() {
                shown.debug("ProbeStep", step);
            }
        }
    }
}

fn bridges(shown: &mut Shown, registry: &Registry) {
    let provider = registry.tracer_provider();
    let tracer = provider.tracer("library");
    shown.debug("DispatchingTracerProvider", &provider);
    shown.debug("DispatchingTracer", &tracer);
    shown.debug("DispatchedSpan", &tracer.start("span"));
    shown.debug("TracingOptions", &TracingOptions::new());
    shown.debug("LogFormat", &LogFormat::text(()));
    shown.debug("Propagator", &registry.propagator());
    let builder = || SpanBuilder::new("span").tracer("echo-http");
    shown.debug("SpanBuilder", &builder());
    shown.debug("ManualSpan", &builder().start());
    shown.debug("SpanGuard", &builder().enter());
    shown.debug("InSpan", &builder().in_future(ready(())));
    shown.both("TracerName", &MAIN);
    let client = HttpClientLayer::new();
    shown.debug("HttpClientLayer", &client);
    shown.debug("HttpClientService", &client.layer(EmptyResponse));
}

fn build_errors(shown: &mut Shown) {
    let bad: [TracerBuilder; 4] = [
        TracerBuilder::new("a").otlp_http("http://127.0.0.1:9/v1/traces").header("x", format!("{SECRET}\n")),
        TracerBuilder::new("a").otlp_http(format!("http://user:{SECRET}@127.0.0.1:9/v1/traces")),
        TracerBuilder::new("a").otlp_grpc(format!("http://user:{SECRET}@127.0.0.1:9")),
        TracerBuilder::new("a").otlp_http("https://h/").tls_ca_file("/no/such/file").header("x-a", SECRET),
    ];
    for tracer in bad {
        let error: BuildError = Registry::builder().tracer(tracer).build().unwrap_err();
        shown.error("BuildError", &error);
        shown.error("ReloadError", &ReloadError::from(error));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn no_text_of_the_library_shows_a_secret() {
    let log = CapturedLog::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let behaves = |behaviour: Behaviour| {
        Receiver::start_with(Behaviour {
            message: Some(format!("no: Bearer {SECRET} {SECRET}")),
            ..behaviour
        })
    };
    let echo =
        behaves(Behaviour { fail_first: Some((usize::MAX, 401)), ..Behaviour::default() }).await.unwrap();
    let hung = behaves(Behaviour { hang: true, ..Behaviour::default() }).await.unwrap();
    let picky = behaves(Behaviour { reject: 1, ..Behaviour::default() }).await.unwrap();
    let mut shown = Shown::default();
    configuration(&mut shown);
    build_errors(&mut shown);

    let spans = InMemoryExporter::new();
    let mut builder = Registry::builder()
        .tracer(TracerBuilder::new("main").in_memory(&spans))
        .default_tracer("main")
        .route(RouteBuilder::to_tracer("keyed", "main").header("authorization", format!("{SECRET}-2")))
        .route(RouteBuilder::to_experiment("all", "split").header_present("x-user"))
        .experiment(ExperimentBuilder::new("split").variant("only", 1, "echo-http"));
    shown.debug("RouteBuilder", &RouteBuilder::to_tracer("r", "main").header("authorization", SECRET));
    shown.debug("ExperimentBuilder", &ExperimentBuilder::new("split"));
    for tracer in tracers(&echo, &hung, &picky) {
        shown.debug("TracerBuilder", &tracer);
        builder = builder.tracer(tracer);
    }
    shown.debug("RegistryBuilder", &builder);
    let registry = builder.build().unwrap();
    let tracing = install(registry.clone()).unwrap();
    shown.debug("TracingGuard", &tracing);
    shown.debug("Registry", &registry);
    for tracer in registry.tracers() {
        shown.debug("Tracer", &tracer);
        tracer.in_span("work", || {});
        tracer.in_span("work", || {});
    }
    let headers = [("x-user", "u"), ("authorization", SECRET)];
    shown.debug("Route", &registry.route(&headers));
    shown.debug("Received", &registry.receive(&headers));
    let explanation = registry.explain_route(&headers);
    shown.both("Explanation", &explanation);
    for rule in explanation.rules() {
        shown.both("RuleOutcome", rule);
    }
    bridges(&mut shown, &registry);
    let experiment = registry.experiment("split").unwrap();
    shown.debug("Experiment", &experiment);
    shown.debug("Assignment", &experiment.assign("user"));
    shown.debug("Reason", &experiment.assign("user").reason());
    shown.debug("InMemoryExporter", &spans);
    shown.error("UnknownTracerError", &registry.tracer("none").unwrap_err());
    shown.error("UnknownExperimentError", &registry.experiment("none").unwrap_err());
    shown.error("SwitchError", &registry.set_enabled("none", true).unwrap_err());
    shown.error("ReloadError", &registry.reload_from_file().unwrap_err());
    shown.debug("TracerChoice", &"echo-http".as_tracer());
    shown.debug("WithTracer", &ready(()).with_tracer("echo-http"));
    shown.debug("WatchBuilder", &registry.watch());

    let path = std::env::temp_dir().join(format!("multitracer-secrets-{}.yaml", std::process::id()));
    std::fs::write(&path, format!("tracers: {{a: {{api_key: {SECRET}}}}}")).unwrap();
    let from_file = Registry::from_path(&path).unwrap();
    shown.debug("WatchGuard", &from_file.watch().start().unwrap());
    std::fs::remove_file(path).unwrap();

    let layer = registry.http_layer();
    shown.debug("HttpLayer", &layer);
    let mut service = layer.layer(EmptyResponse);
    shown.debug("HttpService", &service);
    let request = Request::get("/").header("authorization", SECRET).body(Body::empty()).unwrap();
    let response = service.call(request);
    shown.debug("ResponseFuture", &response);
    shown.debug("TracedBody", response.await.unwrap().body());

    let changes =
        registry.reload(Registry::builder().tracer(tracers(&echo, &hung, &picky).swap_remove(0))).unwrap();
    shown.both("ReloadChanges", &changes);
    let error = registry.shutdown_within(Duration::from_secs(5)).await.unwrap_err();
    shown.error("ShutdownError", &error);
    shown.both("Report", error.report());
    let stats = registry.stats();
    shown.both("Stats", &stats);
    shown.0.push(("Stats", stats.prometheus()));
    shown.0.push(("Stats", serde_json::to_string(&stats).unwrap()));
    for tracer in stats.tracers() {
        shown.debug("TracerStats", tracer);
        shown.debug("DropCounts", &tracer.dropped);
        shown.debug("ExportLatency", &tracer.export_latency);
    }
    for tracer in error.report().tracers() {
        shown.debug("TracerReport", tracer);
    }
    drop(tracing);
    drop(registry);
    let query = format!("?key={SECRET}");
    let endpoints = [
        echo.http_endpoint() + &query,
        echo.grpc_endpoint(),
        picky.http_endpoint(),
        hung.http_endpoint(),
        format!("http://127.0.0.1:9/v1/traces{query}"),
    ];
    probes(&mut shown, &endpoints).await;

    for (of, text) in &shown.0 {
        assert!(!text.contains(SECRET), "{of}:\n{text}");
    }
    let errors = format!("{stats}");
    for expected in [
        "401 Unauthorized: no: Bearer [REDACTED] [REDACTED]",
        "rejected 1 spans: no: Bearer [REDACTED]",
        "refused",
    ] {
        assert!(errors.contains(expected), "no backend caused the error `{expected}`\n{errors}");
    }
    let log = log.text();
    // the receivers in this process get the secrets, and their libraries may log them
    let ours =
        log.lines().filter(|line| !line.contains("axum") && !line.contains("tonic::transport::server"));
    for line in ours {
        assert!(!line.contains(SECRET), "{line}");
    }
    assert!(log.contains("export failed"), "no failed export was logged");
    println!("{} texts of {} types, {} log lines", shown.0.len(), types().len(), log.lines().count());

    let shown_types: BTreeSet<&str> = shown.0.iter().map(|(of, _)| *of).collect();
    let missing: Vec<_> = types().into_iter().filter(|name| !shown_types.contains(&**name)).collect();
    assert!(missing.is_empty(), "this test shows no value of these public types: {missing:?}");
}

/// Returns the public types: the capitalized names that the root and its public modules export.
fn types() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/multitracer/src");
    let root = std::fs::read_to_string(sources.join("lib.rs")).unwrap();
    // the module for the macros' output is not part of the public interface
    let root = root.split("pub mod __private").next().unwrap().to_owned();
    let modules = root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let modules = modules.map(|name| {
        let paths = [sources.join(name).join("mod.rs"), sources.join(format!("{name}.rs"))];
        paths.iter().find_map(|path| std::fs::read_to_string(path).ok()).unwrap()
    });
    let texts: Vec<String> = modules.chain([root.clone()]).collect();
    let mut types = BTreeSet::new();
    for list in texts.iter().flat_map(|text| text.split("pub use ").skip(1)) {
        let Some((list, _)) = list.split_once(';') else { continue };
        if !list.starts_with("self::") && !list.starts_with("crate::") {
            continue;
        }
        for name in list.split(['{', '}', ',', ':']) {
            let name = name.trim().rsplit(" as ").next().unwrap_or_default();
            if name.starts_with(char::is_uppercase) && !NO_VALUES.contains(&name) {
                types.insert(name.to_owned());
            }
        }
    }
    types
}
