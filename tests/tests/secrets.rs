//! No `Debug` or `Display` output of any public type, no log line of any library and no error shows a configured secret.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex};
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
use multitracer::{AsTracer, Registry, TracerBuilder, WithTracerExt as _, install};
use multitracer_tests::{Behaviour, Receiver};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use tower::{Layer as _, Service};

multitracer::tracers! { main }

/// Stands wherever a secret can.
const SECRET: &str = "cAnArY-5e37f0";

/// The crate's face, which names every public type.
const LIB: &str = include_str!("../../crates/multitracer/src/lib.rs");

/// Not types with values of their own: traits, functions, macros, modules, what is of another crate.
const NO_VALUES: [&str; 6] =
    ["AsTracer", "ChooseRoute", "Headers", "ToAttribute", "Variables", "WithTracerExt"];

/// Everything that was shown, by the type that it is of.
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

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Answers;

impl Service<Request<Body>> for Answers {
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

/// Tracers with secrets in every place, whose backends do what makes them speak.
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
    let overridden = Config::loader()
        .overrides(|name: &str| (name == "MULTITRACER_TRACER_A_SAMPLE_RATE").then(|| "0.5".to_owned()))
        .load_yaml(&yaml)
        .unwrap();
    shown.debug("Override", &overridden.overrides()[0]);
    for warning in overridden.diagnostics() {
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
    shown.debug("HttpClientService", &client.layer(Answers));
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
async fn nothing_shows_a_secret() {
    let log = Log::default();
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
    let mut service = layer.layer(Answers);
    shown.debug("HttpService", &service);
    let request = Request::get("/").header("authorization", SECRET).body(Body::empty()).unwrap();
    let answer = service.call(request);
    shown.debug("ResponseFuture", &answer);
    shown.debug("TracedBody", answer.await.unwrap().body());

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
    for spoken in
        ["401 Unauthorized: no: [REDACTED] [REDACTED]", "rejected 1 spans: no: [REDACTED]", "refused"]
    {
        assert!(errors.contains(spoken), "the backends have not made them speak: {spoken}\n{errors}");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // the receivers in this process get the secrets, and may say so
    let ours =
        log.lines().filter(|line| !line.contains("axum") && !line.contains("tonic::transport::server"));
    for line in ours {
        assert!(!line.contains(SECRET), "{line}");
    }
    assert!(log.contains("export failed"), "nothing was logged");
    println!("{} texts of {} types, {} log lines", shown.0.len(), types().len(), log.lines().count());

    let walked: BTreeSet<&str> = shown.0.iter().map(|(of, _)| *of).collect();
    let missing: Vec<_> = types().into_iter().filter(|name| !walked.contains(name)).collect();
    assert!(missing.is_empty(), "public types that this test does not look at: {missing:?}");
}

/// The types of the crate's face: the capitalized words of its `pub use` lines.
fn types() -> BTreeSet<&'static str> {
    let mut types = BTreeSet::new();
    for line in LIB.split("pub use self::").skip(1) {
        let Some((list, _)) = line.split_once(';') else { continue };
        for name in list.split(['{', '}', ',', ':']) {
            let name = name.trim().rsplit(" as ").next().unwrap_or_default();
            if name.starts_with(char::is_uppercase) && !NO_VALUES.contains(&name) {
                types.insert(name);
            }
        }
    }
    types
}
