//! Instrumented crates, which follow the tracer of the request without code for multitracer.
//!
//! They reach it through OpenTelemetry's global provider, through `tracing` and through `log`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod http_server;

use std::sync::Once;

use axum::Router;
use axum::routing::get;
use multitracer::testing::TestRegistry;
use multitracer::{assert_isolated, assert_no_orphans, assert_tree, traced};
use opentelemetry::global;
use opentelemetry_instrumentation_tower::http::server::Layer as OtelLayer;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_tracing::TracingMiddleware;
use tower_http::trace::TraceLayer;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use self::http_server::serve_http;

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;

fn registry() -> TestRegistry {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        global::set_tracer_provider(multitracer::tracer_provider());
        let layer = multitracer::tracing_layer().with_filter(LevelFilter::DEBUG);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
        tracing_log::LogTracer::init().unwrap();
    });
    TestRegistry::from_yaml(YAML).unwrap()
}

async fn ask(url: &str, canary: bool) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(url).header("x-canary-user", if canary { "true" } else { "false" });
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "answer");
}

#[traced]
async fn answer() -> &'static str {
    log::warn!("the cache is cold");
    tokio::task::yield_now().await;
    "answer"
}

/// Sends four requests of each kind at the same time.
async fn ask_both(url: &str) {
    let requests: Vec<_> = (0..8)
        .map(|number| {
            let url = url.to_owned();
            tokio::spawn(async move { ask(&url, number % 2 == 0).await })
        })
        .collect();
    for request in requests {
        request.await.unwrap();
    }
}

/// Checks that both tracers have the same four trees.
fn assert_same_trees(test: &TestRegistry, expected: &str) {
    assert_isolated!(test);
    assert_no_orphans!(test);
    for tracer in ["production", "canary"] {
        let tree = test.tree(tracer).with_events().only_attributes(["log.target"]);
        assert_tree!(tree, expected.repeat(4));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_on_the_global_provider_follows_the_tracer() {
    let test = registry();
    let app =
        Router::new().route("/", get(answer)).layer(OtelLayer::new()).layer(test.registry().http_layer());
    ask_both(&serve_http(app).await).await;
    assert_same_trees(&test, "GET [server]\n  GET [server]\n    answer\n      - the cache is cold\n");
    let scope = "opentelemetry-instrumentation-tower";
    assert_eq!(
        test.spans("canary").iter().filter(|span| span.instrumentation_scope.name() == scope).count(),
        4
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_layer_of_tower_http_follows_the_tracer() {
    let test = registry();
    let app = Router::new()
        .route("/", get(answer))
        .layer(TraceLayer::new_for_http())
        .layer(test.registry().http_layer());
    ask_both(&serve_http(app).await).await;
    let events = "    - started processing request\n    - finished processing request\n";
    assert_same_trees(
        &test,
        &format!("GET [server]\n  request\n{events}    answer\n      - the cache is cold\n"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reqwest_tracing_follows_the_tracer() {
    let test = registry();
    let backend = serve_http(Router::new().route("/", get(|| async { "answer" }))).await;
    let client = ClientBuilder::new(reqwest::Client::builder().no_proxy().build().unwrap())
        .with(TracingMiddleware::default())
        .build();
    let app = Router::new()
        .route("/", get(async move || forward(&client, &backend).await))
        .layer(test.registry().http_layer());
    ask_both(&serve_http(app).await).await;
    assert_isolated!(test);
    assert_no_orphans!(test);
    for tracer in ["production", "canary"] {
        let tree = test.tree(tracer).only_attributes(["http.response.status_code"]).to_string();
        let client = "    GET [client] http.response.status_code=200\n";
        assert_eq!(tree.matches(client).count(), 4, "{tree}");
        assert_eq!(tree.lines().filter(|line| *line == "  forward").count(), 4, "{tree}");
    }
}

#[traced]
async fn forward(client: &ClientWithMiddleware, url: &str) -> String {
    client.get(url).send().await.unwrap().text().await.unwrap()
}
